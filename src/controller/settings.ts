/**
 * Owns the controller's settings: what the flags and the environment say, checked before anything starts.
 * Must not read a flag or the environment itself: it is given both.
 */
import type { Safety } from '../core/view.ts';
import { type Adoption, parseAdoption } from './adoption.ts';
import type { ListenAddress } from './health.ts';

export interface ControllerSettings {
  readonly adoptions: readonly Adoption[];
  /** Whether it looks after Singletons, beside what it adopts. */
  readonly singletons: boolean;
  /** Empty: all. */
  readonly namespaces: readonly string[];
  readonly safety: Safety;
  readonly notifyPort: number;
  readonly listen: ListenAddress;
  /** This controller's name; as a pod, the pod's. */
  readonly name: string;
  /** Undefined: the connection's own namespace. */
  readonly controllerNamespace: string | undefined;
}

/** As commander hands them over. */
export interface ControllerFlags {
  readonly adopt: readonly string[];
  readonly singletons?: boolean | undefined;
  readonly namespace: readonly string[];
  readonly safety: string;
  readonly notifyPort: string;
  readonly listen?: string | undefined;
  readonly name?: string | undefined;
  readonly controllerNamespace?: string | undefined;
}

export type ReadSettings =
  | { readonly kind: 'settings'; readonly settings: ControllerSettings }
  /** One line for each thing that is wrong. */
  | { readonly kind: 'invalid'; readonly problems: readonly string[] };

type Environment = Readonly<Record<string, string | undefined>>;

const defaultHealthPort = 9464;

/** Names of Kubernetes objects: RFC 1123 subdomains. */
const objectName = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;

export function readSettings(flags: ControllerFlags, environment: Environment): ReadSettings {
  const problems: string[] = [];
  const settings: ControllerSettings = {
    adoptions: readAdoptions(flags.adopt, problems),
    // What is adopted by a flag needs fewer rights: those who set it are not asked for more.
    singletons: flags.singletons ?? flags.adopt.length === 0,
    namespaces: readNamespaces(flags.namespace, problems),
    safety: readSafety(flags.safety, problems),
    notifyPort: readPort('--notify-port', flags.notifyPort, 1, problems),
    listen: readListen(flags.listen, environment, problems),
    name: readName(flags.name, environment, problems),
    controllerNamespace: readControllerNamespace(flags.controllerNamespace, environment, problems),
  };
  return problems.length === 0 ? { kind: 'settings', settings } : { kind: 'invalid', problems };
}

function readAdoptions(texts: readonly string[], problems: string[]): readonly Adoption[] {
  const adoptions = new Map<string, Adoption>();
  for (const text of texts) {
    const parsed = parseAdoption(text);
    if (parsed.kind === 'invalid') {
      problems.push(`--adopt: ${parsed.message}`);
      continue;
    }
    const { singletonName, selector } = parsed.adoption;
    const other = adoptions.get(singletonName);
    if (other !== undefined && other.selector !== selector)
      problems.push(`--adopt: "${other.selector}" and "${selector}" give the same name, ${singletonName}`);
    else adoptions.set(singletonName, parsed.adoption);
  }
  return [...adoptions.values()];
}

function readNamespaces(names: readonly string[], problems: string[]): readonly string[] {
  for (const name of names) {
    if (!objectName.test(name)) problems.push(`--namespace: "${name}" is not the name of a namespace`);
  }
  return [...new Set(names)];
}

function readSafety(text: string, problems: string[]): Safety {
  if (text === 'Prompt' || text === 'Strict') return text;
  problems.push(`--safety: "${text}" is neither Prompt nor Strict`);
  return 'Prompt';
}

function readPort(flag: string, text: string, min: number, problems: string[]): number {
  const port = /^[0-9]{1,5}$/.test(text) ? Number(text) : -1;
  if (port >= min && port <= 65_535) return port;
  problems.push(`${flag}: "${text}" is not a port from ${min} to 65535`);
  return min;
}

/** `HOST:PORT`, `[IPV6]:PORT` or `:PORT`. Without it, the pod's own address, or this machine alone. */
function readListen(text: string | undefined, environment: Environment, problems: string[]): ListenAddress {
  const host = nonEmpty(environment.POD_IP) ?? '127.0.0.1';
  if (text === undefined) return { host, port: defaultHealthPort };
  const [, bracketed, plain, port] = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]*)):([0-9]+)$/.exec(text) ?? [];
  if (port === undefined) {
    problems.push(`--listen: "${text}" is not HOST:PORT`);
    return { host, port: defaultHealthPort };
  }
  return {
    host: nonEmpty(bracketed) ?? nonEmpty(plain) ?? host,
    port: readPort('--listen', port, 0, problems),
  };
}

function readName(flag: string | undefined, environment: Environment, problems: string[]): string {
  const { MY_POD_NAME, POD_NAME, HOSTNAME } = environment;
  const name = flag ?? nonEmpty(MY_POD_NAME) ?? nonEmpty(POD_NAME) ?? nonEmpty(HOSTNAME)?.toLowerCase();
  if (name === undefined) {
    problems.push('--name: this controller has no name (nor is MY_POD_NAME, POD_NAME or HOSTNAME set)');
    return '';
  }
  // `understudy.controller.NAME` is the name of a Lease.
  if (!objectName.test(name) || name.length > 200)
    problems.push(`--name: "${name}" is not a name that Kubernetes accepts`);
  return name;
}

function readControllerNamespace(
  flag: string | undefined,
  environment: Environment,
  problems: string[],
): string | undefined {
  const name = flag ?? nonEmpty(environment.POD_NAMESPACE);
  if (name !== undefined && !objectName.test(name)) {
    problems.push(`--controller-namespace: "${name}" is not the name of a namespace`);
  }
  return name;
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : text;
}
