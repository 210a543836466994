/**
 * The scenes of Singletons, rehearsed on the embedded cluster: what test/e2e/scenes plays on a real one has to be playable,
 * and held to what it promises, where every developer can run it.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Mode } from '../../../src/api/singleton.ts';
import { machineNowMs } from '../../../src/cli/steady-client/machine-time.ts';
import { asObject, items } from '../../../src/kube/decode.ts';
import { deployInto } from '../../deployment-in-sandbox.ts';
import { answersOf } from '../prober.ts';
import { type SandboxBed, startSandboxBed } from '../sandbox-bed.ts';
import { modes, serverName, singletonName, singletonsPath } from '../singleton/manifests.ts';
import { deployedControllers, Stage } from '../stage.ts';
import {
  allMembersDeleted,
  forcedDelete,
  forcedDeleteAmidChanges,
  forcedDeleteBesideService,
  gracefulDeleteServingOn,
} from './catalogue.ts';
import { tripwire } from './circumstances.ts';
import { oneSourceOf } from './end-of-scene.ts';
import type { Played, Scene } from './measure.ts';
import { modeChanged, recordDeleted, singletonRecreated, sliceEmptied } from './meddling.ts';
import { Troupe } from './troupe.ts';

let bed: SandboxBed;
let stage: Stage;

/** The embedded cluster's Service proxy knows no pause that one would have to wait for. */
const unhurried = { calmMs: 0, observeMs: 500 };
/** It shares this machine's processors with other tests: an answer that is late is not one that is lost. */
const unhurriedClients = { everyMs: 5, timeoutMs: 5_000 };

describe('scenes of Singletons', { timeout: 200_000 }, () => {
  before(async () => {
    const node = { command: ['/usr/bin/node'], args: [], programs: { '/usr/bin/node': [process.execPath] } };
    bed = await startSandboxBed({ images: { 'mygoudpsrv:v1': node } });
    deployInto(bed.sandbox);
    stage = await Stage.open(bed, deployedControllers);
    await stage.controllersInGoodOrder();
  });
  after(async () => {
    await stage?.close();
    await bed?.close();
  });

  for (const mode of modes) describe(`in ${mode} mode`, () => rehearse(mode));
});

function rehearse(mode: Mode): void {
  let troupe: Troupe;
  const play = (scene: Scene): Promise<Played> => troupe.play({ ...scene, ...unhurried });
  const other: Mode = mode === 'Direct' ? 'Labels' : 'Direct';

  before(async () => {
    troupe = await Troupe.gather(stage, { namespace: `scenes-${mode.toLowerCase()}`, mode });
    await troupe.askFrom(unhurriedClients);
  });
  after(async () => {
    await troupe?.dismiss();
  });

  test('a crash', async () => {
    const { result } = await play({
      name: 'critical container dies',
      expected: 'failover',
      strike: ({ active: { namespace, name: pod } }) => {
        const struckAtMs = machineNowMs();
        bed.sandbox.faults.crash({ namespace, pod, container: serverName });
        return struckAtMs;
      },
    });
    assert.equal(result.epochs.after, result.epochs.before + 1);
    assert.equal(result.momentsMs.slice === result.momentsMs.record, mode === 'Direct');
  });

  test('no member is left', async () => {
    const { result } = await play(allMembersDeleted(stage));
    assert.equal(result.epochs.after, result.epochs.before + 1);
  });

  test('the record is deleted', async () => {
    const { result, before: standing } = await play(recordDeleted(stage, troupe.singleton.place, mode));
    assert.equal(result.epochs.after, result.epochs.before + 1);
    await answersOf(troupe.prober, troupe.singleton, standing.active.name);
  });

  if (mode === 'Direct') {
    test('the slice is emptied', async () => {
      const { result, before: standing } = await play(sliceEmptied(troupe));
      assert.equal(result.epochs.after, result.epochs.before);
      await answersOf(troupe.prober, troupe.singleton, standing.active.name);
    });
  }

  test('the Singleton is deleted and made again', async () => {
    const { result } = await play(singletonRecreated(stage, troupe.singleton.place));
    assert.equal(result.epochs.after, result.epochs.before);
  });

  test('an application that serves on, and a tripwire', async () => {
    const { result } = await play(gracefulDeleteServingOn(stage));
    assert.equal(result.epochs.after, result.epochs.before + 1);
    const { place } = troupe.singleton;
    const wired = await play({
      ...gracefulDeleteServingOn(stage),
      name: 'kubectl delete, with a tripwire',
      amid: tripwire,
    });
    assert.equal(wired.result.epochs.after, wired.result.epochs.before + 1);
    const { spec } = await stage.api.get(`${singletonsPath(place.namespace)}/${singletonName}`);
    assert.equal(asObject(spec).tripwire, undefined);
  });

  test('somebody else goes on changing slices, or selects all members', async () => {
    for (const scene of [forcedDeleteAmidChanges(stage), forcedDeleteBesideService(stage)]) {
      const { result } = await play(scene);
      assert.equal(result.epochs.after, result.epochs.before + 1);
    }
    const { namespace } = troupe.singleton.place;
    const left = await stage.api.get(`/api/v1/namespaces/${namespace}/services`);
    assert.equal(items(left, 'items', '', (item) => item).length, 1);
  });

  test('the Service changes its mode', async () => {
    const { result } = await play(modeChanged(stage, troupe.singleton.place, other));
    assert.equal(result.epochs.after, result.epochs.before + 1);
    await oneSourceOf(troupe.singleton, other);
    await play(forcedDelete(stage));
  });
}
