/**
 * Owns the scenes in which somebody does by hand what nobody should, or what is documented: to a record, a Service, a
 * Singleton. Must not judge what comes of it.
 */
import type { Mode } from '../../../src/api/singleton.ts';
import type { SingletonPlace } from '../singleton/singleton.ts';
import type { Stage } from '../stage.ts';
import type { Scene } from './measure.ts';
import { deleteRecord, emptySlice, recreateSingleton, setSelector } from './strikes.ts';
import type { Troupe } from './troupe.ts';

/** By somebody who knows nothing of it: the holder stays, and the next record says so with an epoch of its own. */
export function recordDeleted(stage: Stage, place: SingletonPlace, mode: Mode): Scene {
  return {
    name: mode === 'Direct' ? 'own slice: deleted' : 'record Lease: deleted',
    expected: 'nothing',
    strike: () => deleteRecord(stage, place, mode),
  };
}

/** Somebody takes every endpoint out of the controllers' own slice: it is put right, with the same holder. */
export function sliceEmptied({ singleton, writtenByScene }: Troupe): Scene {
  return {
    name: 'own slice: emptied',
    expected: 'nothing',
    strike: async () => {
      const { struckAtMs, slice } = await emptySlice(singleton.stage, singleton.place);
      writtenByScene(slice);
      return struckAtMs;
    },
  };
}

/** With clients on it. */
export function modeChanged(stage: Stage, place: SingletonPlace, mode: Mode): Scene {
  return {
    name: mode === 'Direct' ? 'Service: selector taken away' : 'Service: selector given',
    expected: 'nothing',
    strike: () => setSelector(stage, place, mode),
  };
}

export function singletonRecreated(stage: Stage, place: SingletonPlace): Scene {
  return {
    name: 'Singleton: deleted and made again',
    expected: 'nothing',
    strike: () => recreateSingleton(stage, place),
  };
}
