/**
 * Owns measuring somebody else's controllers: an image and manifests that are put into the cluster and taken away.
 * Must not expect anything of them but that clients of a Service which selects role=active are answered.
 */
import path from 'node:path';
import { NotReached } from '../../src/cli/hapod/condition.ts';
import { words } from '../../src/controller/words.ts';
import type { JsonObject } from '../../src/kube/decode.ts';
import { decodeLease } from '../../src/kube/decode-lease.ts';
import { decodePod, type PodObject } from '../../src/kube/decode-pod.ts';
import { type Cluster, importImages, machineNamed } from '../../test/cluster/cluster.ts';
import { ClusterError } from '../../test/cluster/cluster-error.ts';
import { nodeNames } from '../../test/cluster/topology.ts';
import { putNoControllers } from '../../test/e2e/put-controllers.ts';
import { namespaceObject } from '../../test/e2e/singleton/manifests.ts';
import { type ControllerPair, Stage } from '../../test/e2e/stage.ts';
import type { PeerFiles } from './command-arguments.ts';
import type { Company, Contender } from './contender.ts';
import type { MeasuredScene } from './measured-scenes.ts';
import { removePeerApplication } from './peer-application.ts';
import { PeerCompany } from './peer-company.ts';
import { runsOneOf } from './peer-image.ts';

const readyWithinMs = 120_000;
/** An election of theirs may take a while. */
const activeKnownWithinMs = 60_000;
/** Nothing of theirs is known: their record, say. */
const nobody = { namespace: '', labels: {}, serviceAccount: '', singletons: false } as const;

export class PeerContender implements Contender {
  readonly name: string;
  readonly #cluster: Cluster;
  readonly #files: PeerFiles;
  readonly #images: readonly string[];
  #hasPair = false;
  #ownNamespace = false;

  /** `images`: those of its archive. */
  constructor(cluster: Cluster, files: PeerFiles, images: readonly string[]) {
    this.name = path.basename(files.image).replace(/\.tar$/, '');
    this.#cluster = cluster;
    this.#files = files;
    this.#images = images;
  }

  async put(): Promise<void> {
    const { image, manifests, namespace } = this.#files;
    await putNoControllers(this.#cluster);
    for (const name of nodeNames) await importImages(name, machineNamed(name), [image]);
    await this.#cluster.runKubectl(['apply', '-f', manifests]);
    const stage = await Stage.open(this.#cluster, nobody);
    try {
      if ((await stage.api.find(`/api/v1/namespaces/${namespace}`)) === undefined) {
        this.#ownNamespace = true;
        await stage.api.create('/api/v1/namespaces', namespaceObject(namespace));
      }
      await this.#controllersReady(stage);
      this.#hasPair = await this.#pairIsKnown(stage);
    } finally {
      await stage.close();
    }
  }

  /** Which of them is the active one has to show: by the label role=active, or by a Lease that it holds. */
  canPlay({ breaks, needs }: MeasuredScene): boolean {
    return (
      needs === 'nothing' && (this.#hasPair || (breaks !== 'one controller' && breaks !== 'both controllers'))
    );
  }

  async gather(): Promise<Company> {
    const stage = await Stage.open(this.#cluster, nobody);
    try {
      await this.#controllersReady(stage);
      return await PeerCompany.gather({
        cluster: this.#cluster,
        stage,
        namespace: this.#files.namespace,
        controllers: () => this.#controllers(stage),
        findControllers: () => this.#findControllers(stage),
      });
    } catch (error) {
      await stage.close();
      throw error;
    }
  }

  async takeAway(): Promise<void> {
    const { manifests, namespace } = this.#files;
    await removePeerApplication(this.#cluster, namespace);
    if (this.#ownNamespace)
      await this.#cluster.runKubectl(['delete', '--ignore-not-found', 'namespace', namespace]);
    await this.#cluster.runKubectl(['delete', '--ignore-not-found', '-f', manifests]);
  }

  #controllers(stage: Stage): readonly PodObject[] {
    return (
      stage.recorder
        .current('pods')
        .filter((pod) => runsOneOf(pod, this.#images))
        .map((pod) => decodePod(pod, { keepEnv: [words.criticality] }))
        // Some archives hold the application's image, too.
        .filter(({ deletion, labels }) => deletion === undefined && labels.app !== 'hapod')
    );
  }

  async #controllersReady(stage: Stage): Promise<void> {
    try {
      await stage.recorder.waitFor(() => {
        const pods = this.#controllers(stage);
        return pods.length > 0 && pods.every(({ ready }) => ready) ? pods : 'its pods';
      }, readyWithinMs);
    } catch (error) {
      if (!(error instanceof NotReached)) throw error;
      throw new ClusterError(
        `no pod with an image of ${this.#files.image} became Ready by ${this.#files.manifests}`,
        { cause: error },
      );
    }
  }

  async #pairIsKnown(stage: Stage): Promise<boolean> {
    try {
      await this.#findControllers(stage);
      return true;
    } catch (error) {
      if (error instanceof NotReached) return false;
      throw error;
    }
  }

  #findControllers(stage: Stage): Promise<ControllerPair> {
    return stage.recorder.waitFor(
      () => pairOf(this.#controllers(stage), stage.recorder.current('leases')) ?? 'its active controller',
      activeKnownWithinMs,
    );
  }
}

function pairOf(pods: readonly PodObject[], leases: readonly JsonObject[]): ControllerPair | undefined {
  const ready = pods.filter((pod) => pod.ready);
  const holders = leases.map(decodeLease);
  const active =
    ready.find(({ labels }) => labels[words.role] === 'active') ??
    ready.find(({ namespace, name }) =>
      holders.some((lease) => lease.namespace === namespace && lease.holder?.startsWith(name) === true),
    );
  const standby = ready.find(({ uid }) => uid !== active?.uid);
  return active === undefined || standby === undefined ? undefined : { active, standby };
}
