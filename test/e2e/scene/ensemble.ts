/**
 * Owns a singleton in each mode, through the same scenes at the same time: what strikes a cluster strikes both of them, and a
 * suite takes no longer for two. Must not know what a scene strikes.
 */
import type { Mode } from '../../../src/api/singleton.ts';
import type { SingletonOptions } from '../singleton/create-singleton.ts';
import { modes } from '../singleton/manifests.ts';
import type { Stage } from '../stage.ts';
import { Meeting, type Once } from './meeting.ts';
import { Troupe } from './troupe.ts';

export interface Part {
  /** That in which the singleton was made. */
  readonly mode: Mode;
  /** For what is to happen once, to both. */
  readonly once: Once;
}

export class Ensemble {
  readonly #troupes: ReadonlyMap<Mode, Troupe>;

  private constructor(troupes: ReadonlyMap<Mode, Troupe>) {
    this.#troupes = troupes;
  }

  /** Each in a namespace of its own. */
  static async gather(stage: Stage, options: Omit<SingletonOptions, 'mode'>): Promise<Ensemble> {
    const troupes = new Map<Mode, Troupe>();
    const ensemble = new Ensemble(troupes);
    try {
      await inEach(modes, async (mode) => {
        const namespace = `${options.namespace}-${mode.toLowerCase()}`;
        troupes.set(mode, await Troupe.gather(stage, { ...options, namespace, mode }));
      });
      return ensemble;
    } catch (error) {
      await ensemble.dismiss();
      throw error;
    }
  }

  get troupes(): readonly Troupe[] {
    return [...this.#troupes.values()];
  }

  /** Plays both at once, and rejects when both have ended. */
  each(play: (troupe: Troupe, part: Part) => Promise<void>): Promise<void> {
    const meeting = new Meeting(this.#troupes.size);
    return inEach([...this.#troupes.keys()], async (mode) => {
      const troupe = this.#troupes.get(mode);
      if (troupe === undefined) return;
      try {
        await play(troupe, { mode, once: meeting.once });
      } catch (error) {
        meeting.breakOff();
        throw error;
      }
    });
  }

  async dismiss(): Promise<void> {
    await Promise.all(this.troupes.map((troupe) => troupe.dismiss()));
  }
}

/** Rejects when all have ended, with what failed in which mode. */
async function inEach(played: readonly Mode[], work: (mode: Mode) => Promise<void>): Promise<void> {
  const outcomes = await Promise.allSettled(played.map(work));
  const failures = outcomes.flatMap((outcome, index) =>
    outcome.status === 'rejected' ? [`in ${played[index]} mode: ${describe(outcome.reason)}`] : [],
  );
  if (failures.length > 0) throw new AggregateError(failedReasons(outcomes), failures.join('\n'));
}

function failedReasons(outcomes: readonly PromiseSettledResult<void>[]): readonly unknown[] {
  return outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
}

function describe(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}
