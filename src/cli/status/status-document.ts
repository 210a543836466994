/**
 * Owns the shape of `status -o json`, for scripts: fields are added to it, never renamed or taken away.
 * Must not leave a field out: what is not there is null.
 */
import type { Move, SingletonStatus } from '../../api/singleton.ts';
import type { SeenSingleton } from '../cluster/seen-singleton.ts';

export interface StatusDocument {
  readonly namespace: string;
  readonly name: string;
  /** `adopted`: by a controller's flag, without a Singleton object; then there are no conditions, history or counts. */
  readonly managed: 'singleton' | 'adopted';
  readonly paused: boolean;
  readonly mode: string | null;
  readonly active: {
    readonly pod: string;
    readonly uid: string;
    readonly node: string | null;
    readonly epoch: number;
    readonly since: string;
  } | null;
  readonly epoch: number | null;
  readonly ready: string | null;
  readonly standbys: readonly {
    readonly pod: string;
    readonly node: string | null;
    readonly fit: boolean;
    readonly because: string;
  }[];
  readonly because: { readonly code: string; readonly sentence: string } | null;
  readonly conditions: readonly {
    readonly type: string;
    readonly status: string;
    readonly reason: string;
    readonly message: string;
    readonly lastTransitionTime: string;
  }[];
  /** Newest first. */
  readonly history: readonly MoveDocument[];
  readonly failovers: number | null;
  readonly switchovers: number | null;
}

interface MoveDocument {
  readonly kind: string;
  readonly from: string | null;
  readonly to: string;
  readonly epoch: number;
  readonly at: string;
  readonly by: string;
  readonly because: { readonly code: string; readonly sentence: string };
  readonly phasesMs: Readonly<Record<string, number>>;
}

export function statusDocument(one: SeenSingleton): StatusDocument {
  const { namespace, name, status } = one;
  const isManaged = one.kind === 'managed';
  return {
    namespace,
    name,
    managed: isManaged ? 'singleton' : 'adopted',
    paused: isManaged && one.object.spec.paused,
    mode: status?.mode ?? null,
    active: activeDocument(status),
    epoch: status?.epoch ?? null,
    ready: status?.ready ?? null,
    standbys: (status?.standbys ?? []).map((standby) => ({ ...standby, node: standby.node ?? null })),
    because: status?.because ?? null,
    conditions: (status?.conditions ?? []).map(({ observedGeneration: _generation, ...shown }) => shown),
    history: (status?.history ?? []).map(moveDocument),
    failovers: isManaged ? (status?.failovers ?? null) : null,
    switchovers: isManaged ? (status?.switchovers ?? null) : null,
  };
}

function activeDocument(status: SingletonStatus | undefined): StatusDocument['active'] {
  const active = status?.active;
  return active === undefined ? null : { ...active, node: active.node ?? null };
}

function moveDocument({ kind, from, to, epoch, at, by, because, phasesMs }: Move): MoveDocument {
  return { kind, from: from ?? null, to, epoch, at, by, because, phasesMs };
}
