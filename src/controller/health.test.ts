import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ListenError, startHealthServer } from './health.ts';

const sources = {
  unready: () => [] as readonly string[],
  timelines: () => [],
  metrics: async () => ({ contentType: 'text/plain', text: 'understudy_singletons 1\n' }),
};

async function ask(port: number, path: string) {
  const response = await fetch(`http://127.0.0.1:${port}${path}`);
  return { status: response.status, text: await response.text() };
}

describe('the health port', () => {
  test('answers what it is asked, and says why it is not ready', async () => {
    let unready: readonly string[] = ['permission missing: patch pods (all namespaces)'];
    const server = await startHealthServer(
      { host: '127.0.0.1', port: 0 },
      { ...sources, unready: () => unready },
    );
    const { port } = server.address;
    assert.equal((await ask(port, '/healthz')).status, 200);
    assert.deepEqual(await ask(port, '/readyz'), { status: 503, text: `${unready[0]}\n` });
    unready = [];
    assert.equal((await ask(port, '/readyz?verbose')).status, 200);
    assert.deepEqual(await ask(port, '/timelines'), { status: 200, text: '{"timelines":[]}' });
    assert.match((await ask(port, '/metrics')).text, /understudy_singletons 1/);
    assert.equal((await ask(port, '/else')).status, 404);
    await server.close();
  });

  test('a port that is taken gives one clear line', async () => {
    const server = await startHealthServer({ host: '127.0.0.1', port: 0 }, sources);
    await assert.rejects(startHealthServer(server.address, sources), (error) => {
      assert.ok(error instanceof ListenError);
      assert.equal(error.code, 'LISTEN_FAILED');
      assert.equal(
        error.message,
        `cannot listen on 127.0.0.1:${server.address.port} (--listen): the port is taken`,
      );
      return true;
    });
    await server.close();
  });
});
