/**
 * Owns what scenes that are played at once have in common: one strike for all of them, when the last one is ready for it.
 * Must not know what the strike is.
 */

/** What has to happen once: resolves to the machine time (ms) of it. */
type Work = () => Promise<number> | number;

/** How a scene strikes what it shares with others. */
export type Once = (work: Work) => Promise<number>;

/** Of a scene that is played alone. */
export const alone: Once = async (work) => work();

export class Meeting {
  readonly #count: number;
  #arrived = 0;
  #round = Promise.withResolvers<number>();
  #isBrokenOff = false;

  constructor(count: number) {
    this.#count = count;
  }

  /** The last to come has its work done, and all get the moment. Everybody calls it equally often, for the same things. */
  readonly once: Once = (work) => {
    if (this.#isBrokenOff) return Promise.reject(brokenOff());
    const round = this.#round;
    this.#arrived += 1;
    if (this.#arrived === this.#count) {
      this.#arrived = 0;
      this.#round = Promise.withResolvers();
      alone(work).then(round.resolve, round.reject);
    }
    return round.promise;
  };

  /** One of them will not come any more: the others wait no longer. */
  breakOff(): void {
    this.#isBrokenOff = true;
    // Nobody may be waiting.
    this.#round.promise.catch(() => undefined);
    this.#round.reject(brokenOff());
  }
}

function brokenOff(): Error {
  return new Error('a scene that was played beside this one was broken off');
}
