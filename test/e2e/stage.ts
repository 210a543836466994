/**
 * Owns what every scene stands on: a cluster, a way to its API, a recorder that sees all of it, and its controllers.
 * Must not strike anything, nor judge.
 */
import { words } from '../../src/controller/words.ts';
import { decodeNode, type NodeObject } from '../../src/kube/decode-node.ts';
import { decodePod, type PodObject } from '../../src/kube/decode-pod.ts';
import { AuditLog } from './audit/audit-log.ts';
import type { Bed } from './bed.ts';
import { KubeApi } from './kube-api.ts';
import { Recorder } from './recorder/recorder.ts';

/** Whose pods control the singletons. */
export interface ControllerPlace {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly serviceAccount: string;
  /** Whether they look after Singletons; else they adopt pods by their labels. */
  readonly singletons: boolean;
}

/** Those of deploy/understudy.yaml. */
export const deployedControllers: ControllerPlace = {
  namespace: 'understudy',
  labels: { 'app.kubernetes.io/name': 'understudy' },
  serviceAccount: 'understudy',
  singletons: true,
};

/** Those of examples/hapod. */
export const exampleControllers: ControllerPlace = {
  namespace: 'default',
  labels: { app: 'icr' },
  serviceAccount: 'icr-sa',
  singletons: false,
};

export interface ControllerPair {
  readonly active: PodObject;
  readonly standby: PodObject;
}

export class Stage {
  readonly bed: Bed;
  readonly api: KubeApi;
  readonly recorder: Recorder;
  readonly place: ControllerPlace;
  /** Undefined where the bed keeps none. */
  readonly audit: AuditLog | undefined;

  private constructor(bed: Bed, place: ControllerPlace, api: KubeApi, recorder: Recorder) {
    this.bed = bed;
    this.place = place;
    this.api = api;
    this.recorder = recorder;
    this.audit = bed.auditLog === undefined ? undefined : new AuditLog(bed.auditLog);
  }

  static async open(bed: Bed, place: ControllerPlace = deployedControllers): Promise<Stage> {
    const api = await KubeApi.connect(bed.kubeconfig);
    try {
      return new Stage(bed, place, api, await Recorder.start(api.watches, place));
    } catch (error) {
      await api.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    this.recorder.stop();
    await this.api.close();
  }

  /** Pods as they are now, as far as was heard. */
  pods(namespace: string, labels: Readonly<Record<string, string>> = {}): readonly PodObject[] {
    return this.recorder
      .current('pods')
      .map((object) => decodePod(object, { keepEnv: [words.criticality] }))
      .filter((pod) => pod.namespace === namespace && hasLabels(pod, labels))
      .toSorted((left, right) => left.createdAtMs - right.createdAtMs || (left.name < right.name ? -1 : 1));
  }

  nodes(): readonly NodeObject[] {
    return this.recorder.current('nodes').map(decodeNode);
  }

  controllers(): readonly PodObject[] {
    return this.pods(this.place.namespace, this.place.labels);
  }

  /** Resolves when there is one active controller and a ready one beside it. */
  controllersInGoodOrder(withinMs = 60_000): Promise<ControllerPair> {
    return this.recorder.waitFor(() => pairOf(this.controllers()), withinMs);
  }
}

export function hasLabels({ labels }: PodObject, wanted: Readonly<Record<string, string>>): boolean {
  return Object.entries(wanted).every(([key, value]) => labels[key] === value);
}

function pairOf(pods: readonly PodObject[]): ControllerPair | string {
  const staying = pods.filter(({ deletion }) => deletion === undefined);
  const [active, ...more] = staying.filter(({ labels }) => labels[words.role] === 'active');
  if (active === undefined || !active.ready) return 'a controller that is active and ready';
  if (more.length > 0) return 'one active controller instead of several';
  const standby = staying.find((pod) => pod.uid !== active.uid && pod.ready);
  return standby === undefined ? 'a ready controller beside the active one' : { active, standby };
}
