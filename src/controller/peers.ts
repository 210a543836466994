/**
 * Owns who else runs as a controller of this group, and lives: by their heartbeats and their pods.
 * Must not decide who is the active one (core/pair.ts), nor compare another machine's clock with our own.
 */

import { parseResourceVersion } from '../core/identity.ts';
import type { ControllerIdentity, ControllerPod } from '../core/pair.ts';
import type { PodObject } from '../kube/decode-pod.ts';
import type { MonotonicMs } from '../time/clock.ts';
import type { SeenHeartbeat } from './heartbeat-codec.ts';
import { limits } from './limits.ts';
import { words } from './words.ts';

interface Peer {
  readonly heartbeat: SeenHeartbeat;
  /** When its heartbeat was last seen to change, on our own clock. */
  readonly heardAt: MonotonicMs;
}

/** Another life that writes heartbeats under our own name. */
interface Namesake {
  readonly heartbeat: SeenHeartbeat;
  /** When it last renewed; undefined where what was seen may have been left by a life before ours. */
  readonly renewedAt: MonotonicMs | undefined;
}

interface PeerPod {
  readonly pod: PodObject;
  readonly restarts: number;
}

export class Peers {
  readonly #self: ControllerIdentity;
  readonly #peers = new Map<string, Peer>();
  #namesake: Namesake | undefined;
  /** Our own heartbeat came back: what stands in that Lease after it is not left over. */
  #heardSelf = false;
  readonly #pods = new Map<string, PeerPod>();
  /** Those whose heartbeat was taken away: unlike pods that were never heard, they are not waited for. */
  readonly #goodbyes = new Set<string>();
  #podsSynced = false;

  constructor(self: ControllerIdentity) {
    this.#self = self;
  }

  heard(heartbeat: SeenHeartbeat, now: MonotonicMs): void {
    const { name } = heartbeat.identity;
    if (name === this.#self.name) {
      this.#heardOwnName(heartbeat, now);
      return;
    }
    this.#goodbyes.delete(name);
    const before = this.#peers.get(name)?.heartbeat;
    const isSame =
      before?.identity.instance === heartbeat.identity.instance && before.sentAt === heartbeat.sentAt;
    if (!isSame) this.#peers.set(name, { heartbeat, heardAt: now });
  }

  /** Its Lease is gone: it stopped cleanly, or its pod went. */
  heartbeatGone(name: string): void {
    this.#peers.delete(name);
    if (this.podNamed(name) !== undefined) this.#goodbyes.add(name);
  }

  /** A complete picture of the heartbeats has arrived: those that are not in it are gone. */
  heartbeatsSynced(isPresent: (name: string) => boolean): void {
    for (const name of [...this.#peers.keys()]) if (!isPresent(name)) this.heartbeatGone(name);
  }

  podSeen(pod: PodObject): void {
    const before = this.#pods.get(pod.uid);
    const version = parseResourceVersion(pod.resourceVersion);
    const known = parseResourceVersion(before?.pod.resourceVersion);
    if (version !== undefined && known !== undefined && version <= known) return;
    const restarts = countRestarts(pod);
    this.#pods.set(pod.uid, { pod, restarts });
    // One of its containers has ended: that controller is not heard any more until a new heartbeat says otherwise.
    if (before !== undefined && restarts > before.restarts) this.#peers.delete(pod.name);
  }

  podGone(uid: string): void {
    const gone = this.#pods.get(uid);
    if (gone === undefined) return;
    this.#pods.delete(uid);
    this.#goodbyes.delete(gone.pod.name);
    if (this.#peers.get(gone.pod.name)?.heartbeat.podUid === uid) this.#peers.delete(gone.pod.name);
  }

  podsSynced(present: ReadonlySet<string>): void {
    this.#podsSynced = true;
    for (const uid of [...this.#pods.keys()]) if (!present.has(uid)) this.podGone(uid);
  }

  /** While this controller was blind it could hear nobody: everyone's time starts anew. */
  forgive(now: MonotonicMs): void {
    for (const [name, peer] of this.#peers) this.#peers.set(name, { ...peer, heardAt: now });
    if (this.#namesake?.renewedAt !== undefined) this.#namesake = { ...this.#namesake, renewedAt: now };
  }

  live(now: MonotonicMs): readonly ControllerIdentity[] {
    const heard: ControllerIdentity[] = [];
    for (const { heartbeat, heardAt } of this.#peers.values()) {
      if (now - heardAt <= limits.peerSilenceMs && !this.#isPodGoing(heartbeat))
        heard.push(heartbeat.identity);
    }
    return [...heard, ...this.#liveNamesake(now), ...this.#notHeardYet(heard)];
  }

  /** The pods of this group's controllers, for their role labels. */
  pods(): readonly ControllerPod[] {
    return this.#groupPods().map((pod) => ({
      uid: pod.uid,
      name: pod.name,
      resourceVersion: pod.resourceVersion,
      roleLabel: pod.labels[words.role],
      alive: isAlive(pod),
    }));
  }

  podNamed(name: string): PodObject | undefined {
    for (const { pod } of this.#pods.values()) if (pod.name === name) return pod;
    return undefined;
  }

  /** Of several namesakes one is remembered: which of them is heard last changes nothing. */
  #heardOwnName(heartbeat: SeenHeartbeat, now: MonotonicMs): void {
    const { instance } = heartbeat.identity;
    if (instance === this.#self.instance) {
      this.#heardSelf = true;
      return;
    }
    const before = this.#namesake?.heartbeat;
    const isSame = before?.identity.instance === instance && before.sentAt === heartbeat.sentAt;
    if (!isSame) this.#namesake = { heartbeat, renewedAt: this.#heardSelf ? now : undefined };
  }

  #liveNamesake(now: MonotonicMs): readonly ControllerIdentity[] {
    const { heartbeat, renewedAt } = this.#namesake ?? {};
    if (heartbeat === undefined || renewedAt === undefined) return [];
    return now - renewedAt <= limits.peerSilenceMs ? [heartbeat.identity] : [];
  }

  #isPodGoing({ podUid }: SeenHeartbeat): boolean {
    if (podUid === undefined) return false;
    const pod = this.#pods.get(podUid)?.pod;
    return pod === undefined ? this.#podsSynced : !isAlive(pod);
  }

  /** A sister pod that has just started will be heard: where its name is lower, it is given its turn. */
  #notHeardYet(heard: readonly ControllerIdentity[]): readonly ControllerIdentity[] {
    return this.#groupPods()
      .filter((pod) => isAlive(pod) && isRunning(pod) && pod.name !== this.#self.name)
      .filter(
        (pod) =>
          !this.#peers.has(pod.name) &&
          !this.#goodbyes.has(pod.name) &&
          !heard.some(({ name }) => name === pod.name),
      )
      .map((pod) => ({ name: pod.name, instance: '' }));
  }

  /** Pods of the same owner as our own, and those that were heard: labels alone could match somebody else's. */
  #groupPods(): readonly PodObject[] {
    const own = this.podNamed(this.#self.name);
    const all = [...this.#pods.values()].map(({ pod }) => pod);
    return all.filter((pod) => {
      const isSister = own?.ownerUid !== undefined && pod.ownerUid === own.ownerUid;
      return isSister || pod === own || this.#peers.get(pod.name)?.heartbeat.podUid === pod.uid;
    });
  }
}

/** Every end of a container moves it: an end that is seen as terminated, and the restart after it. */
function countRestarts(pod: PodObject): number {
  let count = 0;
  for (const { restartCount, state } of pod.containers)
    count += 2 * restartCount + (state.kind === 'terminated' ? 1 : 0);
  return count;
}

function isAlive(pod: PodObject): boolean {
  return pod.deletion === undefined && pod.phase !== 'Succeeded' && pod.phase !== 'Failed';
}

function isRunning(pod: PodObject): boolean {
  return pod.phase === 'Running' && pod.containers.every(({ state }) => state.kind === 'running');
}
