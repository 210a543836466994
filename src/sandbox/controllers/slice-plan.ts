/**
 * Owns how the slices that there are become those that are wanted, with few writes: one with the same ports is kept,
 * any other of the same address type is used again, and only what is left over is made or goes.
 * Pure. Must not know why a slice is wanted. (endpointslice and endpointslicemirroring, reconciler.go)
 */
import { type JsonObject, listAt, numberAt, stringAt } from '../api/json.ts';
import type { StoredObject } from '../api/stored-object.ts';

export interface WantedSlice {
  readonly addressType: string;
  readonly ports: readonly JsonObject[];
  readonly endpoints: readonly JsonObject[];
}

export interface SlicePlan {
  readonly keep: readonly { readonly slice: StoredObject; readonly wanted: WantedSlice }[];
  readonly create: readonly WantedSlice[];
  readonly remove: readonly StoredObject[];
}

export function planSlices(present: readonly StoredObject[], wanted: readonly WantedSlice[]): SlicePlan {
  const left = new Set(present);
  const kept = new Map<WantedSlice, StoredObject>();
  const keep = (slice: StoredObject | undefined, each: WantedSlice) => {
    if (slice === undefined) return;
    left.delete(slice);
    kept.set(each, slice);
  };
  for (const each of wanted)
    keep(
      [...left].find((slice) => isLike(slice, each)),
      each,
    );
  for (const each of wanted.filter((one) => !kept.has(one)))
    keep(
      [...left].find((slice) => slice.addressType === each.addressType),
      each,
    );
  return {
    keep: [...kept].map(([each, slice]) => ({ slice, wanted: each })),
    create: wanted.filter((each) => !kept.has(each)),
    remove: [...left],
  };
}

function isLike(slice: StoredObject, { addressType, ports }: WantedSlice): boolean {
  return slice.addressType === addressType && portsKey(listAt(slice, 'ports')) === portsKey(ports);
}

/** The same for the same ports in any order. */
export function portsKey(ports: readonly unknown[]): string {
  return ports
    .map((port) =>
      JSON.stringify([
        stringAt(port, 'name') ?? '',
        numberAt(port, 'port'),
        stringAt(port, 'protocol'),
        stringAt(port, 'appProtocol'),
      ]),
    )
    .sort()
    .join();
}
