import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { needsOf } from '../../controller/permissions.ts';
import type { Heartbeat } from '../cluster/heartbeats.ts';
import type { Seen } from '../cluster/seen.ts';
import { plainPalette } from '../terminal/palette.ts';
import { widthOf } from '../terminal/screen.ts';
import { checkClock, checkNodeGrace, checkVersion } from './control-plane-check.ts';
import { checkControllers, type SeenController } from './controllers-check.ts';
import { checkDataplane, pauseOf } from './dataplane-check.ts';
import { decodeProxySettings, type ProxySettings } from './decode-proxy-settings.ts';
import type { RunningPod } from './decode-running-pod.ts';
import { decodeVersion } from './decode-version.ts';
import { parseGoDuration } from './duration-text.ts';
import type { Finding } from './finding.ts';
import { exitCodeOf, findingsPage } from './findings-page.ts';
import { checkRights } from './rights-check.ts';

const seen = <T>(value: T): Seen<T> => ({ kind: 'seen', value });
const hidden = (because: string): Seen<never> => ({ kind: 'hidden', because });
const brief = ({ verdict, costMs }: Finding) => [verdict, costMs];

describe('kube-proxy', () => {
  function settings(configuration: string): ProxySettings | undefined {
    return decodeProxySettings({ data: { 'config.conf': configuration, 'kubeconfig.conf': 'kind: Config' } });
  }
  const kind = 'kind: KubeProxyConfiguration';

  test('its mode and its pause are read as kube-proxy itself reads them', () => {
    assert.deepEqual(settings(`${kind}\nmode: ""\niptables: {minSyncPeriod: 0s}`), {
      mode: 'iptables',
      pauseMs: 1_000,
    });
    assert.deepEqual(settings(`${kind}\nmode: nftables\nnftables: {minSyncPeriod: 10ms}`), {
      mode: 'nftables',
      pauseMs: 10,
    });
    assert.deepEqual(settings(`${kind}\nmode: nftables`), { mode: 'nftables', pauseMs: 1_000 });
    assert.deepEqual(settings(`${kind}\nmode: ipvs`), { mode: 'ipvs', pauseMs: 0 });
    assert.throws(() => settings(`${kind}\nmode: nftables\nnftables: {minSyncPeriod: soon}`), /a duration/);
    assert.equal(settings('kind: Other'), undefined);
    assert.equal(decodeProxySettings({ data: { a: '{{ template', b: '"text"' } }), undefined);
  });

  test('durations are read as Go writes them', () => {
    assert.deepEqual(['1m0s', '1.5s', '10ms', '250us', '0', '0s', '10', '', 's'].map(parseGoDuration), [
      60_000,
      1_500,
      10,
      0.25,
      0,
      0,
      undefined,
      undefined,
      undefined,
    ]);
  });

  test('a pause costs up to as much, and how to shorten it depends on the mode', () => {
    const check = (value: ProxySettings) => checkDataplane({ proxy: seen(value), cilium: seen(false) });
    assert.deepEqual(brief(check({ mode: 'nftables', pauseMs: 10 })), ['ok', undefined]);
    const nftables = check({ mode: 'nftables', pauseMs: 1_000 });
    assert.deepEqual(brief(nftables), ['costs', 1_000]);
    assert.match(
      nftables.mend ?? '',
      /^set nftables\.minSyncPeriod to 10ms, in ConfigMap kube-system\/kube-proxy/,
    );
    assert.match(check({ mode: 'iptables', pauseMs: 1_000 }).mend ?? '', /^set mode to nftables/);
  });

  test('in its place Cilium, or nothing that can be seen: then what is usual is said', () => {
    const cilium = { proxy: seen(undefined), cilium: seen(true) };
    assert.deepEqual(brief(checkDataplane(cilium)), ['costs', 500]);
    assert.equal(pauseOf(cilium), 500);
    const forbidden = { proxy: hidden('configmaps is forbidden'), cilium: hidden('the same') };
    assert.match(checkDataplane(forbidden).sentence, /^not visible: configmaps is forbidden\. By default/);
    assert.equal(pauseOf(forbidden), 1_000);
    assert.match(
      checkDataplane({ proxy: seen(undefined), cilium: seen(false) }).sentence,
      /no ConfigMap of kube-proxy, and none of Cilium/,
    );
  });
});

describe('the control plane', () => {
  const version = (text: string) => decodeVersion({ gitVersion: text });

  test('is new enough, or not', () => {
    assert.equal(checkVersion(version('v1.36.2'), '0.1.0').verdict, 'ok');
    assert.equal(checkVersion(version('v1.30.0-eks-1'), '0.1.0').verdict, 'ok');
    assert.equal(checkVersion(version('v1.29.4'), '0.1.0').verdict, 'broken');
    assert.throws(() => version('new'), /gitVersion: expected a version/);
  });

  test('has a clock that agrees with ours, within what an HTTP date can tell', () => {
    const check = (serverTimeMs: number | undefined) =>
      checkClock({ askedAtMs: 100_000, answeredAtMs: 100_200, serverTimeMs });
    for (const same of [98_000, 99_000, 100_000, 101_000]) assert.equal(check(same).verdict, 'ok', `${same}`);
    assert.match(check(130_000).sentence, /is 30 s ahead of this machine's/);
    assert.match(check(40_000).sentence, /is 60 s behind this machine's/);
    assert.deepEqual(check(undefined).sentence, 'not visible: the API server sends no Date header');
  });

  test('gives nodes up after a time that is read from its command, or known by its version, or not visible', () => {
    const grace = '--node-monitor-grace-period';
    const check = (command: Seen<readonly string[] | undefined>, text = 'v1.36.0') =>
      brief(checkNodeGrace(command, version(text)));
    assert.deepEqual(check(seen(['kube-controller-manager', `${grace}=10s`])), ['costs', 10_000]);
    assert.deepEqual(check(seen(['kube-controller-manager', grace, '20s'])), ['costs', 20_000]);
    assert.deepEqual(check(seen(['kube-controller-manager'])), ['costs', 50_000]);
    assert.deepEqual(check(seen(['kube-controller-manager']), 'v1.31.0'), ['costs', 40_000]);
    assert.deepEqual(check(seen(undefined)), ['hidden', undefined]);
    assert.match(
      checkNodeGrace(hidden('pods is forbidden'), undefined).sentence,
      /^not visible: pods is forbidden\. Kubernetes gives a silent node up after 50 s/,
    );
  });
});

describe('the controllers', () => {
  function heartbeat(controller: string, group = 'hapod'): Heartbeat {
    return {
      namespace: 'understudy',
      controller,
      group,
      podUid: 'u',
      resourceVersion: '1',
      renewedAtMs: undefined,
    };
  }
  function pod(node: string, image = 'understudy:0.1.0'): Seen<RunningPod> {
    return seen({
      namespace: 'understudy',
      name: 'x',
      uid: 'u',
      resourceVersion: '1',
      createdAtMs: 0,
      labels: {},
      annotations: {},
      node,
      serviceAccount: 'understudy',
      images: [image],
      command: [],
    });
  }
  const controller = (
    name: string,
    changes: Partial<SeenController> & { readonly group?: string } = {},
  ): SeenController => ({
    heartbeat: heartbeat(name, changes.group),
    alive: true,
    pod: pod('node-a'),
    ...changes,
  });
  const verdicts = (controllers: readonly SeenController[]) =>
    checkControllers(controllers).map(({ verdict, sentence }) => `${verdict} ${sentence.split(':')[0]}`);

  test('are two, on two nodes, of one image: all is well', () => {
    assert.deepEqual(verdicts([controller('a'), controller('b', { pod: pod('node-b') })]), [
      'ok 2 are alive',
      'ok on 2 nodes',
      'ok all run understudy',
    ]);
  });

  test('are none, or all dead: nobody fails anything over', () => {
    assert.deepEqual(verdicts([]), ['broken no heartbeat in this cluster']);
    assert.deepEqual(verdicts([controller('a', { alive: false })]), ['broken none renews its heartbeat (a)']);
  });

  test('are only one, or together on one node, or of two images: each costs something', () => {
    assert.deepEqual(verdicts([controller('a'), controller('b', { alive: false })]), [
      'costs only a is alive',
    ]);
    assert.deepEqual(
      verdicts([controller('a'), controller('b', { pod: pod('node-a', 'understudy:0.2.0') })]),
      ['ok 2 are alive', 'costs all on node-a', 'costs they run different images'],
    );
  });

  test('stand in for each other within their group only', () => {
    assert.deepEqual(
      checkControllers([controller('a'), controller('b', { group: 'web' })]).map(({ subject, verdict }) => [
        subject,
        verdict,
      ]),
      [
        ['controllers of hapod', 'costs'],
        ['controllers of web', 'costs'],
      ],
    );
  });

  test('whose pods may not be read, or that run outside, are counted all the same', () => {
    const outside = { pod: seen(undefined) };
    assert.deepEqual(verdicts([controller('a', outside), controller('b', outside)]), ['ok 2 are alive']);
    assert.deepEqual(verdicts([controller('a', { pod: hidden('no') }), controller('b')]), [
      'ok 2 are alive',
      'hidden not visible',
    ]);
  });
});

test('of the rights, what is missing is broken where nothing goes without it, and else costs something', () => {
  const needs = needsOf({
    namespaces: ['shop'],
    controllerNamespace: 'understudy',
    singletons: true,
  });
  const reviewed = needs.map((need) => ({ need, allowed: true }));
  assert.deepEqual(
    checkRights('me', reviewed).map(({ verdict }) => verdict),
    ['ok'],
  );
  const without = (verb: string, plural: string) =>
    checkRights(
      'me',
      needs.map((need) => ({ need, allowed: need.verb !== verb || need.resource.plural !== plural })),
    ).map(({ verdict, sentence }) => `${verdict} ${sentence}`);
  assert.deepEqual(without('create', 'events'), [
    'costs me may not create events (namespace shop), to tell people by Events',
  ]);
  assert.ok(
    without('patch', 'pods').includes(
      'broken me may not patch pods (namespace shop), to route traffic by the role label',
    ),
  );
});

describe('the findings', () => {
  const findings: readonly Finding[] = [
    { verdict: 'ok', subject: 'Kubernetes', sentence: 'v1.36.2, seen by understudy 0.1.0' },
    checkDataplane({ proxy: seen({ mode: 'nftables', pauseMs: 1_000 }), cilium: seen(false) }),
    { verdict: 'broken', subject: 'shop/web', sentence: 'no standby is fit', mend: 'get one running' },
    { verdict: 'hidden', subject: 'node loss', sentence: 'not visible: pods is forbidden' },
  ];
  const style = { nowMs: 0, timeZone: 'UTC', palette: plainPalette, width: 80 };

  test('are told one by one, each with what it costs and how to mend it', () => {
    assert.deepEqual(findingsPage(findings, style), [
      'ok      Kubernetes: v1.36.2, seen by understudy 0.1.0',
      'costs   kube-proxy: up to 1000 ms; nftables mode, minSyncPeriod 1000 ms: it',
      '        takes up a change at once only where no endpoint of any Service has',
      '        changed within that time',
      '        → set nftables.minSyncPeriod to 10ms, in ConfigMap',
      '        kube-system/kube-proxy; then restart its pods',
      'BROKEN  shop/web: no standby is fit',
      '        → get one running',
      '?       node loss: not visible: pods is forbidden',
      '',
      '1 broken, 1 with a cost, 1 ok, 1 not visible',
    ]);
    assert.deepEqual(
      findingsPage(findings, style).filter((line) => widthOf(line) > 80),
      [],
    );
  });

  test('make the exit code 1 where something is broken', () => {
    assert.equal(exitCodeOf(findings), 1);
    assert.equal(exitCodeOf(findings.filter(({ verdict }) => verdict !== 'broken')), 0);
  });
});
