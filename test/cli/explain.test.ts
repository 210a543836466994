/**
 * Explains singletons on the sandbox's API, and holds what it says would happen to what the controller then does.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { showExplanation } from '../../src/cli/explain/show-explanation.ts';
import { showHistory } from '../../src/cli/history/show-history.ts';
import { CommandBed, healthyStatus } from './command-bed.ts';

const hapod = { namespace: 'default', name: 'hapod' };
const web = { namespace: 'default', name: 'web' };

/** One controller, and members of these names. */
async function adoptedBed(...pods: readonly string[]): Promise<CommandBed> {
  const bed = new CommandBed();
  for (const pod of pods) bed.world.addPod(pod);
  bed.world.addController('icr-a');
  await bed.world.settle();
  return bed;
}

/** The lines of the part that begins with this, up to the next one of the same depth. */
function part(page: string, heading: string): string {
  const lines = page.split('\n');
  const start = lines.findIndex((line) => line.trim().startsWith(heading));
  assert.notEqual(start, -1, `${heading} in\n${page}`);
  const depth = (line: string) => line.length - line.trimStart().length;
  const rest = lines.slice(start + 1);
  const end = rest.findIndex((line) => line.trim() !== '' && depth(line) <= depth(lines[start] ?? ''));
  return rest
    .slice(0, end < 0 ? undefined : end)
    .map((line) => line.trim())
    .join('\n')
    .trim();
}

describe('explain', () => {
  test('says why, what each member is worth, and what would follow if the active were struck', async () => {
    const bed = await adoptedBed('pod-a', 'pod-b');
    await bed.world.clock.advance(60_000);
    assert.equal(await bed.run(showExplanation(bed.session, hapod)), 0);
    assert.equal(
      bed.printed(),
      `default/hapod  Labels mode, safety Prompt
It is adopted by label: its safety is a flag of its controllers, and Prompt is
assumed here.

Why this one
  The record names pod-a, with epoch 1, since 01:00:00, 1 min ago.
  Now HolderHealthy: pod-a holds epoch 1; 1 fit standby.

Members
  pod-a: active, on node-1, fit
  pod-b: standby, on node-1, fit

If pod-a were struck now
  Its pod deleted by force:
    HolderDeleted: pod-a: its pod is gone; pod-b takes over
    1. the record names pod-b, with epoch 2
    2. pod-b gets the label role=active: the Service follows it
    3. pod-b (10.0.0.2) is told that it is active, with epoch 2
  Its critical container main ended:
    HolderCriticalDeath: pod-a: critical container main ended (terminated);
    pod-b takes over
    1. the record names pod-b, with epoch 2
    2. pod pod-a is deleted at once, because a critical container of it ended
    3. pod-b gets the label role=active: the Service follows it
    4. pod-b (10.0.0.2) is told that it is active, with epoch 2
  Its node lost, once the node's grace period is over:
    NoFitStandby: pod-a: its node is not Ready, and no member is fit to take
    over
    Nothing is done.

Worked out here, by the controllers' own rules, from what the API says now;
nothing was changed. Their back-off after earlier deaths is not in it.
`,
    );
    assert.deepEqual(
      bed.requests.filter(({ method }) => method !== 'GET'),
      [],
    );
    await bed.world.end();
  });

  test('whom it names for a forced delete, and with which epoch, is whom the controller then chooses', async () => {
    const bed = await adoptedBed('pod-a', 'pod-b', 'pod-c');
    await bed.run(showExplanation(bed.session, hapod));
    const foretold = part(bed.printed(), 'Its pod deleted by force');
    const [, heir, epoch] = /the record names (\S+), with epoch (\d+)/.exec(foretold) ?? [];
    bed.world.forceDelete('pod-a');
    await bed.world.settle();
    const { holder, transitions } = bed.world.record() ?? {};
    assert.deepEqual([heir, epoch], [holder, String(transitions)]);
    await bed.world.end();
  });

  test('without a standby it says that nobody takes over', async () => {
    const bed = await adoptedBed('pod-a');
    await bed.run(showExplanation(bed.session, hapod));
    assert.equal(
      part(bed.printed(), 'Its pod deleted by force'),
      'NoFitStandby: pod-a: its pod is gone, and no member is fit to take over\nNothing is done.',
    );
    await bed.world.end();
  });

  test('a Singleton in Direct mode is explained by its status, its own critical containers and its safety', async () => {
    const bed = new CommandBed();
    bed.installDefinition();
    for (const name of ['web-1', 'web-2'])
      bed.world.addPod(name, { labels: { app: 'web' }, critical: false });
    const uid = bed.world.pod('web-1')?.uid;
    const status = { ...healthyStatus, active: { ...healthyStatus.active, uid } };
    bed.createSingleton('web', { spec: { critical: { containers: ['main'] } }, status });
    await bed.run(showExplanation(bed.session, web));
    const page = bed.printed();
    assert.match(page, /^default\/web {2}Direct mode, safety Prompt\n/);
    assert.match(
      page,
      /It got the role by Failover HolderDeleted: web-0: its pod is gone; web-1\n {4}takes over\.\n/,
    );
    assert.match(
      part(page, 'Its pod deleted by force'),
      /the record names web-2, with epoch 4, and the same write moves the\ntraffic/,
    );
    assert.match(part(page, 'Its critical container main ended'), /pod web-1 is deleted at once/);
  });

  test('where no container is marked critical it says that readiness counts', async () => {
    const bed = new CommandBed();
    bed.installDefinition();
    for (const name of ['web-1', 'web-2'])
      bed.world.addPod(name, { labels: { app: 'web' }, critical: false });
    const uid = bed.world.pod('web-1')?.uid;
    bed.createSingleton('web', { status: { ...healthyStatus, active: { ...healthyStatus.active, uid } } });
    await bed.run(showExplanation(bed.session, web));
    const ended = part(bed.printed(), 'All its containers ended (none is marked critical');
    assert.match(ended, /HolderNotReady: web-1: it is not Ready; web-2 takes over/);
  });

  test('under safety Strict it says what is waited for, and what a person may do', async () => {
    const bed = new CommandBed();
    bed.installDefinition();
    for (const name of ['web-1', 'web-2']) bed.world.addPod(name, { labels: { app: 'web' } });
    const uid = bed.world.pod('web-1')?.uid;
    const status = { ...healthyStatus, active: { ...healthyStatus.active, uid } };
    bed.createSingleton('web', { spec: { safety: 'Strict' }, status });
    await bed.run(showExplanation(bed.session, web));
    const page = bed.printed();
    assert.match(
      part(page, 'Its pod deleted by force'),
      /^AwaitingProof: .*safety is Strict:\nwhen you know that it has stopped, delete the record\nNothing is done\.$/,
    );
    assert.match(
      part(page, 'Its critical container main ended'),
      /^AwaitingProof: .*safety is Strict: it is deleted and awaited\n1\. pod web-1 is deleted with 1 s of grace/s,
    );
  });

  test('a paused one is said to be paused, and what would be done is said', async () => {
    const bed = new CommandBed();
    bed.installDefinition();
    for (const name of ['web-1', 'web-2']) bed.world.addPod(name, { labels: { app: 'web' } });
    const uid = bed.world.pod('web-1')?.uid;
    const status = { ...healthyStatus, active: { ...healthyStatus.active, uid } };
    bed.createSingleton('web', { spec: { paused: true }, status });
    await bed.run(showExplanation(bed.session, web));
    assert.equal(
      part(bed.printed(), 'Its pod deleted by force'),
      'Paused: paused; it would act: web-1: its pod is gone; web-2 takes over\nNothing is done.',
    );
  });

  test('an empty selector has no members, whatever else runs in the namespace', async () => {
    const bed = new CommandBed();
    bed.installDefinition();
    bed.world.addPod('other-1');
    bed.createSingleton('web', { spec: { selector: {} } });
    await bed.run(showExplanation(bed.session, web));
    assert.match(bed.printed(), /\nMembers\n {2}There are none\.\n/);
  });

  test('where nobody has been chosen there is nobody to strike', async () => {
    const bed = new CommandBed();
    bed.installDefinition();
    bed.createSingleton('web');
    await bed.run(showExplanation(bed.session, web));
    const page = bed.printed();
    assert.match(
      page,
      /Nobody is active: the record names nobody\.\n {2}Now NoMembers: no pod of default\/web exists\.\n/,
    );
    assert.match(page, /\nMembers\n {2}There are none\.\n/);
    assert.doesNotMatch(page, /struck/);
  });
});

describe('history', () => {
  test("an adopted one's moves are read from its controllers' Events, newest first", async () => {
    const bed = await adoptedBed('pod-a', 'pod-b', 'pod-c');
    bed.world.forceDelete('pod-a');
    await bed.world.settle();
    bed.world.forceDelete('pod-b');
    await bed.world.settle();
    // Events are written at their own pace.
    await bed.world.clock.advance(5_000);
    assert.equal(await bed.run(showHistory(bed.session, hapod)), 0);
    const page = bed.printed();
    assert.match(page, /^default\/hapod {2}3 moves\nFrom Events: API servers keep those for an hour/);
    assert.deepEqual(
      [...page.matchAll(/^ {2}(\w+) at .*, to epoch (\d)\n {2}(.*), by icr-a\n/gm)].map((match) =>
        match.slice(1),
      ),
      [
        ['Failover', '3', 'pod-b → pod-c'],
        ['Failover', '2', 'pod-a → pod-b'],
        ['Election', '1', 'nobody → pod-a'],
      ],
    );
    assert.match(
      page,
      /^ {2}decide \d+\.\d · record \d+\.\d · route \d+\.\d · notify \d+\.\d · total \d+\.\d ms$/m,
    );
    assert.equal(bed.complained(), '');
    await bed.world.end();
  });

  test("a Singleton's are read from its status", async () => {
    const bed = new CommandBed();
    bed.installDefinition();
    bed.createSingleton('web', { status: healthyStatus });
    await bed.world.clock.advance(120_000);
    await bed.run(showHistory(bed.session, web));
    assert.equal(
      bed.printed(),
      `default/web  1 move
From its status, which keeps the last ten.

  Failover at 01:00:00, 1 min ago, to epoch 3
  web-0 → web-1, by understudy-a
  HolderDeleted: web-0: its pod is gone; web-1 takes over
  decide 0.4 · record 4.1 · route 0.0 · notify 1.2 · total 5.7 ms
`,
    );
  });

  test('where nothing is known that is said', async () => {
    const bed = new CommandBed();
    bed.installDefinition();
    bed.createSingleton('web');
    await bed.run(showHistory(bed.session, web));
    assert.match(bed.printed(), /^default\/web {2}no move is known\n/);
  });
});
