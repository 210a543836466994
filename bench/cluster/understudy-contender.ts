/**
 * Owns measuring the project's own controllers, as deploy/ puts them into a cluster, in one of their modes.
 * Must not judge: what was promised, the guarantees' checkers say.
 */
import type { Mode } from '../../src/api/singleton.ts';
import type { Cluster } from '../../test/cluster/cluster.ts';
import type { Machine } from '../../test/e2e/bed.ts';
import { putControllers } from '../../test/e2e/put-controllers.ts';
import { playScene, type Scene } from '../../test/e2e/scene/measure.ts';
import type { SceneResult } from '../../test/e2e/scene/scene-result.ts';
import { Troupe } from '../../test/e2e/scene/troupe.ts';
import { deployedControllers, Stage } from '../../test/e2e/stage.ts';
import { Calm, describePods } from './calm.ts';
import { type Company, type Contender, controllersCalmMs, type Figures } from './contender.ts';
import type { MeasuredScene } from './measured-scenes.ts';

/** As the tables name these controllers. */
export function ownName(mode: Mode): string {
  return `Understudy, ${mode}`;
}

/** One namespace for each application: what controllers remember of one does not touch the next. */
const namespacePrefix = 'bench-cluster-';

export class UnderstudyContender implements Contender {
  readonly name: string;
  readonly #cluster: Cluster;
  readonly #mode: Mode;
  #gathered = 0;

  constructor(cluster: Cluster, mode: Mode) {
    this.name = ownName(mode);
    this.#cluster = cluster;
    this.#mode = mode;
  }

  async put(): Promise<void> {
    // Somebody may have ended an earlier measurement in a way that left it no time.
    await this.takeAway();
    await putControllers(this.#cluster, deployedControllers);
    const stage = await Stage.open(this.#cluster);
    try {
      await stage.controllersInGoodOrder();
    } finally {
      await stage.close();
    }
  }

  canPlay({ needs }: MeasuredScene): boolean {
    return needs !== 'Direct' || this.#mode === 'Direct';
  }

  async gather(): Promise<Company> {
    const stage = await Stage.open(this.#cluster);
    this.#gathered += 1;
    try {
      await stage.controllersInGoodOrder();
      const namespace = `${namespacePrefix}${this.#mode.toLowerCase()}-${this.#gathered}`;
      const troupe = await Troupe.gather(stage, { namespace, mode: this.#mode });
      return new UnderstudyCompany(stage, troupe);
    } catch (error) {
      await stage.close();
      throw error;
    }
  }

  /** Applications; the controllers stay. */
  async takeAway(): Promise<void> {
    const names = await this.#cluster.runKubectl(['get', 'namespaces', '--output=name']);
    const own = names.split('\n').filter((name) => name.startsWith(`namespace/${namespacePrefix}`));
    if (own.length > 0) await this.#cluster.runKubectl(['delete', '--ignore-not-found', ...own]);
  }
}

class UnderstudyCompany implements Company {
  readonly stage: Stage;
  readonly #troupe: Troupe;
  readonly #calm: Calm;
  readonly #told = new Set<string>();
  #moved: readonly string[] = [];

  constructor(stage: Stage, troupe: Troupe) {
    this.stage = stage;
    this.#troupe = troupe;
    this.#calm = new Calm(stage.recorder, () => describePods(stage.controllers()));
  }

  get prober() {
    return this.#troupe.prober;
  }

  get election(): Figures {
    const result = this.#troupe.election;
    if (result === undefined) throw new TypeError('an application of its own has had its first election');
    return figuresOf(result);
  }

  readonly active = async () => (await this.#troupe.singleton.inGoodOrder()).active;

  readonly findControllers = () => this.stage.controllersInGoodOrder();

  async controllersCalm(): Promise<void> {
    await this.stage.controllersInGoodOrder();
    await this.#calm.reached(controllersCalmMs, 'the controllers', this.prober);
  }

  async play(scene: Scene): Promise<Figures> {
    const { result } = await playScene(scene, this.#troupe.singleton, this.prober);
    const { before, after } = result.epochs;
    if (scene.expected === 'nothing' && before !== after)
      this.#moved = [`the role moved from epoch ${before} to ${after}`];
    return figuresOf(result);
  }

  askFrom(machine: Machine): Promise<void> {
    return this.#troupe.askFrom({ machine });
  }

  async problems(): Promise<readonly string[]> {
    const all = [...this.#moved, ...(await this.#troupe.problems())];
    this.#moved = [];
    const fresh = all.filter((problem) => !this.#told.has(problem));
    for (const problem of fresh) this.#told.add(problem);
    return fresh;
  }

  async dismiss(): Promise<void> {
    this.#calm.stop();
    await this.#troupe.dismiss();
    await this.stage.close();
  }
}

function figuresOf(result: SceneResult): Figures {
  return { clients: result.connections, result };
}
