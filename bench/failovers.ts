/**
 * Owns the failover benches: the ancestor's set in a sandbox whose kubelet tells at once, struck again and again,
 * as its client sees it.
 * Must not count a failover that did not go as it has to: that is an error, not a sample.
 */
import { failoverProblem } from '../src/cli/demo/outcome.ts';
import { NotReached, waitFor } from '../src/cli/hapod/condition.ts';
import { areReady } from '../src/cli/hapod/controller-health.ts';
import { HapodCluster, isAnswerOf } from '../src/cli/hapod/hapod-cluster.ts';
import type { GoodStanding } from '../src/cli/hapod/standing.ts';
import { deleteByForce, kill, processesOf } from '../src/cli/hapod/strikes.ts';
import { machineNowMs } from '../src/cli/steady-client/machine-time.ts';
import { pause } from '../src/time/clock.ts';
import { realClock } from '../src/time/real-clock.ts';
import { FailoverMoments, type FailoverPhases, failoverPhaseNames } from './failover-moments.ts';
import type { Bench, BenchOptions, Goal, Measurement } from './measurement.ts';

const application = ['noncritcontainer', 'critcontainer1'];

interface Strike {
  readonly name: string;
  readonly what: string;
  readonly goals: readonly Goal[];
  /**
   * After how many runs another application takes the place of the one that was struck: crashes of one singleton in a row
   * run into the controller's back-off before it deletes one more crashed pod, which has tests of its own.
   */
  readonly runsPerApplication: number;
  /** After how many runs both controllers are replaced: kills in a row run into the kubelet's restart back-off. */
  readonly runsPerController: number;
  readonly strike: (cluster: HapodCluster, standing: GoodStanding) => Promise<number>;
}

const strikes: readonly Strike[] = [
  {
    name: 'crash',
    what: "kill -9 of the active application's processes",
    goals: [
      { figure: 'p50', atMost: 15 },
      { figure: 'p99', atMost: 40 },
    ],
    runsPerApplication: 2,
    runsPerController: Number.POSITIVE_INFINITY,
    strike: async (cluster, { active }) => kill(processesOf(cluster, active, application)),
  },
  {
    name: 'delete',
    what: 'the request that deletes the active pod by force',
    goals: [
      { figure: 'p50', atMost: 15 },
      { figure: 'p99', atMost: 40 },
    ],
    runsPerApplication: Number.POSITIVE_INFINITY,
    runsPerController: Number.POSITIVE_INFINITY,
    strike: (cluster, { active }) => deleteByForce(cluster, active),
  },
  {
    name: 'controller',
    what: 'kill -9 of the active controller and of the active application in the same instant',
    goals: [{ figure: 'p99', atMost: 120 }],
    runsPerApplication: 2,
    runsPerController: 2,
    strike: async (cluster, { active, activeController }) =>
      kill([...processesOf(cluster, activeController), ...processesOf(cluster, active, application)]),
  },
];

const recoveredWithinMs = 30_000;
const answerWithinMs = 30_000;
const settledWithinMs = 10_000;
const clientEveryMs = 2;
const readiness = { initialDelaySeconds: 0, periodSeconds: 1 };
/** The new pod's processes have just started: their start-up work must not be what is measured. */
const calmMs = 300;
/** Failovers that are not counted: everything has then been done once, as in a cluster that has run for a while. */
const warmUps = 3;

export const failoverBenches: readonly Bench[] = strikes.map((strike) => ({
  name: strike.name,
  measures: `${strike.what} → the Service answers from the standby`,
  run: (options) => runStrike(strike, options),
}));

async function runStrike(strike: Strike, { runs, waiting }: BenchOptions): Promise<readonly Measurement[]> {
  const figures: Figures[] = [];
  const cluster = await HapodCluster.start({ pleg: 'instant', readiness, clientEveryMs });
  try {
    for (let played = 1; played <= warmUps + runs; played++) {
      const run = played - warmUps;
      waiting(run > 0 ? `${strike.name}: ${run} of ${runs}` : `${strike.name}: warm-up`);
      const before = await cluster.inGoodOrder({ withinMs: recoveredWithinMs });
      // Not in step with any of the sandbox's own periods.
      await pause(realClock, calmMs + Math.random() * 100);
      const measured = await measure(cluster, strike, before);
      if (run > 0) figures.push(measured);
      if (played % strike.runsPerApplication === 0) await cluster.moveApplication(recoveredWithinMs);
      if (played % strike.runsPerController === 0) await replaceControllers(cluster);
    }
  } finally {
    await cluster.close();
  }
  return measurementsOf(strike, figures);
}

function measurementsOf({ name, what, goals }: Strike, figures: readonly Figures[]): readonly Measurement[] {
  const client = `a client that connects each ${clientEveryMs} ms`;
  const after = `, after ${warmUps} failovers that are not counted`;
  return [
    {
      name,
      unit: 'ms',
      how: `from ${what} to the first answer of the standby that ${client} gets${after}`,
      samples: figures.map(({ answeredMs }) => answeredMs),
      goals,
    },
    {
      name: `${name}: gap`,
      unit: 'ms',
      how: `the longest time between two answers that ${client} gets around it`,
      samples: figures.flatMap(({ gapMs }) => gapMs ?? []),
      goals: [],
    },
    ...failoverPhaseNames.map(
      (phase): Measurement => ({
        name: `${name}: ${phase}`,
        unit: 'ms',
        how: phaseTexts[phase],
        samples: figures.map(({ phases }) => phases[phase]),
        goals: [],
      }),
    ),
  ];
}

const phaseTexts = {
  known: 'of that, from the strike to the first change of the active pod in the store of the API server',
  record: 'from there to the record that names the standby: the watch, the decision, one write',
  route: 'from there to role=active on the standby: one more write',
  answer: "from there to the standby's answer: the proxy, and up to one interval of the client",
} as const;

/** Resolves when the new ones see clearly: one that has not looked yet would take a crash for the way it found things. */
async function replaceControllers(cluster: HapodCluster): Promise<void> {
  const { actives, standbys } = cluster.standing().controllers;
  for (const controller of [...actives, ...standbys]) await deleteByForce(cluster, controller);
  const giveUpAtMs = machineNowMs() + recoveredWithinMs;
  for (;;) {
    const { activeController, standbyController } = await cluster.inGoodOrder({
      withinMs: recoveredWithinMs,
    });
    if (await areReady([activeController, standbyController])) return;
    if (machineNowMs() > giveUpAtMs)
      throw new NotReached('the new controllers to be ready', recoveredWithinMs);
    await pause(realClock, calmMs);
  }
}

interface Figures {
  readonly answeredMs: number;
  readonly gapMs: number | undefined;
  readonly phases: FailoverPhases;
}

async function measure(cluster: HapodCluster, { strike }: Strike, before: GoodStanding): Promise<Figures> {
  const { log } = cluster.client;
  const moments = new FailoverMoments(cluster, before);
  const struckAtMs = await strike(cluster, before);
  // Asked when the client tells, not at each change in the store: that would be work between the controller's writes.
  const { endedAtMs } = await waitFor(
    () =>
      log.firstAnswer(struckAtMs, (line) => isAnswerOf(before.standby, line)) ??
      `an answer of ${before.standby.name}`,
    { withinMs: answerWithinMs, sources: [(listener) => log.subscribe(listener)] },
  );
  await cluster.waitFor(
    () => failoverProblem(before, cluster.standing(), cluster.pods()) ?? {},
    settledWithinMs,
  );
  return {
    answeredMs: endedAtMs - struckAtMs,
    gapMs: log.longestGapMs(struckAtMs - 50, endedAtMs),
    phases: moments.phases(struckAtMs, endedAtMs),
  };
}
