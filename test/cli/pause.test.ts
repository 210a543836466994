/**
 * Pauses and resumes Singletons on the sandbox's API.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setPaused } from '../../src/cli/pause/set-paused.ts';
import { CommandBed, healthyStatus } from './command-bed.ts';

const web = { namespace: 'default', name: 'web' };

function patchesOf(bed: CommandBed): unknown[] {
  return bed.requests.filter(({ method }) => method === 'PATCH').map(({ body = '' }) => JSON.parse(body));
}

test('pause and resume write one field of this very Singleton, and say what that means', async () => {
  const bed = new CommandBed();
  bed.installDefinition();
  bed.createSingleton('web', { status: healthyStatus });
  const { uid } = bed.singleton('web').metadata;
  assert.equal(await bed.run(setPaused(bed.session, { ...web, paused: true })), 0);
  assert.equal(
    bed.printed(),
    'default/web is paused: nothing moves, also when the active dies, until\n  understudy resume web -n default\n',
  );
  assert.equal(await bed.run(setPaused(bed.session, { ...web, paused: false })), 0);
  assert.equal(bed.printed(), 'default/web is not paused: failures move the role\n');
  assert.deepEqual(patchesOf(bed), [
    { metadata: { uid }, spec: { paused: true } },
    { metadata: { uid }, spec: { paused: false } },
  ]);
});

test('what is so already is said, and not written', async () => {
  const bed = new CommandBed();
  bed.installDefinition();
  bed.createSingleton('web', { spec: { paused: true } });
  assert.equal(await bed.run(setPaused(bed.session, { ...web, paused: true })), 0);
  assert.match(bed.printed(), /^default\/web is paused already: /);
  assert.deepEqual(patchesOf(bed), []);
});

test('a Singleton that was made anew meanwhile is not paused in place of the one that was read', async () => {
  const bed = new CommandBed();
  bed.installDefinition();
  bed.createSingleton('web');
  bed.intervene = ({ method }, ask) => {
    if (method !== 'PATCH') return undefined;
    bed.deleteSingleton('web');
    bed.createSingleton('web');
    return ask();
  };
  const refused = await bed.run(setPaused(bed.session, { ...web, paused: true }).catch(String));
  assert.match(String(refused), /^KubeError: .*uid/i);
  assert.deepEqual(bed.singleton('web').spec, { selector: { matchLabels: { app: 'web' } }, service: 'web' });
});
