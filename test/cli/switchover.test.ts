/**
 * Asks for switchovers on the sandbox's API. What a controller would answer, the tests write in its place.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { askSwitchover, type SwitchoverWish } from '../../src/cli/switchover/ask-switchover.ts';
import { TransportError } from '../../src/kube/transport.ts';
import { CommandBed, healthyStatus } from './command-bed.ts';

const request = 'understudy.dev/switchover';
const result = 'understudy.dev/switchover-result';
const toBest: SwitchoverWish = { namespace: 'default', name: 'web', to: undefined, timeoutMs: 30_000 };

const switchover = {
  kind: 'Switchover',
  because: { code: 'SwitchoverAsked', sentence: 'web-1 hands over to web-2, as asked' },
  from: 'web-1',
  to: 'web-2',
  epoch: 4,
  at: '2026-01-01T00:00:00.050Z',
  by: 'understudy-a',
  phasesMs: { decide: 0.3, stepDown: 20.5, record: 4, total: 26.1 },
};

const moved = { ...healthyStatus, epoch: 4, history: [switchover, ...healthyStatus.history] };

function bedWithWeb(): CommandBed {
  const bed = new CommandBed();
  bed.installDefinition();
  bed.createSingleton('web', { status: healthyStatus });
  return bed;
}

/** What a controller does about a request, some time after it. */
function onRequest(bed: CommandBed, answer: (to: string) => void, afterMs = 40): void {
  let handled: string | undefined;
  bed.onSingleton(({ metadata: { annotations = {} } }) => {
    const to = annotations[request];
    if (to === handled) return;
    handled = to;
    if (to !== undefined) bed.world.clock.schedule(afterMs, () => answer(to));
  });
}

describe('switchover', () => {
  test('writes the request, waits for the move, and shows it with its phases', async () => {
    const bed = bedWithWeb();
    const asked: string[] = [];
    onRequest(bed, (to) => {
      asked.push(to);
      bed.annotate('web', { [request]: null, [result]: 'done: web-2 is active' });
      bed.writeStatus('web', moved);
    });
    assert.equal(await bed.run(askSwitchover(bed.session, toBest)), 0);
    assert.deepEqual(asked, ['best@3']);
    assert.equal(
      bed.printed(),
      `default/web: asked to move the role to the best standby; web-1 is active with
epoch 3
Switchover at 01:00:00, 0 s ago, to epoch 4
web-1 → web-2, by understudy-a
SwitchoverAsked: web-1 hands over to web-2, as asked
decide 0.3 · stepDown 20.5 · record 4.0 · total 26.1 ms
`,
    );
    assert.equal(bed.complained(), '');
  });

  test('the patch is for this very Singleton, and takes away what stands there of an earlier one', async () => {
    const bed = bedWithWeb();
    bed.annotate('web', { [result]: 'refused: long ago' });
    onRequest(bed, () => bed.writeStatus('web', moved));
    assert.equal(await bed.run(askSwitchover(bed.session, { ...toBest, to: 'web-2' })), 0);
    const [patch] = bed.requests.filter(({ method }) => method === 'PATCH');
    assert.equal(patch?.contentType, 'application/merge-patch+json');
    assert.deepEqual(JSON.parse(patch?.body ?? ''), {
      metadata: {
        annotations: { [request]: 'web-2@3', [result]: null },
        uid: bed.singleton('web').metadata.uid,
      },
    });
  });

  test('a refusal is said as the controller says it, and is exit code 1', async () => {
    const bed = bedWithWeb();
    onRequest(bed, () =>
      bed.annotate('web', { [request]: null, [result]: 'refused: web-3 is not fit: it is not Ready' }),
    );
    assert.equal(await bed.run(askSwitchover(bed.session, { ...toBest, to: 'web-3' })), 1);
    assert.equal(bed.complained(), 'understudy: refused: web-3 is not fit: it is not Ready\n');
  });

  test('done without a line in the history is waited for a moment longer, and then believed', async () => {
    const bed = bedWithWeb();
    onRequest(bed, () => bed.annotate('web', { [request]: null, [result]: 'done: web-2 is active' }));
    const startedAt = bed.world.clock.now();
    assert.equal(await bed.run(askSwitchover(bed.session, toBest)), 0);
    assert.match(bed.printed(), /\ndone: web-2 is active\n$/);
    assert.ok(bed.world.clock.now() - startedAt >= 2_000);
  });

  test('a move to another member does not answer a request for this one', async () => {
    const bed = bedWithWeb();
    onRequest(bed, () => bed.writeStatus('web', moved));
    const wish = { ...toBest, to: 'web-3', timeoutMs: 5_000 };
    assert.equal(await bed.run(askSwitchover(bed.session, wish)), 1);
    assert.match(bed.complained(), /not moved within 5 s: no controller has taken the request/);
  });

  test('after the timeout the request is withdrawn, and what is known is said', async () => {
    const bed = bedWithWeb();
    assert.equal(await bed.run(askSwitchover(bed.session, toBest)), 1);
    assert.equal(
      bed.complained(),
      `understudy: not moved within 30 s: no controller has taken the request; the last it said: HolderHealthy: web-1 holds epoch 3; 1 fit standby
understudy: no controller has a heartbeat in this cluster: none runs
understudy: the request does not stand any more: nothing will move by it later
`,
    );
    assert.deepEqual(bed.singleton('web').metadata.annotations ?? {}, {});
  });

  test('a move that comes about just as the request is withdrawn counts', async () => {
    const bed = bedWithWeb();
    bed.intervene = ({ method, body = '' }, ask) => {
      if (method !== 'PATCH' || !body.includes(`"${request}":null`)) return undefined;
      bed.annotate('web', { [request]: null, [result]: 'done: web-2 is active' });
      bed.intervene = () => undefined;
      return ask();
    };
    assert.equal(await bed.run(askSwitchover(bed.session, { ...toBest, timeoutMs: 1_000 })), 0);
    assert.match(bed.printed(), /done: web-2 is active\n$/);
  });

  test('whoever breaks the wait off leaves no request behind', async () => {
    const bed = bedWithWeb();
    const asking = askSwitchover(bed.session, toBest).catch(String);
    await bed.world.clock.advance(1_000);
    assert.equal(bed.singleton('web').metadata.annotations?.[request], 'best@3');
    bed.ending.abort(new Error('ended by a person'));
    assert.equal(await bed.run(asking), 'Error: ended by a person');
    assert.equal(bed.singleton('web').metadata.annotations?.[request], undefined);
  });

  test("somebody else's request in its place ends the wait, and stays", async () => {
    const bed = bedWithWeb();
    onRequest(bed, (to) => to === 'best@3' && bed.annotate('web', { [request]: 'web-9' }));
    assert.equal(await bed.run(askSwitchover(bed.session, toBest)), 1);
    assert.equal(
      bed.complained(),
      "understudy: the request for best was replaced by somebody else's for web-9\n",
    );
    assert.equal(bed.singleton('web').metadata.annotations?.[request], 'web-9');
  });

  test('a Singleton that is deleted meanwhile ends the wait', async () => {
    const bed = bedWithWeb();
    onRequest(bed, () => bed.deleteSingleton('web'));
    assert.equal(await bed.run(askSwitchover(bed.session, toBest)), 1);
    assert.equal(bed.complained(), 'understudy: the Singleton was deleted meanwhile\n');
  });

  test('to the active one there is nothing to do, and nothing is written', async () => {
    const bed = bedWithWeb();
    assert.equal(await bed.run(askSwitchover(bed.session, { ...toBest, to: 'web-1' })), 0);
    assert.equal(bed.printed(), 'web-1 is the active one already: nothing to do\n');
    assert.deepEqual(
      bed.requests.filter(({ method }) => method !== 'GET'),
      [],
    );
  });

  test('a write without an answer may have taken effect: it is said how to take it back', async () => {
    const bed = bedWithWeb();
    bed.intervene = ({ method }, ask) =>
      method === 'PATCH'
        ? ask().then(() =>
            Promise.reject(new TransportError('CONNECTION_LOST', 'lost', { delivered: 'unknown' })),
          )
        : undefined;
    assert.equal(await bed.run(askSwitchover(bed.session, toBest).catch(String)), 'TransportError: lost');
    assert.equal(
      bed.complained(),
      'understudy: the request may stand on the Singleton now: `kubectl annotate -n default singleton web understudy.dev/switchover-` takes it back\n',
    );
  });

  test('one that is adopted by label cannot be asked, and one that does not exist neither', async () => {
    const bed = new CommandBed();
    bed.world.addPod('pod-a');
    bed.world.addController('icr-a');
    await bed.world.settle();
    const hapod = { ...toBest, name: 'hapod' };
    assert.equal(
      await bed.run(askSwitchover(bed.session, hapod).catch(String)),
      'NotManaged: default/hapod is adopted by label: there is no Singleton to ask (docs/commands.md)',
    );
    assert.match(
      String(await bed.run(askSwitchover(bed.session, toBest).catch(String))),
      /^NoSuchSingleton: no Singleton resource/,
    );
    await bed.world.end();
  });
});
