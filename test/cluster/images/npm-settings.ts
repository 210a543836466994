/**
 * Owns handing this machine's npm settings to an `npm ci` inside a build: registry, credentials, proxies, authorities,
 * and the cache, so that what was fetched once is not fetched again. Must not write any of it into an image.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { runCommand } from '../run-command.ts';

export interface NpmSettings {
  /** A file in npm's own format, to be given to the build as a secret. */
  readonly file: string;
  /** Files and folders of this machine → where the build finds them. */
  readonly volumes: Readonly<Record<string, string>>;
}

const insideCache = '/run/npm/cache';
const insideAuthority = '/run/npm/authority.pem';

/** npm reads these from its environment as well: `npm_config_https_proxy`. */
const fromEnvironment = ['registry', 'proxy', 'https-proxy', 'noproxy', 'strict-ssl'] as const;

export async function writeNpmSettings(file: string): Promise<NpmSettings> {
  const lines = userLines().filter((line) => !/^\s*(cache|cafile|prefer-offline|userconfig)\s*=/.test(line));
  for (const name of fromEnvironment) {
    const value = environmentValue(name);
    if (value !== undefined) lines.push(`${name}=${value}`);
  }
  const [cache, authority] = await Promise.all([configured('cache'), configured('cafile')]);
  const volumes: Record<string, string> = {};
  const offer = (here: string | undefined, there: string, line: string) => {
    if (here === undefined || !existsSync(here)) return;
    volumes[here] = there;
    lines.push(line);
  };
  offer(cache, insideCache, `cache=${insideCache}`);
  offer(authority ?? process.env.NODE_EXTRA_CA_CERTS, insideAuthority, `cafile=${insideAuthority}`);
  lines.push('prefer-offline=true', 'loglevel=error');
  writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600 });
  return { file, volumes };
}

/** Variables in it are the machine's: the build has others. */
function userLines(): string[] {
  const file = environmentValue('userconfig') ?? path.join(homedir(), '.npmrc');
  if (!existsSync(file)) return [];
  const text = readFileSync(file, 'utf8');
  return text.replace(/\$\{([^}]+)\}/g, (whole, name: string) => process.env[name] ?? whole).split('\n');
}

function environmentValue(name: string): string | undefined {
  const variable = `npm_config_${name.replaceAll('-', '_')}`;
  const value = process.env[variable] ?? process.env[variable.toUpperCase()];
  return value === '' ? undefined : value;
}

async function configured(name: 'cache' | 'cafile'): Promise<string | undefined> {
  const value = (await runCommand(['npm', 'config', 'get', name])).trim();
  return value === '' || value === 'null' || value === 'undefined' ? undefined : value;
}
