/**
 * Shows `status` on the sandbox's API: with Singletons, with adopted ones that real controllers keep, and with neither.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { followStatus } from '../../src/cli/status/follow-status.ts';
import { showStatus } from '../../src/cli/status/show-status.ts';
import { CommandBed, healthyStatus } from './command-bed.ts';

const ofDefault = { namespace: 'default', name: undefined, format: 'text' } as const;

/** One controller and two members, adopted by label. */
async function adoptedBed(terminal: object = {}): Promise<CommandBed> {
  const bed = new CommandBed({ terminal });
  bed.world.addPod('pod-a');
  bed.world.addPod('pod-b');
  bed.world.addController('icr-a');
  await bed.world.settle();
  return bed;
}

/** What was printed, with the orders to the terminal in words. */
function shown(bed: CommandBed): string {
  return bed
    .printed()
    .replaceAll('\u001B[J', '<erase>')
    .replaceAll('\r', '<home>')
    .replaceAll(/\p{Cc}\[(\d+)A/gu, '<up $1>');
}

describe('status', () => {
  test('a cluster without the resource and without records is said in one line, and is no error', async () => {
    const bed = new CommandBed();
    assert.equal(await bed.run(showStatus(bed.session, ofDefault)), 0);
    assert.equal(
      bed.printed(),
      'no Singleton resource (deploy/README.md), and none adopted by label in default\n',
    );
    assert.equal(bed.complained(), '');
  });

  test('an empty cluster is said in one line', async () => {
    const bed = new CommandBed();
    bed.installDefinition();
    await bed.run(showStatus(bed.session, ofDefault));
    assert.equal(bed.printed(), 'no singleton in namespace default: -A shows those of all namespaces\n');
    await bed.run(showStatus(bed.session, { ...ofDefault, namespace: undefined }));
    assert.equal(bed.printed(), 'no singleton in this cluster\n');
  });

  test('Singletons are listed with what their status says, and why', async () => {
    const bed = new CommandBed();
    bed.installDefinition();
    bed.createSingleton('web', { status: healthyStatus });
    bed.createSingleton('new');
    await bed.world.clock.advance(180_000);
    assert.equal(await bed.run(showStatus(bed.session, ofDefault)), 0);
    assert.equal(bed.complained(), '');
    assert.equal(
      bed.printed(),
      `NAME  MODE    ACTIVE  EPOCH  SINCE                STANDBYS  READY
new   –       –           –  –                           –      –
  no controller has looked at it yet
web   Direct  web-1       3  01:00:00, 3 min ago         1    2/2
  HolderHealthy: web-1 holds epoch 3; 1 fit standby
`,
    );
  });

  test('adopted ones are listed from their records and pods, as their controllers see them', async () => {
    const bed = await adoptedBed();
    await bed.run(showStatus(bed.session, ofDefault));
    assert.equal(bed.complained(), '');
    assert.equal(
      bed.printed(),
      `NAME   MODE    ACTIVE  EPOCH  SINCE              STANDBYS  READY
hapod  Labels  pod-a       1  01:00:00, 0 s ago         1    2/2
  HolderHealthy: pod-a holds epoch 1; 1 fit standby
`,
    );
    await bed.world.end();
  });

  test('both are listed side by side, with -A by namespace, and a taken-over record only once', async () => {
    const bed = await adoptedBed();
    bed.installDefinition();
    bed.createSingleton('web', { status: healthyStatus });
    await bed.run(showStatus(bed.session, { ...ofDefault, namespace: undefined }));
    const both = bed.printed();
    assert.match(both, /^NAMESPACE +NAME/);
    assert.deepEqual(
      [...both.matchAll(/^default +(\w+)/gm)].map(([, name]) => name),
      ['hapod', 'web'],
    );
    bed.createSingleton('app', { spec: { service: 'hapod' }, status: healthyStatus });
    await bed.run(showStatus(bed.session, ofDefault));
    assert.deepEqual(
      [...bed.printed().matchAll(/^(\w+) +\w+ /gm)].map(([, name]) => name),
      ['NAME', 'app', 'web'],
    );
    await bed.world.end();
  });

  test('an adopted one without a fit standby says who is not fit, and why', async () => {
    const bed = await adoptedBed();
    bed.world.setReady('pod-b', false);
    await bed.run(showStatus(bed.session, { ...ofDefault, name: 'hapod' }));
    const page = bed.printed();
    assert.match(page, /^default\/hapod {2}Labels mode, adopted by label$/m);
    assert.match(page, /^standbys {4}pod-b on node-1: not fit: a critical container is not ready$/m);
    assert.match(page, /^ready {7}1 of 2 members are fit$/m);
    await bed.world.end();
  });

  test('one that does not exist is an error of one line, with and without the resource', async () => {
    const bed = new CommandBed();
    const web = { ...ofDefault, name: 'web' };
    const without = await bed.run(showStatus(bed.session, web).catch(String));
    assert.equal(
      without,
      'NoSuchSingleton: no Singleton resource (deploy/README.md), and no web adopted by label in default',
    );
    bed.installDefinition();
    assert.equal(
      await bed.run(showStatus(bed.session, web).catch(String)),
      'NoSuchSingleton: no singleton web in namespace default: `status -A` lists all',
    );
  });

  test('-o json has every field, null where there is nothing', async () => {
    const bed = new CommandBed();
    bed.installDefinition();
    bed.createSingleton('web', { status: healthyStatus });
    bed.createSingleton('new');
    await bed.run(showStatus(bed.session, { ...ofDefault, format: 'json' }));
    const { singletons } = JSON.parse(bed.printed());
    assert.deepEqual(singletons[0], {
      namespace: 'default',
      name: 'new',
      managed: 'singleton',
      paused: false,
      mode: null,
      active: null,
      epoch: null,
      ready: null,
      standbys: [],
      because: null,
      conditions: [],
      history: [],
      failovers: null,
      switchovers: null,
    });
    const { observedGeneration: _generation, conditions, ...same } = healthyStatus;
    assert.deepEqual(singletons[1], {
      namespace: 'default',
      name: 'web',
      managed: 'singleton',
      paused: false,
      ...same,
      conditions: conditions.map(({ observedGeneration: _other, ...condition }) => condition),
    });
    await bed.run(showStatus(bed.session, { ...ofDefault, name: 'web', format: 'json' }));
    assert.deepEqual(JSON.parse(bed.printed()), singletons[1]);
  });

  test('what somebody wrote into a status cannot steer the terminal', async () => {
    const bed = new CommandBed();
    bed.installDefinition();
    const active = { ...healthyStatus.active, pod: 'web-1\u001B[2J\u001B]0;gone\u0007' };
    bed.createSingleton('web', { status: { ...healthyStatus, active } });
    for (const name of [undefined, 'web']) {
      await bed.run(showStatus(bed.session, { ...ofDefault, name }));
      assert.match(bed.printed(), /web-1 \[2J \]0;gone /);
    }
  });

  test('what may not be read is said, and the rest is shown', async () => {
    const bed = new CommandBed();
    bed.installDefinition();
    bed.createSingleton('web', { status: healthyStatus });
    const body = JSON.stringify({ kind: 'Status', code: 403, message: 'leases is forbidden: no' });
    bed.intervene = ({ path }) =>
      path.includes('/leases') ? Promise.resolve({ status: 403, retryAfterMs: undefined, body }) : undefined;
    assert.equal(await bed.run(showStatus(bed.session, ofDefault)), 0);
    assert.match(bed.printed(), /^web +Direct/m);
    assert.equal(
      bed.complained(),
      'understudy: singletons that are adopted by label are not shown: leases is forbidden: no\n',
    );
  });
});

describe('status --watch', () => {
  test('where lines stay, each change is one line with its time', async () => {
    const bed = await adoptedBed();
    const following = followStatus(bed.session, ofDefault);
    await bed.world.clock.advance(1_000);
    assert.match(
      bed.printed(),
      /^01:00:0\d {2}default\/hapod {2}pod-a {2}epoch 1 {2}1 standby {2}ready 2\/2 {2}HolderHealthy: pod-a holds epoch 1; 1 fit standby\n$/,
    );
    bed.world.forceDelete('pod-a');
    await bed.world.clock.advance(2_000);
    const lines = bed.printed().trimEnd().split('\n');
    assert.match(lines.at(-1) ?? '', / {2}pod-b {2}epoch 2 {2}0 standbys {2}ready 1\/1 {2}HolderHealthy: /);
    bed.ending.abort(new Error('the test is over'));
    assert.equal(await bed.run(following), 0);
    await bed.world.end();
  });

  test('a Singleton that comes, changes and goes, one line each; as JSON too', async () => {
    for (const format of ['text', 'json'] as const) {
      const bed = new CommandBed();
      bed.installDefinition();
      const following = followStatus(bed.session, { ...ofDefault, format });
      await bed.world.clock.advance(100);
      bed.createSingleton('web', { status: healthyStatus });
      await bed.world.clock.advance(100);
      bed.writeStatus('web', { ready: '1/2' });
      await bed.world.clock.advance(100);
      bed.deleteSingleton('web');
      await bed.world.clock.advance(100);
      bed.ending.abort(new Error('the test is over'));
      await bed.run(following);
      const lines = bed.printed().trimEnd().split('\n');
      if (format === 'text') {
        assert.deepEqual(lines, [
          'no singleton in namespace default: -A shows those of all namespaces',
          '01:00:00  default/web  no controller has looked at it yet',
          '01:00:00  default/web  web-1  epoch 3  1 standby  ready 2/2  HolderHealthy: web-1 holds epoch 3; 1 fit standby',
          '01:00:00  default/web  web-1  epoch 3  1 standby  ready 1/2  HolderHealthy: web-1 holds epoch 3; 1 fit standby',
          '01:00:00  default/web  is gone',
        ]);
      } else {
        const seen = lines.map((line) => JSON.parse(line));
        assert.deepEqual(
          seen.map(({ ready, gone }) => [ready, gone]),
          [
            [null, false],
            ['2/2', false],
            ['1/2', false],
            ['1/2', true],
          ],
        );
      }
    }
  });

  test('on a terminal the page is drawn in place, and again as time passes', async () => {
    const bed = new CommandBed({ terminal: { isTTY: true, columns: 80, rows: 24 } });
    bed.installDefinition();
    bed.createSingleton('web', { status: healthyStatus });
    const following = followStatus(bed.session, ofDefault);
    await bed.world.clock.advance(500);
    assert.match(shown(bed), /^<home><erase>NAME .*\nweb .* 0 s ago .*\n {2}HolderHealthy: .*\n$/);
    await bed.world.clock.advance(1_000);
    assert.match(shown(bed), /^<up 3><home><erase>NAME .*\nweb .* 1 s ago .*\n/);
    bed.ending.abort(new Error('the test is over'));
    await bed.run(following);
  });

  test('an API that goes away is said under the page, and the page stays', async () => {
    const bed = new CommandBed({ terminal: { isTTY: true, columns: 80, rows: 24 } });
    bed.installDefinition();
    bed.createSingleton('web', { status: healthyStatus });
    const following = followStatus(bed.session, ofDefault);
    await bed.world.clock.advance(100);
    bed.printed();
    bed.world.faults.stopApi(5_000);
    await bed.world.clock.advance(1_000);
    assert.match(bed.printed(), /web .*\n.*\nnot up to date: the watch is broken \(CONNECTION_\w+\)\n$/);
    await bed.world.clock.advance(10_000);
    assert.match(bed.printed(), /1 fit standby\n$/);
    bed.ending.abort(new Error('the test is over'));
    await bed.run(following);
  });
});
