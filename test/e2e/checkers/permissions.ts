/**
 * Owns the check of a ClusterRole against what was really asked for: everything used is granted, everything granted is
 * used, nothing was refused. Must not know what a right is for.
 */
import { asObject, items, type JsonObject } from '../../../src/kube/decode.ts';
import type { AuditEntry } from '../audit/decode-audit-event.ts';

const forbidden = 403;

/** The rights of a ClusterRole object, each as `verb resource.group` or `verb resource/subresource.group`. */
function grantedRights(clusterRole: JsonObject): ReadonlySet<string> {
  const rights = items(clusterRole, 'rules', '', (rule) =>
    strings(rule, 'apiGroups').flatMap((group) =>
      strings(rule, 'resources').flatMap((resource) =>
        strings(rule, 'verbs').map((verb) => right(verb, resource, group)),
      ),
    ),
  );
  return new Set(rights.flat());
}

/** The rights that these requests needed. What is no resource needs none of this kind. */
function usedRights(entries: readonly AuditEntry[]): ReadonlySet<string> {
  return new Set(entries.flatMap((entry) => rightOf(entry) ?? []));
}

/** One sentence for each violation. */
export function permissionProblems(
  entries: readonly AuditEntry[],
  clusterRole: JsonObject,
): readonly string[] {
  const granted = grantedRights(asObject(clusterRole));
  const used = usedRights(entries);
  const refused = new Set(entries.filter(({ code }) => code === forbidden).map((entry) => textOf(entry)));
  return [
    ...[...used].filter((each) => !granted.has(each)).map((each) => `used and not granted: ${each}`),
    ...[...granted].filter((each) => !used.has(each)).map((each) => `granted and never used: ${each}`),
    ...[...refused].map((each) => `refused: ${each}`),
  ];
}

function rightOf({ verb, target }: AuditEntry): string | undefined {
  if (target === undefined) return undefined;
  const { resource, subresource, group } = target;
  return right(verb, subresource === undefined ? resource : `${resource}/${subresource}`, group);
}

function textOf(entry: AuditEntry): string {
  return rightOf(entry) ?? `${entry.verb} ${entry.path}`;
}

function right(verb: string, resource: string, group: string): string {
  return `${verb} ${group === '' ? resource : `${resource}.${group}`}`;
}

function strings(rule: JsonObject, key: string): readonly string[] {
  const list = rule[key];
  return Array.isArray(list) ? list.filter((value) => typeof value === 'string') : [];
}
