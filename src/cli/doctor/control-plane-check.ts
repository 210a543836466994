/**
 * Owns what the doctor says of the control plane: its version, its clock, and after how long it gives a node up.
 * Must not read it from the cluster.
 */
import { limits } from '../cluster/limits.ts';
import type { Seen } from '../cluster/seen.ts';
import type { KubernetesVersion } from './decode-version.ts';
import { parseGoDuration } from './duration-text.ts';
import { broken, costs, type Finding, hidden, ok } from './finding.ts';

/** The oldest that the manifests and the controller are made for (deploy/README.md). */
const oldestMinor = 30;

/** node-monitor-grace-period where it is not set: 40 s before Kubernetes 1.32, 50 s since. */
const graceMinor = 32;
const graceBeforeMs = 40_000;
const graceSinceMs = 50_000;

export function checkVersion(version: KubernetesVersion, understudyVersion: string): Finding {
  const sentence = `${version.text}, seen by understudy ${understudyVersion}`;
  if (version.major > 1 || version.minor >= oldestMinor) return ok('Kubernetes', sentence);
  return broken('Kubernetes', `${sentence}: it is too old`, `Kubernetes 1.${oldestMinor} or newer is needed`);
}

/** All three as wall time in ms; the server's has whole seconds, cut off. */
export interface ClockLook {
  readonly askedAtMs: number;
  readonly answeredAtMs: number;
  readonly serverTimeMs: number | undefined;
}

export function checkClock({ askedAtMs, answeredAtMs, serverTimeMs }: ClockLook): Finding {
  if (serverTimeMs === undefined) return hidden('clock', 'the API server sends no Date header');
  const aheadMs = serverTimeMs + 500 - (askedAtMs + answeredAtMs) / 2;
  const apartMs = Math.abs(aheadMs);
  if (apartMs <= limits.clockDifferenceMs) return ok('clock', "the API server's and this machine's agree");
  const seconds = (apartMs / 1_000).toFixed(0);
  return costs(
    'clock',
    undefined,
    `the API server's is ${seconds} s ${aheadMs > 0 ? 'ahead of' : 'behind'} this machine's: times shown here are off by that; nothing is decided by them`,
    'let both follow a time server',
  );
}

/** `command`: of the kube-controller-manager's containers; undefined: there is no such pod. */
export function checkNodeGrace(
  command: Seen<readonly string[] | undefined>,
  version: KubernetesVersion | undefined,
): Finding {
  const subject = 'node loss';
  const usualMs = (version?.minor ?? graceMinor) >= graceMinor ? graceSinceMs : graceBeforeMs;
  const usual = `Kubernetes gives a silent node up after ${usualMs / 1_000} s, if it is not told otherwise`;
  if (command.kind === 'hidden') return hidden(subject, `${command.because}. ${usual}`);
  if (command.value === undefined)
    return hidden(
      subject,
      `no pod of kube-controller-manager in kube-system, as where it is managed. ${usual}`,
    );
  const graceMs = graceIn(command.value) ?? usualMs;
  return costs(
    subject,
    graceMs,
    'so long a silent node is waited for before its pods count as lost',
    'node-monitor-grace-period of kube-controller-manager shortens that, for every pod of the cluster',
  );
}

const flag = '--node-monitor-grace-period';

function graceIn(command: readonly string[]): number | undefined {
  const joined = command.find((word) => word.startsWith(`${flag}=`))?.slice(flag.length + 1);
  const text = joined ?? command[command.indexOf(flag) + 1];
  return command.includes(flag) || joined !== undefined ? parseGoDuration(text ?? '') : undefined;
}
