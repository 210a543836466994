/**
 * Owns the demonstration: boot, five scenes one after the other, the table, and staying up for whoever looks around.
 * Must not leave anything behind: however it ends, the cluster ends with it.
 */
import { performance } from 'node:perf_hooks';
import { HapodCluster } from '../hapod/hapod-cluster.ts';
import type { ReadinessTiming } from '../hapod/overlay.ts';
import { milliseconds } from '../terminal/milliseconds.ts';
import type { Screen } from '../terminal/screen.ts';
import { playScene } from './play-scene.ts';
import { announcementLine, legend, resultLines, resultTable } from './report.ts';
import { scenes } from './scene.ts';
import type { SceneResult } from './scene-result.ts';
import { TakeoverLog } from './takeover-log.ts';

/** Short enough to watch, long enough that a pod is Ready only some time after it runs. */
const readiness: ReadinessTiming = { initialDelaySeconds: 1, periodSeconds: 1 };
const clientEveryMs = 5;

/** Eight processes start, on a machine that may have one core to spare. */
const bootWithinMs = 60_000;
const recoveredWithinMs = 30_000;

export interface DemoResult {
  readonly passed: boolean;
  /** From the start of this process to the strike of the first scene, in ms. */
  readonly firstFailoverAtMs: number | undefined;
  readonly readiness: { readonly verbatim: Partial<ReadinessTiming>; readonly demo: ReadinessTiming };
  readonly clientEveryMs: number;
  readonly scenes: readonly SceneResult[];
}

export class Demo {
  readonly cluster: HapodCluster;
  readonly #screen: Screen;
  readonly #signal: AbortSignal;

  private constructor(cluster: HapodCluster, screen: Screen, signal: AbortSignal) {
    this.cluster = cluster;
    this.#screen = screen;
    this.#signal = signal;
  }

  /** Boots the sandbox with the ancestor's set. The signal ends every wait of the demo with its reason. */
  static async start(screen: Screen, signal: AbortSignal): Promise<Demo> {
    const { bold, dim } = screen.palette;
    screen.line();
    screen.line(
      ` ${bold('Understudy')}  one active pod, a warm standby beside it, a takeover in milliseconds`,
    );
    screen.line();
    screen.waiting('the sandbox: a Kubernetes API, two nodes, a service proxy, all in this process');
    const cluster = await HapodCluster.start({ pleg: 'real', readiness, clientEveryMs });
    for (const line of settingLines(cluster)) screen.line(` ${dim(line)}`);
    screen.line();
    return new Demo(cluster, screen, signal);
  }

  /** Plays the five scenes. Rejects only when the set does not come into good order, or the signal ends it. */
  async play(): Promise<DemoResult> {
    const results: SceneResult[] = [];
    let firstFailoverAtMs: number | undefined;
    for (const [index, scene] of scenes.entries()) {
      const standing = await this.#goodOrder(index === 0 ? bootWithinMs : recoveredWithinMs);
      firstFailoverAtMs ??= performance.now();
      this.#screen.line(announcementLine(index + 1, scene, standing, this.#screen.palette));
      const result = await playScene(scene, standing, {
        cluster: this.cluster,
        signal: this.#signal,
        waitingFor: (what) => this.#screen.waiting(what),
      });
      for (const line of resultLines(result, this.#screen.palette)) this.#screen.line(line);
      results.push(result);
    }
    this.#screen.waiting('');
    return {
      passed: results.every(({ passed }) => passed),
      firstFailoverAtMs,
      readiness: { verbatim: this.cluster.verbatimReadiness, demo: readiness },
      clientEveryMs,
      scenes: results,
    };
  }

  /** The table of all scenes. */
  showTable({ scenes: results, passed, firstFailoverAtMs }: DemoResult): void {
    const { palette } = this.#screen;
    const passedCount = results.filter((result) => result.passed).length;
    const verdict = `${passedCount} of ${results.length} scenes passed`;
    this.#screen.line();
    for (const line of resultTable(results, palette)) this.#screen.line(line);
    this.#screen.line();
    for (const line of legend) this.#screen.line(palette.dim(line));
    this.#screen.line();
    const seconds = `${milliseconds((firstFailoverAtMs ?? 0) / 1000)} s`;
    const painted = passed ? palette.good(verdict) : palette.bad(verdict);
    this.#screen.line(
      ` ${palette.bold(painted)}${palette.dim(` · first failover ${seconds} after the start`)}`,
    );
  }

  /** Says how to reach what still runs. */
  showWayIn(): void {
    const { accent, dim } = this.#screen.palette;
    this.#screen.line();
    this.#screen.line(' The cluster stays up. In another terminal:');
    this.#screen.line();
    this.#screen.line(`   ${accent(`export KUBECONFIG=${this.cluster.sandbox.kubeconfigPath}`)}`);
    this.#screen.line(`   ${accent('kubectl get pods -L app,role -w')}`);
    this.#screen.line(
      `   ${accent('kubectl delete --force $(kubectl get pod -l app=hapod,role=active -o name)')}`,
    );
    this.#screen.line();
    this.#screen.line(` ${dim('Ctrl-C ends it and leaves nothing behind. What the client sees meanwhile:')}`);
    this.#screen.line();
  }

  /** From now on, a line whenever the client is answered by another pod than before. */
  showTakeovers(): void {
    const { log } = this.cluster.client;
    const takeovers = new TakeoverLog();
    takeovers.add(log.attempts);
    log.subscribe((added) => {
      for (const { from, to, gapMs } of takeovers.add(added)) {
        this.#screen.line(`   ${to} answers instead of ${from}, gap ${milliseconds(gapMs)} ms`);
      }
    });
  }

  async #goodOrder(withinMs: number) {
    const onMissing = (missing: string) => this.#screen.waiting(missing);
    const standing = await this.cluster.inGoodOrder({ withinMs, onMissing, signal: this.#signal });
    this.#screen.waiting('');
    return standing;
  }
}

function settingLines({ sandbox, service, verbatimReadiness }: HapodCluster): string[] {
  const { initialDelaySeconds } = verbatimReadiness;
  return [
    `sandbox    ${sandbox.url}, two nodes; a crash is noticed 0–1 s late, as by real kubelets`,
    `manifests  examples/hapod, with one overlay: pods are Ready after ${readiness.initialDelaySeconds} s instead of ${initialDelaySeconds} s`,
    `client     a new TCP connection to myhaservice (${service.host}:${service.port}) every ${clientEveryMs} ms`,
  ];
}
