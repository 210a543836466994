/**
 * Owns the failover benches: the ancestor's set in a sandbox whose kubelet tells at once, struck again and again,
 * as its client sees it.
 * Must not count a failover that did not go as it has to: that is an error, not a sample.
 */
import { failoverProblem } from '../src/cli/demo/outcome.ts';
import { NotReached } from '../src/cli/hapod/condition.ts';
import { areReady } from '../src/cli/hapod/controller-health.ts';
import { HapodCluster, isAnswerOf } from '../src/cli/hapod/hapod-cluster.ts';
import type { GoodStanding } from '../src/cli/hapod/standing.ts';
import { deleteByForce, kill, processesOf } from '../src/cli/hapod/strikes.ts';
import { machineNowMs } from '../src/cli/steady-client/machine-time.ts';
import { pause } from '../src/time/clock.ts';
import { realClock } from '../src/time/real-clock.ts';
import type { Bench, BenchOptions, Goal, Measurement } from './measurement.ts';

const application = ['noncritcontainer', 'critcontainer1'];

interface Strike {
  readonly name: string;
  readonly what: string;
  readonly goals: readonly Goal[];
  /**
   * After how many runs both controllers are replaced. Crashes in a row run into two back-offs that have tests of their
   * own: the controller's, before it deletes one more crashed pod, and the kubelet's, before it restarts a controller.
   */
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
    runsPerController: 3,
    strike: async (cluster, { active }) => kill(processesOf(cluster, active, application)),
  },
  {
    name: 'delete',
    what: 'the request that deletes the active pod by force',
    goals: [
      { figure: 'p50', atMost: 15 },
      { figure: 'p99', atMost: 40 },
    ],
    runsPerController: Number.POSITIVE_INFINITY,
    strike: (cluster, { active }) => deleteByForce(cluster, active),
  },
  {
    name: 'controller',
    what: 'kill -9 of the active controller and of the active application in the same instant',
    goals: [{ figure: 'p99', atMost: 120 }],
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

export const failoverBenches: readonly Bench[] = strikes.map((strike) => ({
  name: strike.name,
  measures: `${strike.what} → the Service answers from the standby`,
  run: (options) => runStrike(strike, options),
}));

async function runStrike(strike: Strike, { runs, waiting }: BenchOptions): Promise<readonly Measurement[]> {
  const answeredMs: number[] = [];
  const gapsMs: number[] = [];
  const cluster = await HapodCluster.start({ pleg: 'instant', readiness, clientEveryMs });
  try {
    for (let run = 1; run <= runs; run++) {
      waiting(`${strike.name}: ${run} of ${runs}`);
      const before = await cluster.inGoodOrder({ withinMs: recoveredWithinMs });
      // Not in step with any of the sandbox's own periods.
      await pause(realClock, calmMs + Math.random() * 100);
      const figures = await measure(cluster, strike, before);
      answeredMs.push(figures.answeredMs);
      if (figures.gapMs !== undefined) gapsMs.push(figures.gapMs);
      if (run % strike.runsPerController === 0) await replaceControllers(cluster);
    }
  } finally {
    await cluster.close();
  }
  const client = `a client that connects each ${clientEveryMs} ms`;
  return [
    {
      name: strike.name,
      unit: 'ms',
      how: `from ${strike.what} to the first answer of the standby that ${client} gets`,
      samples: answeredMs,
      goals: strike.goals,
    },
    {
      name: `${strike.name}: gap`,
      unit: 'ms',
      how: `the longest time between two answers that ${client} gets around it`,
      samples: gapsMs,
      goals: [],
    },
  ];
}

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

async function measure(cluster: HapodCluster, { strike }: Strike, before: GoodStanding) {
  const { log } = cluster.client;
  const struckAtMs = await strike(cluster, before);
  const { endedAtMs } = await cluster.waitFor(
    () =>
      log.firstAnswer(struckAtMs, (line) => isAnswerOf(before.standby, line)) ??
      `an answer of ${before.standby.name}`,
    answerWithinMs,
  );
  await cluster.waitFor(
    () => failoverProblem(before, cluster.standing(), cluster.pods()) ?? {},
    settledWithinMs,
  );
  return { answeredMs: endedAtMs - struckAtMs, gapMs: log.longestGapMs(struckAtMs - 50, endedAtMs) };
}
