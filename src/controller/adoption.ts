/**
 * Owns how pods are adopted without a Singleton object: a label selector from the command line, and the name it gives.
 * Must not watch anything.
 */

export interface Adoption {
  /** As a Kubernetes label selector, `app=hapod` or `app=hapod,tier=feed`. */
  readonly selector: string;
  /** The name of the singleton in each namespace: a pure function of the selector, so that all controllers agree. */
  readonly singletonName: string;
}

export type ParsedAdoption =
  | { readonly kind: 'adoption'; readonly adoption: Adoption }
  | { readonly kind: 'invalid'; readonly message: string };

/** The one label whose value alone names a singleton: with two of them, two selectors could give one name. */
const namingLabel = 'app';

/** Stands for all Singletons among the names of a group. */
const declaredGroup = 'singletons';

/** A Lease name is a DNS subdomain of at most 253 characters; ours starts with `understudy-` and stays readable. */
const longestName = 63;

/** Reads `KEY=VALUE[,KEY=VALUE]`. */
export function parseAdoption(text: string): ParsedAdoption {
  const pairs: { readonly key: string; readonly value: string }[] = [];
  for (const part of text.split(',')) {
    const pair = parsePair(part.trim());
    if (pair === undefined)
      return invalid(text, `"${part.trim()}" is not KEY=VALUE with a valid label key and value`);
    if (pair.key === 'role')
      return invalid(text, 'the label role is what changes: it cannot select the members');
    if (pairs.some((other) => other.key === pair.key))
      return invalid(text, `the key ${pair.key} stands there twice`);
    pairs.push(pair);
  }
  pairs.sort((left, right) => (left.key < right.key ? -1 : 1));
  const selector = pairs.map((pair) => `${pair.key}=${pair.value}`).join(',');
  return { kind: 'adoption', adoption: { selector, singletonName: nameOf(pairs, selector) } };
}

/** Its selector, by label. */
export function matchLabelsOf({ selector }: Pick<Adoption, 'selector'>): Readonly<Record<string, string>> {
  const pairs = selector.split(',').map(parsePair);
  return Object.fromEntries(pairs.flatMap((pair) => (pair === undefined ? [] : [[pair.key, pair.value]])));
}

/** Which controllers form a pair: those that look after the same pods in the same namespaces. Fit for a label's value. */
export function groupOf({
  adoptions,
  singletons,
  namespaces,
}: {
  readonly adoptions: readonly Adoption[];
  readonly singletons: boolean;
  readonly namespaces: readonly string[];
}): string {
  const adopted = adoptions.map(({ singletonName }) => singletonName).sort();
  const names = singletons ? [...adopted, declaredGroup] : adopted;
  const [first] = names;
  if (first === undefined) return 'none';
  if (names.length === 1 && namespaces.length === 0) return first;
  const all = `${names.join(',')} in ${[...namespaces].sort().join(',')}`;
  return `${first.slice(0, longestName - 9)}-${fingerprint(all)}`;
}

function invalid(text: string, because: string): ParsedAdoption {
  return { kind: 'invalid', message: `cannot adopt by "${text}": ${because}` };
}

/** Label syntax: kubernetes.io/docs/concepts/overview/working-with-objects/labels, "Syntax and character set". */
function parsePair(part: string): { readonly key: string; readonly value: string } | undefined {
  const match =
    /^((?:[a-z0-9.-]{1,253}\/)?[A-Za-z0-9](?:[\w.-]{0,61}[A-Za-z0-9])?)==?([A-Za-z0-9](?:[\w.-]{0,61}[A-Za-z0-9])?)$/.exec(
      part,
    );
  const [, key, value] = match ?? [];
  return key === undefined || value === undefined ? undefined : { key, value };
}

function nameOf(
  pairs: readonly { readonly key: string; readonly value: string }[],
  selector: string,
): string {
  const [first] = pairs;
  if (pairs.length === 1 && first !== undefined && first.key === namingLabel && isDnsLabel(first.value))
    return first.value;
  const readable = selector
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, longestName - 9)
    .replace(/^-|-$/g, '');
  return `${readable}-${fingerprint(selector)}`;
}

function isDnsLabel(text: string): boolean {
  return /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(text);
}

/** FNV-1a, 32 bits: keeps selectors apart whose readable names would be the same. */
function fingerprint(text: string): string {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}
