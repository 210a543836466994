/**
 * Owns the reading of what else selects pods: workloads, disruption budgets and Services.
 * Must not judge whether it stands in the way.
 */
import { asObject, optionalBoolean, optionalObject, optionalString } from '../../kube/decode.ts';
import { controllerUid, decodeMeta, type ObjectMeta } from '../../kube/decode-meta.ts';
import { decodeService, type ServiceObject } from '../../kube/decode-service.ts';
import { decodeLabelSelector, type LabelSelector } from '../../kube/label-selector.ts';

/** A workload or a disruption budget. */
export interface SelectingObject extends ObjectMeta {
  readonly kind: string;
  readonly selector: LabelSelector | undefined;
  /** Its controlling owner, such as a ReplicaSet's Deployment. */
  readonly ownerUid: string | undefined;
}

export interface ReachingService extends Omit<ServiceObject, 'selector'> {
  /** Empty where it selects nobody. */
  readonly selector: Readonly<Record<string, string>>;
  /** It also reaches pods that are not Ready, or leaving. */
  readonly publishNotReadyAddresses: boolean;
  /** An ExternalName reaches no pods. */
  readonly isExternal: boolean;
}

/** `kind` as people call it: the items of a list don't carry theirs. Throws a DecodeError. */
export function decodeSelectingObject(raw: unknown, kind: string): SelectingObject {
  const object = asObject(raw);
  return {
    ...decodeMeta(raw),
    kind,
    selector: decodeLabelSelector(optionalObject(object, 'spec', ''), 'selector'),
    ownerUid: controllerUid(optionalObject(object, 'metadata', '') ?? {}),
  };
}

/** Throws a DecodeError. */
export function decodeReachingService(raw: unknown): ReachingService {
  const spec = optionalObject(asObject(raw), 'spec', '');
  const service = decodeService(raw);
  return {
    ...service,
    selector: service.selector ?? {},
    publishNotReadyAddresses: optionalBoolean(spec, 'publishNotReadyAddresses', 'spec') ?? false,
    isExternal: optionalString(spec, 'type', 'spec') === 'ExternalName',
  };
}
