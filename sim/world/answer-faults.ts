/**
 * Owns what becomes of single requests of the controllers: most are answered, some are refused, lost, late, or answered
 * wrongly after they were carried out.
 * Must not act: api-connection.ts does.
 */
import type { ApiRequest, ApiResponse } from '../../src/kube/transport.ts';
import type { Random } from '../../src/time/clock.ts';

export type AnswerVerdict =
  | { readonly kind: 'none' }
  /** The server does nothing, and says so. */
  | { readonly kind: 'refused'; readonly response: ApiResponse }
  /** Carried out, and answered as if it had failed. */
  | { readonly kind: 'failed'; readonly response: ApiResponse }
  | { readonly kind: 'lost'; readonly isActedOn: boolean }
  | { readonly kind: 'late'; readonly lateMs: number };

export type AnswerTrouble = 'throttled' | 'failing' | 'failing-after-acting' | 'losing' | 'late';

const none: AnswerVerdict = { kind: 'none' };

/** Of requests while there is trouble. */
const troubledShare = 0.4;
const lateMsMax = 700;

export class AnswerFaults {
  readonly #random: Random;
  #trouble: AnswerTrouble | undefined;

  constructor(random: Random) {
    this.#random = random;
  }

  begin(trouble: AnswerTrouble): void {
    this.#trouble = trouble;
  }

  end(): void {
    this.#trouble = undefined;
  }

  verdictOn(request: ApiRequest): AnswerVerdict {
    if (this.#trouble === undefined || this.#random.fraction() > troubledShare) return none;
    return this.#troubled(this.#trouble, request);
  }

  #troubled(trouble: AnswerTrouble, request: ApiRequest): AnswerVerdict {
    switch (trouble) {
      case 'throttled':
        return { kind: 'refused', response: status(429, 'TooManyRequests', 1_000) };
      case 'failing':
        return { kind: 'refused', response: status(500, 'InternalError') };
      case 'failing-after-acting':
        return request.method === 'GET'
          ? { kind: 'refused', response: status(503, 'ServiceUnavailable') }
          : { kind: 'failed', response: status(504, 'Timeout') };
      case 'losing':
        return { kind: 'lost', isActedOn: this.#random.fraction() < 0.5 };
      case 'late':
        return { kind: 'late', lateMs: this.#random.fraction() * lateMsMax };
    }
  }
}

function status(code: number, reason: string, retryAfterMs?: number): ApiResponse {
  const body = JSON.stringify({ kind: 'Status', code, reason, message: `simulated: ${reason}` });
  return { status: code, retryAfterMs, body };
}
