/**
 * Owns why a controller is not ready, one sentence each.
 * Must not look for itself: it is told what there is.
 */
import type { Sight } from '../core/view.ts';

export interface Readiness {
  /** Without these it can't do its work. */
  readonly missingPermissions: readonly string[];
  /** Kinds that the API server does not have. */
  readonly unknownKinds: readonly string[];
  readonly sight: Sight;
  /** Everything that deciding needs has been seen once. */
  readonly synced: boolean;
}

export const blindSentences = {
  'not-synced': 'the first complete picture has not arrived yet',
  'connection-silent': 'the API server does not answer',
  'heartbeat-missing': 'the own heartbeat does not come back on the watch',
} as const;

/** Empty where it is ready. */
export function whyUnready({
  missingPermissions,
  unknownKinds,
  sight,
  synced,
}: Readiness): readonly string[] {
  const blind = sight.kind === 'blind' ? sight.because : synced ? undefined : 'not-synced';
  return [
    ...missingPermissions.map((sentence) => `permission missing: ${sentence}`),
    ...unknownKinds.map((kind) => `the API server has no ${kind}: was deploy/crd.yaml applied?`),
    ...(blind === undefined ? [] : [blindSentences[blind]]),
  ];
}
