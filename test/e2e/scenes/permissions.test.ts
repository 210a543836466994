import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { asObject, type JsonObject, optionalObject, optionalString } from '../../../src/kube/decode.ts';
import { openCluster } from '../../cluster/cluster.ts';
import { AuditLog, accountName } from '../audit/audit-log.ts';
import { type Grant, permissionProblems } from '../checkers/permissions.ts';
import { type ControllerPlace, deployedControllers, exampleControllers } from '../stage.ts';

/** All that was asked for since the cluster was started: in a whole run, by every scene. */
const audit = new AuditLog(openCluster().auditLog);

function documentsOf(file: string): readonly JsonObject[] {
  const text = readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8');
  return parseAllDocuments(text).map((document) => asObject(document.toJS()));
}

/** The roles in a file; each is bound where it is, a ClusterRole everywhere. */
function grantsOf(file: string): readonly Grant[] {
  return documentsOf(file).flatMap((role): readonly Grant[] => {
    if (role.kind === 'ClusterRole') return [{ role, namespace: undefined }];
    if (role.kind !== 'Role') return [];
    return [
      { role, namespace: optionalString(optionalObject(role, 'metadata', ''), 'namespace', 'metadata') },
    ];
  });
}

async function problemsOf(
  { namespace, serviceAccount }: ControllerPlace,
  file: string,
): Promise<readonly string[]> {
  return permissionProblems(await audit.since(0, [accountName(namespace, serviceAccount)]), grantsOf(file));
}

/**
 * An Event is patched when the same one is due again, which no scene brings about for certain; that Events can be patched so
 * is held by test/conformance/events.test.ts. That it is not granted would still be found.
 */
function isChance(problem: string): boolean {
  return /^(granted and never used|refused): patch events\b/.test(problem);
}

describe('the rights of the controllers', () => {
  test('are those of deploy/understudy.yaml: each was used in these scenes, and nothing else was asked for', async () => {
    const problems = await problemsOf(deployedControllers, 'deploy/understudy.yaml');
    assert.deepEqual(
      problems.filter((problem) => !isChance(problem)),
      [],
    );
  });

  test("of the ancestor's set are those of its icr_cr.yaml: nothing else was asked for", async () => {
    const problems = await problemsOf(exampleControllers, 'examples/hapod/icr_cr.yaml');
    // Its scenes are few: what they had no need of, those of deploy/ have shown.
    assert.deepEqual(
      problems.filter((problem) => !problem.startsWith('granted and never used')),
      [],
    );
  });
});
