/**
 * Owns what all controllers share: what they are given, and the few ways to read an object that several need.
 * Must not hold a controller's rules.
 */
import type { Clock } from '../../time/clock.ts';
import type { StoreEvent } from '../api/collection.ts';
import { listAt, stringAt, stringsAt } from '../api/json.ts';
import type { OwnerReference, StoredObject } from '../api/stored-object.ts';
import type { EventRecorder } from '../event-recorder.ts';
import type { StoreLink } from '../store-link.ts';
import type { KnownPods } from './known-pods.ts';
import type { SelectingObjects } from './selecting-objects.ts';

export interface ControllerContext {
  readonly link: StoreLink;
  readonly clock: Clock;
  readonly pods: KnownPods;
  /** The Services that select pods. */
  readonly services: SelectingObjects;
  recorder(component: string): EventRecorder;
}

export interface Controller {
  close(): void;
}

/** "namespace/name", as client-go writes keys. */
export function keyOf({ metadata }: StoredObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

export function splitKey(key: string): readonly [namespace: string, name: string] {
  const slash = key.indexOf('/');
  return [key.slice(0, slash), key.slice(slash + 1)];
}

export function controllerOf(object: StoredObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((owner) => owner.controller === true);
}

export function controllerReference(owner: StoredObject): OwnerReference {
  const { apiVersion, kind, metadata } = owner;
  return {
    apiVersion,
    kind,
    name: metadata.name,
    uid: metadata.uid,
    controller: true,
    blockOwnerDeletion: true,
  };
}

export function isLeaving(object: StoredObject): boolean {
  return object.metadata.deletionTimestamp !== undefined;
}

export function phaseOf(pod: StoredObject): string {
  return stringAt(pod, 'status', 'phase') ?? 'Pending';
}

export function isTerminal(pod: StoredObject): boolean {
  const phase = phaseOf(pod);
  return phase === 'Succeeded' || phase === 'Failed';
}

/** A condition's status; undefined without such a condition. */
export function conditionStatus(object: StoredObject, type: string): string | undefined {
  return stringAt(condition(object, type), 'status');
}

export function conditionSince(object: StoredObject, type: string): string | undefined {
  return stringAt(condition(object, type), 'lastTransitionTime');
}

function condition(object: StoredObject, type: string) {
  return listAt(object, 'status', 'conditions').find((each) => stringAt(each, 'type') === type);
}

export function isPodReady(pod: StoredObject): boolean {
  return conditionStatus(pod, 'Ready') === 'True';
}

export function nodeNameOf(pod: StoredObject): string {
  return stringAt(pod, 'spec', 'nodeName') ?? '';
}

/** Empty for a Service without a selector. */
export function selectorLabels(service: StoredObject): Readonly<Record<string, string>> {
  return stringsAt(service, 'spec', 'selector');
}

/** Runs it with the object as it is, and as it was where its labels were others: both may be somebody's. */
export function forBothLabels({ object, previous }: StoreEvent, run: (object: StoredObject) => void): void {
  run(object);
  if (previous !== undefined && previous.metadata.labels !== object.metadata.labels) run(previous);
}
