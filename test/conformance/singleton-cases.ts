/**
 * Owns specs of Singletons, good and bad, each with what is wrong with it: one table for the decoder, the sandbox's API and
 * a real cluster's, which must agree on every line of it.
 */

export interface GoodCase {
  readonly title: string;
  readonly spec: object;
}

export interface BadCase {
  /** What is wrong, as a sentence about the Singleton. */
  readonly title: string;
  /** Undefined: none at all. */
  readonly spec: unknown;
  readonly name?: string;
  /** The field that the refusal names. */
  readonly field: string;
}

export interface ChangeCase {
  readonly title: string;
  readonly before: object;
  readonly after: object;
  /** The field that the refusal names; undefined: the change is allowed. */
  readonly field?: string;
}

const selector = { matchLabels: { app: 'hapod' } };
const http = { port: 8081, path: '/role' };
const longLabel = 'a'.repeat(64);
const labels = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`key-${index}`, 'value']));
const names = (count: number) => Array.from({ length: count }, (_, index) => `container-${index}`);

export const goodCases: readonly GoodCase[] = [
  { title: 'asks for nothing but its members', spec: { selector } },
  {
    title: 'asks for everything there is',
    spec: {
      selector: { matchLabels: { app: 'hapod', 'example.com/tier': 'A_1.b', empty: '' } },
      service: 'myhaservice',
      critical: { containers: ['main', 'side-car'] },
      notify: { udp: { port: 10_001, format: 'json' }, http },
      safety: 'Strict',
      onDemote: 'Notify',
      stepDownMs: 1_500,
      tripwire: { port: 8080 },
      promotionGate: 'example.com/warmed-up',
      minFailoverIntervalSeconds: 0,
      drainTimeoutSeconds: 86_400,
      paused: true,
      minEpoch: 57,
    },
  },
  { title: 'leaves the format of the datagram open', spec: { selector, notify: { udp: { port: 1 } } } },
  { title: 'notifies by HTTP on demotion', spec: { selector, onDemote: 'Notify', notify: { http } } },
  {
    title: 'notifies by answered datagrams on demotion',
    spec: { selector, onDemote: 'Notify', notify: { udp: { port: 65_535, format: 'json' } } },
  },
  { title: 'has empty parts', spec: { selector, critical: {}, notify: {} } },
  { title: 'has as many labels as may be', spec: { selector: { matchLabels: labels(16) } } },
  {
    title: 'has as many critical containers as may be',
    spec: { selector, critical: { containers: names(32) } },
  },
  {
    title: 'has nulls where nothing has to be',
    spec: { selector, service: null, safety: null, notify: null, paused: null, minEpoch: null },
  },
  {
    title: 'has the smallest numbers that may be',
    spec: { selector, stepDownMs: 50, drainTimeoutSeconds: 0 },
  },
  { title: 'asks for the highest epoch that may be', spec: { selector, minEpoch: 2_000_000_000 } },
  {
    title: 'has a label key as long as may be',
    spec: { selector: { matchLabels: { [`example.com/${'k'.repeat(63)}`]: 'v' } } },
  },
];

export const badCases: readonly BadCase[] = [
  { title: 'has no spec', spec: undefined, field: 'spec' },
  { title: 'has a text for a spec', spec: 'hapod', field: 'spec' },
  { title: 'has no selector', spec: {}, field: 'spec.selector' },
  { title: 'has an empty selector', spec: { selector: {} }, field: 'spec.selector.matchLabels' },
  {
    title: 'selects by no label',
    spec: { selector: { matchLabels: {} } },
    field: 'spec.selector.matchLabels',
  },
  {
    title: 'selects by a label that is null',
    spec: { selector: { matchLabels: { app: null } } },
    field: 'spec.selector.matchLabels',
  },
  {
    title: 'selects by the role',
    spec: { selector: { matchLabels: { app: 'hapod', role: 'active' } } },
    field: 'spec.selector.matchLabels',
  },
  {
    title: 'selects by a key that no pod can carry',
    spec: { selector: { matchLabels: { 'my app': 'hapod' } } },
    field: 'spec.selector.matchLabels',
  },
  {
    title: 'selects by a key that is too long for a pod',
    spec: { selector: { matchLabels: { [`example.com/${'k'.repeat(64)}`]: 'v' } } },
    field: 'spec.selector.matchLabels',
  },
  {
    title: 'selects by a value that no pod can carry',
    spec: { selector: { matchLabels: { app: 'my app' } } },
    field: 'spec.selector.matchLabels.app',
  },
  {
    title: 'selects by a value that is too long for a pod',
    spec: { selector: { matchLabels: { app: longLabel } } },
    field: 'spec.selector.matchLabels.app',
  },
  {
    title: 'selects by a value that is a number',
    spec: { selector: { matchLabels: { app: 1 } } },
    field: 'spec.selector.matchLabels.app',
  },
  {
    title: 'selects by too many labels',
    spec: { selector: { matchLabels: labels(17) } },
    field: 'spec.selector.matchLabels',
  },
  { title: 'names no Service', spec: { selector, service: '' }, field: 'spec.service' },
  {
    title: 'names a Service that can not be',
    spec: { selector, service: 'My_Service' },
    field: 'spec.service',
  },
  { title: 'names a Service too long', spec: { selector, service: longLabel }, field: 'spec.service' },
  {
    title: 'has a critical container that can not be',
    spec: { selector, critical: { containers: ['main', 'Main'] } },
    field: 'spec.critical.containers[1]',
  },
  {
    title: 'has a critical container twice',
    spec: { selector, critical: { containers: ['main', 'side', 'main'] } },
    field: 'spec.critical.containers[2]',
  },
  {
    title: 'has a critical container that is null',
    spec: { selector, critical: { containers: [null] } },
    field: 'spec.critical.containers[0]',
  },
  {
    title: 'has too many critical containers',
    spec: { selector, critical: { containers: names(33) } },
    field: 'spec.critical.containers',
  },
  {
    title: 'has one critical container where a list belongs',
    spec: { selector, critical: { containers: 'main' } },
    field: 'spec.critical.containers',
  },
  { title: 'is notified at no port', spec: { selector, notify: { udp: {} } }, field: 'spec.notify.udp.port' },
  {
    title: 'is notified at a port that can not be',
    spec: { selector, notify: { udp: { port: 0 } } },
    field: 'spec.notify.udp.port',
  },
  {
    title: 'is notified in a format that is not known',
    spec: { selector, notify: { udp: { port: 1, format: 'xml' } } },
    field: 'spec.notify.udp.format',
  },
  {
    title: 'is notified at no path',
    spec: { selector, notify: { http: { port: 8081 } } },
    field: 'spec.notify.http.path',
  },
  {
    title: 'is notified at a path without a slash',
    spec: { selector, notify: { http: { port: 8081, path: 'role' } } },
    field: 'spec.notify.http.path',
  },
  {
    title: 'is notified at a path that breaks the line',
    spec: { selector, notify: { http: { port: 8081, path: '/role\r\nHost: x' } } },
    field: 'spec.notify.http.path',
  },
  { title: 'has a safety that is not known', spec: { selector, safety: 'Foo' }, field: 'spec.safety' },
  { title: 'demotes as nobody can', spec: { selector, onDemote: 'Reboot' }, field: 'spec.onDemote' },
  {
    title: 'notifies on demotion, but not at all',
    spec: { selector, onDemote: 'Notify' },
    field: 'spec.onDemote',
  },
  {
    title: 'notifies on demotion where no answer comes',
    spec: { selector, onDemote: 'Notify', notify: { udp: { port: 10_001 } } },
    field: 'spec.onDemote',
  },
  { title: 'gives no time to step down', spec: { selector, stepDownMs: 0 }, field: 'spec.stepDownMs' },
  {
    title: 'gives endless time to step down',
    spec: { selector, stepDownMs: 60_001 },
    field: 'spec.stepDownMs',
  },
  { title: 'gives a fraction of time', spec: { selector, stepDownMs: 100.5 }, field: 'spec.stepDownMs' },
  { title: 'gives time as a text', spec: { selector, stepDownMs: '1s' }, field: 'spec.stepDownMs' },
  { title: 'has a tripwire on no port', spec: { selector, tripwire: {} }, field: 'spec.tripwire.port' },
  {
    title: 'has a tripwire on a port that can not be',
    spec: { selector, tripwire: { port: 65_536 } },
    field: 'spec.tripwire.port',
  },
  {
    title: 'has a tripwire on a named port',
    spec: { selector, tripwire: { port: 'web' } },
    field: 'spec.tripwire.port',
  },
  {
    title: 'has a gate that is no type of a condition',
    spec: { selector, promotionGate: 'warmed up' },
    field: 'spec.promotionGate',
  },
  {
    title: 'moves the role before the last move',
    spec: { selector, minFailoverIntervalSeconds: -1 },
    field: 'spec.minFailoverIntervalSeconds',
  },
  {
    title: 'holds a drain up for longer than a day',
    spec: { selector, drainTimeoutSeconds: 86_401 },
    field: 'spec.drainTimeoutSeconds',
  },
  { title: 'is paused by a text', spec: { selector, paused: 'yes' }, field: 'spec.paused' },
  { title: 'asks for an epoch below all', spec: { selector, minEpoch: -1 }, field: 'spec.minEpoch' },
  {
    title: 'asks for an epoch that nobody believes',
    spec: { selector, minEpoch: 2_000_000_001 },
    field: 'spec.minEpoch',
  },
  { title: 'has a name that no label can hold', spec: { selector }, name: longLabel, field: 'metadata.name' },
];

export const changeCases: readonly ChangeCase[] = [
  {
    title: 'its members can not be changed',
    before: { selector },
    after: { selector: { matchLabels: { app: 'other' } } },
    field: 'spec.selector',
  },
  {
    title: 'a label more is another selector too',
    before: { selector },
    after: { selector: { matchLabels: { app: 'hapod', tier: 'web' } } },
    field: 'spec.selector',
  },
  {
    title: 'its Service can not be changed',
    before: { selector, service: 'one' },
    after: { selector, service: 'two' },
    field: 'spec.service',
  },
  {
    title: 'its Service can not be taken away',
    before: { selector, service: 'one' },
    after: { selector },
    field: 'spec.service',
  },
  { title: 'a Service can be added', before: { selector }, after: { selector, service: 'one' } },
  {
    title: 'everything else can be changed',
    before: { selector, service: 'one' },
    after: {
      selector,
      service: 'one',
      safety: 'Strict',
      onDemote: 'Notify',
      notify: { http },
      critical: { containers: ['main'] },
      tripwire: { port: 1 },
      paused: true,
      minEpoch: 9,
    },
  },
];
