/**
 * Owns the reading of a node: whether the API says that it is ready, and whether pods are told to leave it.
 * Must not read the rest: a node object is large and changes every few seconds.
 */
import { asObject, items, optionalBoolean, optionalObject, requiredString } from './decode.ts';
import { decodeMeta, type ObjectMeta } from './decode-meta.ts';

export interface NodeTaint {
  readonly key: string;
  /** NoSchedule, PreferNoSchedule or NoExecute. */
  readonly effect: string;
}

export interface NodeObject extends ObjectMeta {
  /** The Ready condition. `Unknown` also when there is none: the node has never reported. */
  readonly ready: 'True' | 'False' | 'Unknown';
  readonly unschedulable: boolean;
  readonly taints: readonly NodeTaint[];
  /** Its network is Cilium's, as that says in the condition NetworkUnavailable (Cilium: --set-cilium-is-up-condition). */
  readonly hasCilium: boolean;
}

export function decodeNode(raw: unknown): NodeObject {
  const node = asObject(raw);
  const spec = optionalObject(node, 'spec', '');
  const conditions = items(optionalObject(node, 'status', ''), 'conditions', 'status', (item) => item);
  const network = conditions.find((condition) => condition.type === 'NetworkUnavailable');
  const ready = conditions.find((condition) => condition.type === 'Ready')?.status;
  return {
    ...decodeMeta(raw),
    ready: ready === 'True' || ready === 'False' ? ready : 'Unknown',
    hasCilium: network?.reason === 'CiliumIsUp',
    unschedulable: optionalBoolean(spec, 'unschedulable', 'spec') ?? false,
    taints: items(spec, 'taints', 'spec', (taint) => ({
      key: requiredString(taint, 'key', ''),
      effect: requiredString(taint, 'effect', ''),
    })),
  };
}
