/**
 * Owns what is known of a scene once it was played: as it is printed, and as it goes into the results file.
 * Must not be changed afterwards.
 */
import type { FailoverPhases } from '../hapod/failover-phases.ts';

export interface SceneResult {
  readonly title: string;
  readonly passed: boolean;
  /** One sentence: what came of it, or why the scene failed. */
  readonly outcome: string;
  /** The longest time between two answers that the client got around the strike, in ms. */
  readonly gapMs: number | undefined;
  /** Connections of the client around the strike that got no answer. */
  readonly failedAttempts: number;
  /** Only after a failover whose timeline a controller could tell. */
  readonly phasesMs: FailoverPhases | undefined;
  /** Until the application had been told, from the record being written; it runs beside the phases. */
  readonly notifyMs: number | undefined;
  readonly from: string;
  readonly to: string;
  readonly epoch: { readonly before: number; readonly after: number };
  /** The controller that acted. */
  readonly controller: string | undefined;
}
