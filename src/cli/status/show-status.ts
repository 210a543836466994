/**
 * Owns what the command `status` does without --watch: it reads once, and prints.
 * Must not parse flags (status-command.ts) nor lay out a line.
 */
import { type CommandSession, complain, print, styleOf } from '../cluster/command-session.ts';
import { noDefinition, readSingleton, readSingletons } from '../cluster/read-singletons.ts';
import type { SeenSingleton } from '../cluster/seen-singleton.ts';
import { statusDocument } from './status-document.ts';
import { statusPage } from './status-page.ts';
import { statusTable } from './status-table.ts';

export interface StatusRequest {
  /** Undefined: of all namespaces. */
  readonly namespace: string | undefined;
  /** Undefined: all there are. Only together with a namespace. */
  readonly name: string | undefined;
  readonly format: 'text' | 'json';
}

/** Resolves to the exit code. */
export async function showStatus(session: CommandSession, request: StatusRequest): Promise<number> {
  const { namespace, name, format } = request;
  const now = session.clock.now();
  if (namespace !== undefined && name !== undefined) {
    const one = await readSingleton(session.client, { namespace, name }, now);
    if (format === 'json') printJson(session, statusDocument(one));
    else print(session.output, statusPage(one, styleOf(session)));
    return 0;
  }
  const { singletons, defined, problems } = await readSingletons(session.client, namespace, now);
  complain(session, problems);
  if (format === 'json') printJson(session, { singletons: singletons.map(statusDocument) });
  else if (singletons.length > 0) print(session.output, listLines(session, request, singletons));
  else if (problems.length === 0) print(session.output, [emptySentence(namespace, defined)]);
  return 0;
}

export function emptySentence(namespace: string | undefined, defined: boolean): string {
  if (!defined) {
    const where = namespace === undefined ? 'anywhere' : `in ${namespace}`;
    return `${noDefinition}, and none adopted by label ${where}`;
  }
  if (namespace === undefined) return 'no singleton in this cluster';
  return `no singleton in namespace ${namespace}: -A shows those of all namespaces`;
}

export function listLines(
  session: CommandSession,
  { namespace, name }: StatusRequest,
  singletons: readonly SeenSingleton[],
): readonly string[] {
  const style = styleOf(session);
  if (name === undefined) return statusTable(singletons, style, { withNamespace: namespace === undefined });
  return singletons.flatMap((one) => statusPage(one, style));
}

function printJson({ output }: CommandSession, document: unknown): void {
  print(output, JSON.stringify(document, null, 2).split('\n'));
}
