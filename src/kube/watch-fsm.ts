/**
 * Owns what a watch does next: list, watch, resume, list again, or wait, after whatever has just happened.
 * Must not do it: a step takes the time and a random source and returns commands; reflector.ts carries them out.
 * The model is kube-rs (kube-runtime/src/watcher.rs), the rules are client-go's (tools/cache/reflector.go), except
 * that a lost connection is retried within 250 ms for ever: after an outage we have to be back at once.
 */
import { type Backoff, reconnectDelayMs, refusalDelayMs } from './backoff.ts';
import {
  DENIAL_BACKOFF,
  HEALTHY_AFTER_MS,
  INITIAL_EVENTS_IDLE_MS,
  INTERNAL_ERROR_RESUMES,
  MALFORMED_BACKOFF,
  OVERLOAD_BACKOFF,
  RECONNECT_BACKOFF,
  SHORT_WATCH_BACKOFF,
  SHORT_WATCH_MS,
  WATCH_OVERDUE_MS,
  WATCH_TIMEOUT_SECONDS,
} from './limits.ts';
import { codeOf, type Failure } from './status.ts';
import type { TransportErrorCode } from './transport.ts';
import type {
  Opening,
  Phase,
  Step,
  StepContext,
  WatchCommand,
  WatchInput,
  WatchMachine,
} from './watch-machine.ts';
import type { WatchState } from './watch-sink.ts';

const NO_COMMANDS: readonly WatchCommand[] = [];

export function step(machine: WatchMachine, input: WatchInput, context: StepContext): Step {
  if (machine.phase.kind === 'closed') return { machine, commands: NO_COMMANDS };
  switch (input.kind) {
    case 'started':
      return open(machine, snapshotOf(machine), context);
    case 'relistOrdered':
      return relist(machine, context);
    case 'item':
      return { machine: advance(machine, input.resourceVersion, context.nowMs), commands: NO_COMMANDS };
    case 'bookmark':
      return onBookmark(machine, input, context);
    case 'accepted':
      return onAccepted(machine, context);
    case 'page':
      return onPage(machine, input, context);
    case 'refused':
      return onRefused(machine, input.failure, context);
    case 'errorEvent':
      return onErrorEvent(machine, input.failure, context);
    case 'malformed':
      return onMalformed(machine, context);
    case 'ended':
      return onEnded(machine, input.cause, context);
    case 'timer':
      return onTimer(machine, context);
  }
}

/** The hot path: one object of the stream. A WatchList's items come in no order of version, so they move none. */
function advance(machine: WatchMachine, resourceVersion: string, nowMs: number): WatchMachine {
  const { phase } = machine;
  if (phase.kind === 'watchList') return { ...machine, phase: { ...phase, heardAtMs: nowMs } };
  if (phase.kind !== 'watch' || resourceVersion === machine.resourceVersion) return machine;
  if (phase.advanced) return { ...machine, resourceVersion };
  return { ...worked(machine), resourceVersion, phase: { ...phase, advanced: true } };
}

function onBookmark(
  machine: WatchMachine,
  input: Extract<WatchInput, { kind: 'bookmark' }>,
  context: StepContext,
): Step {
  const { phase } = machine;
  if (phase.kind !== 'watchList' || !input.endsInitialEvents) {
    return { machine: advance(machine, input.resourceVersion, context.nowMs), commands: NO_COMMANDS };
  }
  return {
    machine: {
      ...worked(machine),
      resourceVersion: input.resourceVersion,
      phase: { kind: 'watch', acceptedAtMs: context.nowMs, advanced: true },
    },
    commands: [
      { kind: 'synced', resourceVersion: input.resourceVersion },
      { kind: 'wake', delayMs: phase.dueMs - context.nowMs },
      { kind: 'report', state: { kind: 'watching' } },
    ],
  };
}

function onAccepted(machine: WatchMachine, context: StepContext): Step {
  const { phase } = machine;
  if (phase.kind === 'watchList') {
    return {
      machine: { ...machine, phase: { ...phase, heardAtMs: context.nowMs } },
      commands: [{ kind: 'report', state: { kind: 'listing' } }],
    };
  }
  if (phase.kind !== 'watch') return { machine, commands: NO_COMMANDS };
  return {
    machine: { ...machine, phase: { ...phase, acceptedAtMs: context.nowMs } },
    commands: [{ kind: 'report', state: { kind: 'watching' } }],
  };
}

function onPage(
  machine: WatchMachine,
  page: Extract<WatchInput, { kind: 'page' }>,
  context: StepContext,
): Step {
  if (machine.phase.kind !== 'page') return { machine, commands: NO_COMMANDS };
  const { continueToken, resourceVersion } = page;
  const reached = { ...machine, disconnects: 0 };
  if (continueToken !== undefined)
    return open(reached, { kind: 'page', continueToken, whole: false }, context);
  const opened = open({ ...reached, resourceVersion }, { kind: 'watch', resourceVersion }, context);
  return { machine: opened.machine, commands: [{ kind: 'synced', resourceVersion }, ...opened.commands] };
}

function onRefused(machine: WatchMachine, failure: Failure, context: StepContext): Step {
  const { phase } = machine;
  switch (failure.kind) {
    case 'gone':
      return phase.kind === 'page' ? restartList(machine, phase.opening, context) : expire(machine, context);
    case 'invalid':
    case 'notFound':
    case 'conflict':
      return onRejected(machine, failure, context);
    case 'forbidden':
    case 'unauthorized':
      return refuse(machine, reopening(machine), failure, DENIAL_BACKOFF, context);
    case 'tooManyRequests':
    case 'serverError':
      return refuse(machine, reopening(machine), failure, OVERLOAD_BACKOFF, context);
  }
}

/** The server does not take the request as it is. Of a WatchList that is the usual answer of older servers. */
function onRejected(machine: WatchMachine, failure: Failure, context: StepContext): Step {
  if (machine.phase.kind === 'watchList' && failure.kind === 'invalid') {
    const older: WatchMachine = { ...machine, watchListSupported: false };
    return open(older, snapshotOf(older), context);
  }
  const unknown: WatchMachine = { ...machine, resourceVersion: undefined };
  return refuse(unknown, snapshotOf(unknown), failure, DENIAL_BACKOFF, context);
}

function onErrorEvent(machine: WatchMachine, failure: Failure, context: StepContext): Step {
  switch (failure.kind) {
    case 'gone':
      return expire(machine, context);
    case 'tooManyRequests':
    case 'forbidden':
    case 'unauthorized':
      return onRefused(machine, failure, context);
    case 'serverError': {
      const internalErrors = machine.internalErrors + 1;
      const counted: WatchMachine = { ...machine, internalErrors };
      if (internalErrors <= INTERNAL_ERROR_RESUMES)
        return retry(counted, codeOf(failure), RECONNECT_BACKOFF, context);
      return relistAfterRefusal(counted, failure, context);
    }
    case 'invalid':
    case 'notFound':
    case 'conflict':
      return relistAfterRefusal(machine, failure, context);
  }
}

/** Something was missed, and nobody knows what. A list may be readable where a stream was not. */
function onMalformed(machine: WatchMachine, context: StepContext): Step {
  const unknown: WatchMachine = { ...machine, resourceVersion: undefined };
  const next = machine.phase.kind === 'watchList' ? FIRST_PAGE : snapshotOf(unknown);
  const refusals = nextRefusals(machine, context.nowMs);
  const retryInMs = refusalDelayMs(MALFORMED_BACKOFF, refusals, undefined, context.random);
  const counted: WatchMachine = { ...unknown, refusals, refusedAtMs: context.nowMs };
  return wait(counted, next, { kind: 'broken', because: 'MALFORMED', retryInMs });
}

function onEnded(machine: WatchMachine, cause: TransportErrorCode | undefined, context: StepContext): Step {
  const { phase } = machine;
  if (cause === 'CLOSED')
    return { machine: { ...machine, phase: { kind: 'closed' } }, commands: [{ kind: 'wait' }] };
  if (phase.kind === 'idle' || phase.kind === 'waiting') return { machine, commands: NO_COMMANDS };
  if (cause === undefined && phase.kind === 'watchList') {
    // Ended without the bookmark: whatever the server takes the parameter for, a list makes progress.
    return open(machine, FIRST_PAGE, context);
  }
  const lasted = phase.kind === 'watch' && hasLasted(phase, context.nowMs);
  const counted = lasted ? worked(machine) : machine;
  if (cause !== undefined) return retry(counted, cause, backoffAfter(cause), context);
  if (lasted) return open(counted, reopening(counted), context);
  return retry(counted, 'SHORT_WATCH', SHORT_WATCH_BACKOFF, context);
}

function onTimer(machine: WatchMachine, context: StepContext): Step {
  const { phase } = machine;
  switch (phase.kind) {
    case 'waiting':
      return open(machine, phase.next, context);
    case 'watchList': {
      const remainingMs = phase.heardAtMs + INITIAL_EVENTS_IDLE_MS - context.nowMs;
      if (remainingMs > 0) return { machine, commands: [{ kind: 'wake', delayMs: remainingMs }] };
      return open(machine, FIRST_PAGE, context);
    }
    case 'watch':
      return open(machine, reopening(machine), context);
    case 'idle':
    case 'page':
    case 'closed':
      return { machine, commands: NO_COMMANDS };
  }
}

const FIRST_PAGE: Opening = { kind: 'page', continueToken: undefined, whole: false };

/** How everything there is can be got from this server. */
function snapshotOf(machine: WatchMachine): Opening {
  return machine.watchListSupported ? { kind: 'watchList' } : FIRST_PAGE;
}

/** What was being done, to be done again. */
function reopening(machine: WatchMachine): Opening {
  const { phase, resourceVersion } = machine;
  if (phase.kind === 'page') return phase.opening;
  return resourceVersion === undefined ? snapshotOf(machine) : { kind: 'watch', resourceVersion };
}

/** The version is too old. Once is normal, after an outage; again and again it has to be paced. */
function expire(machine: WatchMachine, context: StepContext): Step {
  const expiries = machine.expiries + 1;
  const unknown: WatchMachine = { ...machine, resourceVersion: undefined, expiries };
  if (expiries === 1) return open(unknown, snapshotOf(unknown), context);
  const retryInMs = refusalDelayMs(OVERLOAD_BACKOFF, expiries - 1, undefined, context.random);
  return wait(unknown, snapshotOf(unknown), { kind: 'broken', because: 'GONE', retryInMs });
}

/** The continue token expired: the pages so far belong to a version that is no longer there. */
function restartList(
  machine: WatchMachine,
  opening: Extract<Opening, { kind: 'page' }>,
  context: StepContext,
): Step {
  if (opening.continueToken === undefined) return expire(machine, context);
  return open(machine, { kind: 'page', continueToken: undefined, whole: true }, context);
}

function relist(machine: WatchMachine, context: StepContext): Step {
  const unknown: WatchMachine = { ...machine, resourceVersion: undefined };
  return open(unknown, snapshotOf(unknown), context);
}

function relistAfterRefusal(machine: WatchMachine, failure: Failure, context: StepContext): Step {
  const unknown: WatchMachine = { ...machine, resourceVersion: undefined };
  return refuse(unknown, snapshotOf(unknown), failure, OVERLOAD_BACKOFF, context);
}

/** After a connection that ended: at once the first time, then within the cap of `backoff`. */
function retry(machine: WatchMachine, because: string, backoff: Backoff, context: StepContext): Step {
  const disconnects = machine.disconnects + 1;
  const next: WatchMachine = { ...machine, disconnects };
  const retryInMs = reconnectDelayMs(backoff, disconnects, context.random);
  if (retryInMs > 0) return wait(next, reopening(next), { kind: 'broken', because, retryInMs });
  const report: WatchCommand = { kind: 'report', state: { kind: 'broken', because, retryInMs } };
  const opened = open(next, reopening(next), context);
  return { machine: opened.machine, commands: [report, ...opened.commands] };
}

/** After an answer that said no. */
function refuse(
  machine: WatchMachine,
  next: Opening,
  failure: Failure,
  backoff: Backoff,
  context: StepContext,
): Step {
  const refusals = nextRefusals(machine, context.nowMs);
  const retryInMs = refusalDelayMs(backoff, refusals, failure.retryAfterMs, context.random);
  const counted: WatchMachine = { ...machine, refusals, refusedAtMs: context.nowMs, disconnects: 0 };
  if (failure.kind !== 'forbidden') {
    return wait(counted, next, { kind: 'broken', because: codeOf(failure), retryInMs });
  }
  const { verb = next.kind === 'page' ? 'list' : 'watch', resource = 'unknown' } = failure;
  return wait(counted, next, { kind: 'forbidden', verb, resource, retryInMs });
}

function wait(
  machine: WatchMachine,
  next: Opening,
  state: Extract<WatchState, { readonly retryInMs: number }>,
): Step {
  return {
    machine: { ...machine, phase: { kind: 'waiting', next } },
    commands: [{ kind: 'report', state }, { kind: 'wait' }, { kind: 'wake', delayMs: state.retryInMs }],
  };
}

function open(machine: WatchMachine, opening: Opening, context: StepContext): Step {
  const { nowMs } = context;
  switch (opening.kind) {
    case 'watchList': {
      const timeoutSeconds = drawTimeoutSeconds(context);
      const dueMs = nowMs + timeoutSeconds * 1000 + WATCH_OVERDUE_MS;
      return {
        machine: { ...machine, phase: { kind: 'watchList', heardAtMs: nowMs, dueMs } },
        commands: [
          CONNECTING,
          { kind: 'beginSnapshot' },
          { kind: 'openWatchList', timeoutSeconds },
          { kind: 'wake', delayMs: INITIAL_EVENTS_IDLE_MS },
        ],
      };
    }
    case 'page': {
      const { continueToken, whole } = opening;
      const first: readonly WatchCommand[] = [
        { kind: 'report', state: { kind: 'listing' } },
        { kind: 'beginSnapshot' },
      ];
      return {
        machine: { ...machine, phase: { kind: 'page', opening } },
        commands: [...(continueToken === undefined ? first : []), { kind: 'openPage', continueToken, whole }],
      };
    }
    case 'watch': {
      const { resourceVersion } = opening;
      const timeoutSeconds = drawTimeoutSeconds(context);
      return {
        machine: { ...machine, phase: { kind: 'watch', acceptedAtMs: undefined, advanced: false } },
        commands: [
          CONNECTING,
          { kind: 'openWatch', resourceVersion, timeoutSeconds },
          { kind: 'wake', delayMs: timeoutSeconds * 1000 + WATCH_OVERDUE_MS },
        ],
      };
    }
  }
}

const CONNECTING: WatchCommand = { kind: 'report', state: { kind: 'connecting' } };

function drawTimeoutSeconds({ random }: StepContext): number {
  const { min, max } = WATCH_TIMEOUT_SECONDS;
  return min + Math.floor(random.fraction() * (max - min + 1));
}

function nextRefusals(machine: WatchMachine, nowMs: number): number {
  return nowMs - machine.refusedAtMs >= HEALTHY_AFTER_MS ? 1 : machine.refusals + 1;
}

/** The connection and the version are good: failures from here on are new ones. */
function worked(machine: WatchMachine): WatchMachine {
  return { ...machine, disconnects: 0, expiries: 0, internalErrors: 0 };
}

function hasLasted(phase: Extract<Phase, { kind: 'watch' }>, nowMs: number): boolean {
  return phase.advanced || (phase.acceptedAtMs !== undefined && nowMs - phase.acceptedAtMs >= SHORT_WATCH_MS);
}

/** What nobody but a person repairs is tried at the pace of refusals. */
function backoffAfter(cause: TransportErrorCode): Backoff {
  switch (cause) {
    case 'CREDENTIALS_UNREADABLE':
    case 'TLS_UNTRUSTED':
    case 'HTTP2_UNSUPPORTED':
      return DENIAL_BACKOFF;
    case 'CONNECTION_REFUSED':
    case 'CONNECTION_LOST':
    case 'PEER_SILENT':
    case 'REQUEST_TIMEOUT':
    case 'CLOSED':
      return RECONNECT_BACKOFF;
  }
}
