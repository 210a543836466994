/**
 * Owns the check of the controllers' roles against what was really asked for: everything used is granted, everything
 * granted is used, nothing was refused. Must not know what a right is for.
 */
import { items, type JsonObject } from '../../../src/kube/decode.ts';
import type { AuditEntry } from '../audit/decode-audit-event.ts';

/** An answer below this was allowed and done. */
const refusalMin = 400;

/** A Role or a ClusterRole object, and where it is bound. */
export interface Grant {
  readonly role: JsonObject;
  /** Undefined: everywhere. */
  readonly namespace: string | undefined;
}

/** One sentence for each violation. Rights are `verb resource.group` or `verb resource/subresource.group`. */
export function permissionProblems(
  entries: readonly AuditEntry[],
  grants: readonly Grant[],
): readonly string[] {
  const granted = grants.flatMap(({ role, namespace }) =>
    grantedRights(role).map((right) => ({ right, namespace, isUsed: false })),
  );
  const missing = new Set<string>();
  for (const entry of entries) {
    const right = rightOf(entry);
    if (right === undefined) continue;
    // The wider grant first: what it covers needs no other one.
    const [grant] = granted
      .filter((each) => each.right === right && covers(each.namespace, entry))
      .toSorted((left) => (left.namespace === undefined ? -1 : 1));
    if (grant === undefined) missing.add(`${right}${placeOf(entry.target?.namespace)}`);
    else grant.isUsed = true;
  }
  const unused = granted
    .filter(({ isUsed }) => !isUsed)
    .map(({ right, namespace }) => `${right}${placeOf(namespace)}`);
  const allowed = new Set(entries.filter(({ code }) => code < refusalMin).map(rightOf));
  // An API server that has just started refuses by RBAC what it has not yet read the roles for. What was allowed at another
  // time is granted and bound, and its refusal says nothing of the roles.
  const refused = entries
    .filter((entry) => entry.isForbidden && !allowed.has(rightOf(entry)))
    .map((entry) => textOf(entry));
  return [
    ...[...missing].map((each) => `used and not granted: ${each}`),
    ...unused.map((each) => `granted and never used: ${each}`),
    ...[...new Set(refused)].map((each) => `refused: ${each}`),
  ];
}

function covers(namespace: string | undefined, { target }: AuditEntry): boolean {
  return namespace === undefined || namespace === target?.namespace;
}

function placeOf(namespace: string | undefined): string {
  return namespace === undefined ? '' : ` in ${namespace}`;
}

function grantedRights(role: JsonObject): readonly string[] {
  return items(role, 'rules', '', (rule) =>
    strings(rule, 'apiGroups').flatMap((group) =>
      strings(rule, 'resources').flatMap((resource) =>
        strings(rule, 'verbs').map((verb) => rightText(verb, resource, group)),
      ),
    ),
  ).flat();
}

/** Undefined for what is no resource: it needs no right of this kind. */
function rightOf({ verb, target }: AuditEntry): string | undefined {
  if (target === undefined) return undefined;
  const { resource, subresource, group } = target;
  return rightText(verb, subresource === undefined ? resource : `${resource}/${subresource}`, group);
}

function textOf(entry: AuditEntry): string {
  return `${rightOf(entry) ?? `${entry.verb} ${entry.path}`}${placeOf(entry.target?.namespace)}`;
}

function rightText(verb: string, resource: string, group: string): string {
  return `${verb} ${group === '' ? resource : `${resource}.${group}`}`;
}

function strings(rule: JsonObject, key: string): readonly string[] {
  const list = rule[key];
  return Array.isArray(list) ? list.filter((value) => typeof value === 'string') : [];
}
