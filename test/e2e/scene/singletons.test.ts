/**
 * The scenes of Singletons, rehearsed on the embedded cluster: what test/e2e/scenes plays on a real one has to be playable,
 * and held to what it promises, where every developer can run it.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { machineNowMs } from '../../../src/cli/steady-client/machine-time.ts';
import { asObject, items } from '../../../src/kube/decode.ts';
import { deployInto } from '../../deployment-in-sandbox.ts';
import { answersOf } from '../prober.ts';
import { type SandboxBed, startSandboxBed } from '../sandbox-bed.ts';
import { serverName, singletonName, singletonsPath } from '../singleton/manifests.ts';
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
import { Ensemble } from './ensemble.ts';
import type { Scene } from './measure.ts';
import { modeChanged, recordDeleted, singletonRecreated, sliceEmptied } from './meddling.ts';

let bed: SandboxBed;
let stage: Stage;
let ensemble: Ensemble;

/** The embedded cluster's Service proxy knows no pause that one would have to wait for. */
const unhurried = (scene: Scene): Scene => ({ ...scene, calmMs: 0, observeMs: 500 });
/** It shares this machine's processors with other tests: an answer that is late is not one that is lost. */
const unhurriedClients = { everyMs: 5, timeoutMs: 5_000 };

describe('scenes of Singletons, in both modes at once', { timeout: 200_000 }, () => {
  before(async () => {
    const node = { command: ['/usr/bin/node'], args: [], programs: { '/usr/bin/node': [process.execPath] } };
    bed = await startSandboxBed({ images: { 'mygoudpsrv:v1': node } });
    deployInto(bed.sandbox);
    stage = await Stage.open(bed, deployedControllers);
    await stage.controllersInGoodOrder();
    ensemble = await Ensemble.gather(stage, { namespace: 'scenes' });
    for (const troupe of ensemble.troupes) await troupe.askFrom(unhurriedClients);
  });
  after(async () => {
    await ensemble?.dismiss();
    await stage?.close();
    await bed?.close();
  });

  /** Each moves the role once. */
  function moves(scene: Scene): Promise<void> {
    return ensemble.each(async (troupe) => {
      const { result } = await troupe.play(unhurried(scene));
      assert.equal(result.epochs.after, result.epochs.before + 1);
    });
  }

  test('a crash', () =>
    ensemble.each(async (troupe, { mode }) => {
      const scene: Scene = {
        name: 'critical container dies',
        expected: 'failover',
        strike: ({ active: { namespace, name: pod } }) => {
          const struckAtMs = machineNowMs();
          bed.sandbox.faults.crash({ namespace, pod, container: serverName });
          return struckAtMs;
        },
      };
      const { result } = await troupe.play(unhurried(scene));
      assert.equal(result.epochs.after, result.epochs.before + 1);
      assert.equal(result.momentsMs.slice === result.momentsMs.record, mode === 'Direct');
    }));

  test('both controllers die at once, for both', async () => {
    await ensemble.each(async (troupe, { once }) => {
      const scene: Scene = {
        name: 'both controllers killed',
        expected: 'nothing',
        strike: () =>
          once(() => {
            const struckAtMs = machineNowMs();
            for (const { namespace, name: pod } of stage.controllers())
              bed.sandbox.faults.crash({ namespace, pod });
            return struckAtMs;
          }),
      };
      const played = await troupe.play(unhurried(scene));
      assert.equal(played.result.epochs.after, played.result.epochs.before);
    });
    await stage.controllersInGoodOrder();
  });

  test('no member is left', () => moves(allMembersDeleted(stage)));

  test('an application that serves on, and a tripwire', async () => {
    const scene = gracefulDeleteServingOn(stage);
    await moves(scene);
    await moves({ ...scene, name: 'kubectl delete, with a tripwire', amid: tripwire });
    for (const { singleton } of ensemble.troupes) {
      const { namespace } = singleton.place;
      const { spec } = await stage.api.get(`${singletonsPath(namespace)}/${singletonName}`);
      assert.equal(asObject(spec).tripwire, undefined);
    }
  });

  test('somebody else goes on changing slices, or selects all members', async () => {
    await moves(forcedDeleteAmidChanges(stage));
    await moves(forcedDeleteBesideService(stage));
    for (const { singleton } of ensemble.troupes) {
      const left = await stage.api.get(`/api/v1/namespaces/${singleton.place.namespace}/services`);
      assert.equal(items(left, 'items', '', (item) => item).length, 1);
    }
  });

  test('the record is deleted, the slice is emptied', () =>
    ensemble.each(async (troupe, { mode }) => {
      const { singleton, prober } = troupe;
      const played = await troupe.play(unhurried(recordDeleted(stage, singleton.place, mode)));
      assert.ok(played.result.epochs.after > played.result.epochs.before);
      await answersOf(prober, singleton, played.before.active.name);
      if (mode === 'Labels') return;
      const { result } = await troupe.play(unhurried(sliceEmptied(troupe)));
      assert.equal(result.epochs.after, result.epochs.before);
      await answersOf(prober, singleton, played.before.active.name);
    }));

  test('the Singleton is deleted and made again', () =>
    ensemble.each(async (troupe) => {
      const { result } = await troupe.play(unhurried(singletonRecreated(stage, troupe.singleton.place)));
      assert.equal(result.epochs.after, result.epochs.before);
    }));

  test('the Service changes its mode', async () => {
    await ensemble.each(async (troupe, { mode }) => {
      const other = mode === 'Direct' ? 'Labels' : 'Direct';
      const { result } = await troupe.play(unhurried(modeChanged(stage, troupe.singleton.place, other)));
      assert.equal(result.epochs.after, result.epochs.before + 1);
      await oneSourceOf(troupe.singleton, other);
    });
    await moves(forcedDelete(stage));
  });
});
