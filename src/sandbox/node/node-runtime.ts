/**
 * Owns the list of what a node needs from outside to run pods: every effect of it goes through one of these.
 * Must not hold state.
 */
import type { Clock, Random } from '../../time/clock.ts';
import type { ContainerDirectories } from './container-directories.ts';
import type { ConfigReference, Pod } from './decode-pod.ts';
import type { Images } from './images.ts';
import type { Pleg } from './pleg.ts';
import type { ProbeNetwork } from './probe-network.ts';
import type { Processes } from './processes.ts';

export interface NodeRuntime {
  readonly clock: Clock;
  readonly random: Random;
  readonly processes: Processes;
  readonly images: Images;
  readonly directories: ContainerDirectories;
  readonly probeNetwork: ProbeNetwork;
  readonly pleg: Pleg;
  readonly hostIp: string;
  /** What every container of the pod finds in its environment. */
  baseEnvironment(pod: Pod): Readonly<Record<string, string>>;
  config(pod: Pod, of: ConfigReference): Readonly<Record<string, string>> | undefined;
  /** A Kubernetes event about the pod, for `kubectl describe`. */
  tell(pod: Pod, event: PodEvent): void;
}

export interface PodEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  readonly container?: string;
}
