/**
 * Owns a request for a switchover, as it stands on a Singleton, from when it is seen until it is answered.
 * Must not decide on it.
 */
import type { SingletonObject } from '../api/decode-singleton.ts';
import type { Answer } from '../core/decision.ts';
import { type Epoch, parseEpoch } from '../core/identity.ts';
import type { PresentRecord } from '../core/record.ts';
import type { SwitchoverRequest } from '../core/view.ts';
import { mergePatchRequest, objectPatch } from '../kube/request.ts';
import { SINGLETONS } from '../kube/resources.ts';
import { type ApiCalls, describeFailure } from './api-calls.ts';
import type { Log } from './log.ts';
import { words } from './words.ts';

export interface RequestDeskOptions {
  readonly calls: ApiCalls;
  readonly log: Log;
  /** It stands on the Singleton now. */
  readonly onAnswered: (answer: Answer) => void;
  readonly onBug: (error: unknown) => void;
}

/** A request, the epoch of which may not be known yet. */
type Asked = Omit<SwitchoverRequest, 'atEpoch'> & { readonly atEpoch: Epoch | undefined };

/** What a record says of who has the role. */
export type KnownRole = Pick<PresentRecord, 'epoch' | 'holder'>;

export class RequestDesk {
  readonly #options: RequestDeskOptions;
  #text: string | undefined;
  #asked: Asked | undefined;
  #object: SingletonObject | undefined;
  /** The version of the Singleton that was answered, or is being. */
  #answeredVersion: string | undefined;

  constructor(options: RequestDeskOptions) {
    this.#options = options;
  }

  /**
   * As it stands now; undefined where nobody asks. `role` is the record's, where it is known: a request that names no epoch
   * is about the one at which it was read, or else the first one that is known, and until then about nothing.
   */
  request(role: KnownRole | undefined): SwitchoverRequest | undefined {
    const asked = this.#asked;
    if (asked === undefined) return undefined;
    const atEpoch = asked.atEpoch ?? role?.epoch;
    if (atEpoch === undefined) return undefined;
    const isStill = role !== undefined && role.epoch <= atEpoch;
    const request = { ...asked, atEpoch, from: asked.from ?? (isStill ? role.holder?.uid : undefined) };
    this.#asked = request;
    return request;
  }

  /** A version of the Singleton. `epoch` as for `request`. */
  read(object: SingletonObject, epoch: Epoch | undefined): void {
    this.#object = object;
    const text = object.annotations[words.switchover]?.trim();
    if (text === this.#text) return;
    this.#text = text;
    this.#asked = text === undefined || text === '' ? undefined : this.#parse(text, epoch);
  }

  /** The request is over: it is taken away, and what became of it is written beside it. */
  answer(answer: Answer): void {
    const object = this.#object;
    if (object === undefined || this.#text === undefined) return;
    if (this.#answeredVersion === object.resourceVersion) return;
    this.#answeredVersion = object.resourceVersion;
    const { namespace, name, uid, resourceVersion } = object;
    const result = `${answer.kind}: ${answer.sentence}`;
    const annotations = { [words.switchover]: null, [words.switchoverResult]: result };
    // A newer request than the one that was seen stays.
    const patch = objectPatch({ uid, resourceVersion }, { metadata: { annotations } });
    this.#options.calls
      .send(mergePatchRequest(SINGLETONS, { namespace, name, patch }), { urgency: 'later' })
      .then((outcome) => {
        if (outcome.kind === 'ok') this.#options.onAnswered(answer);
        if (outcome.kind === 'ok' || outcome.kind === 'conflict' || outcome.kind === 'notFound') return;
        this.#answeredVersion = undefined;
        this.#options.log.write('warn', `the request for a switchover of ${name} was not answered`, {
          because: describeFailure(outcome),
        });
      })
      .catch(this.#options.onBug);
  }

  #parse(text: string, epoch: Epoch | undefined): Asked {
    const [target = '', given] = text.split('@');
    const to = target === 'best' ? undefined : target;
    return { to, atEpoch: parseEpoch(given) ?? epoch, from: undefined };
  }
}
