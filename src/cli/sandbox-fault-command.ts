/**
 * Owns the command `sandbox fault`: one subcommand for each fault, sent to a sandbox that runs in another process.
 * Must not know what a fault does: the sandbox checks the request, and answers what it has done.
 */
import process from 'node:process';
import { type Command, InvalidArgumentError } from 'commander';
import type { FaultRequest } from '../sandbox/decode-fault.ts';
import { UsageError } from './usage-error.ts';

/** A FaultRequest before the sandbox has filled in what was left out. */
type Fault = { readonly kind: FaultRequest['kind'] } & Readonly<Record<string, unknown>>;

export function registerSandboxFaultCommand(sandbox: Command): void {
  const fault = sandbox
    .command('fault')
    .description('do something bad to the running sandbox that KUBECONFIG leads to')
    .option('--kubeconfig <file>', 'the kubeconfig that the sandbox printed (default: KUBECONFIG)');
  addContainerFaults(fault);
  addApiFaults(fault);
}

function addContainerFaults(fault: Command): void {
  fault
    .command('crash <pod>')
    .description("end a container's process by a signal")
    .option('-c, --container <name>', 'which container (default: the first)')
    .option('-n, --namespace <name>', "the pod's namespace", 'default')
    .option('--signal <name>', 'which signal', 'SIGKILL')
    .action((pod: string, flags: object) => send(fault, { ...flags, kind: 'crash', pod }));
  fault
    .command('partition <node>')
    .description('cut a node off from the API; what runs on it lives on')
    .option('--seconds <n>', 'heal it after this long (default: until `heal`)', seconds)
    .action((node: string, flags: Duration) =>
      send(fault, { kind: 'partition', node, ...durationOf(flags) }),
    );
  fault
    .command('heal [node]')
    .description('end every fault, or the partition of one node')
    .action((node: string | undefined) => send(fault, { kind: 'heal', node }));
}

function addApiFaults(fault: Command): void {
  fault
    .command('delay-watches')
    .argument('<ms>', 'by how much; from 2000 on, controllers are blind and fail nothing over', number)
    .description('let every watch event come later; 0 ends it')
    .action((delayMs: number) => send(fault, { kind: 'delayWatches', delayMs }));
  fault
    .command('drop-watches')
    .description('break every open watch')
    .action(() => send(fault, { kind: 'dropWatches' }));
  fault
    .command('slow-answers')
    .argument('<ms>', 'by how much', number)
    .description('let every answer come later; 0 ends it')
    .action((delayMs: number) => send(fault, { kind: 'slowAnswers', delayMs }));
  fault
    .command('fail-writes')
    .description('let writes fail')
    .option('--count <n>', 'the next n of them', number)
    .option('--seconds <n>', 'for this long', seconds)
    .option('--failure <500|503|timeout>', 'how', failure, 500)
    .option('--resource <plural>', 'only of this resource, such as leases')
    .option('--verb <verb>', 'only create, update, patch or delete')
    .option('--user-agent <text>', 'only of clients whose user agent has this in it')
    .action(({ seconds: lasting, ...flags }: Duration & { readonly count?: number }) => {
      if (lasting === undefined && flags.count === undefined)
        throw new UsageError(['fail-writes needs --count or --seconds: how many, or for how long']);
      return send(fault, { ...flags, kind: 'failWrites', ...durationOf({ seconds: lasting }) });
    });
  fault
    .command('stop-api')
    .argument('<seconds>', 'for how long', seconds)
    .description('take the API away: every connection breaks, new ones are refused')
    .action((lasting: number) => send(fault, { kind: 'stopApi', ...durationOf({ seconds: lasting }) }));
}

interface Duration {
  readonly seconds?: number | undefined;
}

function durationOf(flags: Duration): { readonly durationMs?: number } {
  return flags.seconds === undefined ? {} : { durationMs: flags.seconds * 1000 };
}

function number(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && Number.isFinite(value)) return value;
  throw new InvalidArgumentError(`"${text}" is not a number of 0 or more.`);
}

function seconds(text: string): number {
  const value = number(text);
  if (value > 0) return value;
  throw new InvalidArgumentError('More than 0 seconds are expected.');
}

function failure(text: string): 500 | 503 | 'timeout' {
  if (text === 'timeout') return text;
  if (text === '500') return 500;
  if (text === '503') return 503;
  throw new InvalidArgumentError('500, 503 or timeout is expected.');
}

/** Prints what the sandbox has done. Rejects with one line for what it refuses, or where there is none. */
async function send(command: Command, fault: Fault): Promise<void> {
  const server = await serverOf(command.opts<{ kubeconfig?: string }>().kubeconfig ?? process.env.KUBECONFIG);
  const response = await post(new URL('/sandbox/faults', server), fault);
  const { done, error } = answerOf(await response.text());
  if (done === undefined) {
    throw new UsageError([error ?? `${server.href} is no sandbox: it answered ${response.status}`]);
  }
  process.stdout.write(`${done}\n`);
}

async function serverOf(kubeconfig: string | undefined): Promise<URL> {
  if (kubeconfig === undefined || kubeconfig === '') {
    throw new UsageError([
      'no kubeconfig: set KUBECONFIG to the one that the sandbox printed, or give --kubeconfig',
    ]);
  }
  const { readKubeconfig } = await import('../kube/kubeconfig.ts');
  return (await readKubeconfig(kubeconfig, undefined)).server;
}

async function post(url: URL, body: Fault): Promise<Response> {
  try {
    return await fetch(url, { method: 'POST', body: JSON.stringify(body) });
  } catch (error) {
    throw new SandboxUnreachable(url, { cause: error });
  }
}

class SandboxUnreachable extends Error {
  readonly code = 'SANDBOX_UNREACHABLE';
  readonly retry = 'backoff';

  constructor(url: URL, options: ErrorOptions) {
    super(`nothing answers at ${url.origin}: is the sandbox running?`, options);
    this.name = 'SandboxUnreachable';
  }
}

function answerOf(text: string): { readonly done?: string; readonly error?: string } {
  try {
    const answer: unknown = JSON.parse(text);
    if (typeof answer !== 'object' || answer === null) return {};
    const field = (name: string) => {
      const value: unknown = Reflect.get(answer, name);
      return typeof value === 'string' ? { [name]: value } : {};
    };
    return { ...field('done'), ...field('error') };
  } catch {
    return {};
  }
}
