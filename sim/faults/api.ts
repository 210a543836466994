/**
 * Owns what happens to the API server: it is away, slow, forgetful, and answers wrongly.
 * Must not touch what it stores.
 */
import { resourceTypes } from '../../src/sandbox/api/resource-types.ts';
import type { AnswerTrouble } from '../world/answer-faults.ts';
import type { Fault } from './fault.ts';

/** An API server is back within seconds. */
const outageMsMax = 3_000;
const answersLateMsMax = 600;
const watchesLateMsMax = 1_500;

export const apiRestarts: Fault = ({ world, lastsMs }) => {
  world.api.stopApi(Math.min(lastsMs, outageMsMax));
  return { target: undefined };
};

export const apiAnswersLate: Fault = ({ world, pick }) => {
  world.api.slowAnswers(pick * answersLateMsMax);
  return { target: undefined, heal: () => world.api.slowAnswers(0) };
};

export const apiWatchesLate: Fault = ({ world, pick }) => {
  world.api.delayWatches(pick * watchesLateMsMax);
  return { target: undefined, heal: () => world.api.delayWatches(0) };
};

export const apiWatchesDrop: Fault = ({ world }) => {
  world.api.dropWatches();
  return { target: undefined };
};

/** Watches that are resumed get 410. */
export const apiForgetsHistory: Fault = ({ world }) => {
  for (const type of [...Object.values(resourceTypes), world.singletonType])
    world.store.collection(type).compact();
  world.api.dropWatches();
  return { target: undefined };
};

function trouble(kind: AnswerTrouble): Fault {
  return ({ world }) => {
    world.answers.begin(kind);
    return { target: undefined, heal: () => world.answers.end() };
  };
}

export const requestsThrottled = trouble('throttled');
export const requestsFail = trouble('failing');
export const requestsFailAfterActing = trouble('failing-after-acting');
export const requestsLost = trouble('losing');
export const answersLate = trouble('late');
