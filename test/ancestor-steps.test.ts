/**
 * Plays the steps of examples/hapod/README.md as a person types them: kubectl against `bin/understudy sandbox`, with the
 * ancestor's manifests as they are. Their readiness probe waits 30 s, so this is the one slow test.
 */
import assert from 'node:assert/strict';
import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
const manifests = fileURLToPath(new URL('../examples/hapod/', import.meta.url));
const run = promisify(execFile);

/** Above the probe's 30 s, its period, a delete and a start, on a machine that is busy with other tests. */
const readyWithinMs = 60_000;
const failoverWithinMs = 15_000;

const roleLine = /^\s*(?:Labels:\s+)?role=(\w+)$/;
let kubectlPath = '';
let kubeconfig = '';
let endSandbox: () => Promise<void> = async () => undefined;

/** One command line as a person types it in examples/hapod; resolves to what it printed. */
async function shell(command: string): Promise<string> {
  const { stdout } = await run('sh', ['-c', command.replaceAll('kubectl', JSON.stringify(kubectlPath))], {
    cwd: manifests,
    env: { ...process.env, KUBECONFIG: kubeconfig },
  });
  return stdout;
}

/** What `kubectl describe pods | grep -e role -e "^Name:"` says: pod name → role. */
async function roles(): Promise<Map<string, string>> {
  const lines = (await shell('kubectl describe pods | grep -e role -e "^Name:"')).split('\n');
  const found = new Map<string, string>();
  let name = '';
  for (const line of lines) {
    name = /^Name:\s+(\S+)$/.exec(line)?.[1] ?? name;
    const role = roleLine.exec(line)?.[1];
    if (role !== undefined) found.set(name, role);
  }
  return found;
}

interface Roles {
  readonly active: string;
  readonly standby: string;
}

/** The active and the standby of a pair by the prefix of their names; undefined while there are not one of each. */
async function pair(prefix: 'myharset' | 'myicrrset'): Promise<Roles | undefined> {
  const members = [...(await roles())].filter(([name]) => name.startsWith(`${prefix}-`));
  const actives = members.filter(([, role]) => role === 'active').map(([name]) => name);
  const standbys = members.filter(([, role]) => role === 'standby').map(([name]) => name);
  const [active, standby] = [actives[0], standbys[0]];
  if (actives.length !== 1 || active === undefined || standby === undefined) return undefined;
  return { active, standby };
}

/** Asks again until there is a value. Each question is a process of its own, so nothing spins. */
async function until<T>(what: string, withinMs: number, ask: () => Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const value = await ask();
    if (value !== undefined) return value;
    assert.ok(performance.now() < deadline, `${what}: not within ${withinMs / 1000} s`);
  }
}

/** Waits on the API's watch: asking again and again would take the machine from the tests beside this one. */
async function untilReady(pods: string): Promise<void> {
  await shell(`kubectl wait --for=condition=Ready ${pods} --timeout=${readyWithinMs / 1000}s`);
}

/** A warm standby beside the active: what every one of the steps starts from. */
async function warmPair(): Promise<Roles> {
  await untilReady('pods -l app=hapod');
  return until('one active application pod and a standby', failoverWithinMs, () => pair('myharset'));
}

async function hasTakenOver({ active, standby }: Roles): Promise<Roles> {
  const next = await until(`${standby} instead of ${active}`, failoverWithinMs, async () => {
    const now = await pair('myharset');
    return now !== undefined && now.active === standby && !(await roles()).has(active) ? now : undefined;
  });
  await until(`${standby} to be told`, failoverWithinMs, async () =>
    (await shell(`kubectl logs ${standby} -c noncritcontainer`)).includes('GoActiveDuringFailover')
      ? true
      : undefined,
  );
  return next;
}

describe("the ancestor's own steps, typed with kubectl", { timeout: 170_000 }, () => {
  before(async () => {
    kubectlPath = execFileSync(`${root}scripts/kubectl.sh`, { encoding: 'utf8' }).trim();
    const sandbox = spawn(`${root}bin/understudy`, ['sandbox'], { stdio: ['ignore', 'pipe', 'inherit'] });
    endSandbox = async () => {
      const ended = once(sandbox, 'exit');
      sandbox.kill('SIGINT');
      await ended;
    };
    for await (const line of createInterface({ input: sandbox.stdout })) {
      kubeconfig = /KUBECONFIG=(\S+)/.exec(line)?.[1] ?? '';
      if (kubeconfig !== '') break;
    }
    sandbox.stdout.resume();
    assert.notEqual(kubeconfig, '', 'the sandbox ended before it printed its kubeconfig');
  });
  after(() => endSandbox());

  test('the six manifests are created as they are', async () => {
    const created: string[] = [];
    for (const file of ['icr_sa', 'icr_cr', 'icr_crb', 'icr_replicaset', 'hapod_replicaset', 'ha_service']) {
      created.push((await shell(`kubectl create -f ${file}.yaml`)).trim());
    }
    assert.deepEqual(created, [
      'serviceaccount/icr-sa created',
      'clusterrole.rbac.authorization.k8s.io/icr-cr created',
      'clusterrolebinding.rbac.authorization.k8s.io/icr-crb created',
      'replicaset.apps/myicrrset created',
      'replicaset.apps/myharset created',
      'service/myhaservice created',
    ]);
  });

  test('one controller becomes active, and one application pod once it is Ready', async () => {
    await until('an active controller', failoverWithinMs, () => pair('myicrrset'));
    const { active } = await warmPair();
    const endpoint = await shell(
      "kubectl get endpointslices -o 'jsonpath={.items[*].endpoints[*].targetRef.name}'",
    );
    assert.equal(endpoint, active);
  });

  test('touch /tmp/killme in the critical container deletes the pod, and the standby is active', async () => {
    const found = await warmPair();
    await shell(`kubectl exec -it ${found.active} --container critcontainer1 -- touch /tmp/killme`);
    await hasTakenOver(found);
  });

  test('delete --force of the active controller leaves one active controller, and the application alone', async () => {
    const application = await until('an active application pod', failoverWithinMs, () => pair('myharset'));
    const { active, standby } = await until('two controllers', failoverWithinMs, () => pair('myicrrset'));
    await shell(`kubectl delete pod --force ${active}`);
    await until(`${standby} instead of ${active}`, failoverWithinMs, async () => {
      const now = await pair('myicrrset');
      return now !== undefined && now.active !== active ? now : undefined;
    });
    assert.equal((await pair('myharset'))?.active, application.active);
  });

  test('delete --force of the active application pod makes the standby active, by the other controller', async () => {
    const found = await warmPair();
    await shell(`kubectl delete pod --force ${found.active}`);
    await hasTakenOver(found);
  });
});
