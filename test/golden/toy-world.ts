/*
 * Owns a toy world for transcripts: pods, a record and a clock, on which the effects of a decision take place at once.
 * Must not imitate Kubernetes: what the API server really does is the conformance suite's subject.
 */
import { type Baseline, observeContainers } from '../../src/core/baseline.ts';
import { deathStands } from '../../src/core/critical-death.ts';
import {
  type CriticalDeletes,
  countDeath,
  countDelete,
  noCriticalDeletes,
} from '../../src/core/critical-deletes.ts';
import type { Effect } from '../../src/core/decision.ts';
import { type Epoch, higherEpoch, noEpoch, type ResourceVersion } from '../../src/core/identity.ts';
import { hasStopped } from '../../src/core/judge.ts';
import type { Container, DepartedMember, Member } from '../../src/core/member.ts';
import type { RecordView } from '../../src/core/record.ts';
import {
  defaultSettings,
  type Settings,
  type Sight,
  type SingletonView,
  type SwitchoverRequest,
} from '../../src/core/view.ts';
import { after, type MonotonicMs } from '../../src/time/clock.ts';

export class ToyWorld {
  now = 0 as MonotonicMs;
  settings: Settings = defaultSettings;
  sight: Sight = { kind: 'clear' };
  record: RecordView = { kind: 'absent' };
  request: SwitchoverRequest | undefined;
  #version = 100n as ResourceVersion;
  #highestEpoch = noEpoch;
  #criticalDeletes: CriticalDeletes = noCriticalDeletes;
  readonly #members = new Map<string, Member>();
  readonly #baselines = new Map<string, Baseline>();
  readonly #departed: DepartedMember[] = [];
  /** By an effect of ours. */
  readonly #deleted = new Set<string>();

  view(): SingletonView {
    return {
      namespace: 'default',
      name: 'hapod',
      settings: this.settings,
      record: this.record,
      otherRecord: { kind: 'absent' },
      isHolderReached: false,
      follower: undefined,
      movedAt: undefined,
      request: this.request,
      highestEpoch: this.#highestEpoch,
      members: [...this.#members.values()],
      departed: this.#departed,
      podsVersion: this.#version,
      singletonVersion: undefined,
      singletonsSeenVersion: undefined,
      evidenceVersion: this.#version,
      sight: this.sight,
      criticalDeletes: this.#criticalDeletes,
      telling: new Set(),
      steppingDown: new Map(),
      othersMayLead: false,
      mayMissEndpoints: false,
      epochSeenAt: undefined,
      refused: undefined,
    };
  }

  pass(durationMs: number): void {
    this.now = after(this.now, durationMs);
  }

  member(name: string): Member {
    const found = this.#members.get(name);
    if (found === undefined) throw new Error(`no pod ${name}`);
    return found;
  }

  /** Shows the pod to the observer as it now is: its baseline moves, a critical death is noticed. */
  see(member: Member): void {
    this.#version = (this.#version + 1n) as ResourceVersion;
    const before = this.#baselines.get(member.name);
    const baseline = observeContainers(before, member.containers, this.now);
    this.#baselines.set(member.name, baseline);
    if (baseline.deaths > (before?.deaths ?? 0)) this.#criticalDeletes = countDeath(this.#criticalDeletes, this.now);
    const resourceVersion = String(this.#version);
    this.#members.set(member.name, { ...member, resourceVersion, criticalDeath: baseline.death });
  }

  change(name: string, change: (member: Member) => Partial<Member>): void {
    const member = this.member(name);
    this.see({ ...member, ...change(member) });
  }

  changeContainer(name: string, container: string, change: (container: Container) => Partial<Container>): void {
    this.change(name, ({ containers }) => {
      if (!containers.some((one) => one.name === container)) throw new Error(`no container ${name}/${container}`);
      return { containers: containers.map((one) => (one.name === container ? { ...one, ...change(one) } : one)) };
    });
  }

  remove(name: string): void {
    const member = this.member(name);
    this.#version = (this.#version + 1n) as ResourceVersion;
    if (this.#deleted.has(member.uid) || deathStands(member, this.now)) this.#criticalDeletes = countDelete(this.#criticalDeletes, this.now);
    this.#departed.push({ uid: member.uid, name, stopped: hasStopped(member), going: member.leaving !== undefined });
    this.#members.delete(name);
    this.#baselines.delete(name);
  }

  forgetPast(name: string): void {
    this.#baselines.delete(name);
  }

  countCriticalDelete(): void {
    this.#criticalDeletes = countDelete(this.#criticalDeletes, this.now);
  }

  raiseEpoch(epoch: Epoch): void {
    this.#highestEpoch = higherEpoch(this.#highestEpoch, epoch);
  }

  carryOut(effect: Effect): void {
    switch (effect.kind) {
      case 'write-record':
        this.#writeRecord(effect);
        return;
      case 'note-end':
        this.#writeRecord(effect);
        return;
      case 'write-traffic':
      case 'touch-traffic':
      case 'retire-record':
      case 'follow-record':
      case 'withdraw-traffic':
        throw new Error('this world is in Labels mode for ever');
      case 'delete-pod':
        this.#delete(effect);
        return;
      case 'label-pod':
        this.change(effect.pod.name, () => ({ roleLabel: effect.role, labelEpoch: effect.epoch }));
        return;
      case 'tell-pod':
        this.change(effect.pod.name, () => {
          const { epoch, incarnation, companions, role } = effect;
          return { told: { epoch, incarnation, companions, role, isHeard: true } };
        });
    }
  }

  #writeRecord({ write }: Extract<Effect, { kind: 'write-record' | 'note-end' }>): void {
    const { holder, epoch, podsVersion } = write;
    const current = this.record.kind === 'present' ? Number(this.record.resourceVersion) : 0;
    this.record = {
      kind: 'present',
      resourceVersion: String(current + 1),
      epoch,
      holder,
      podsVersion,
      singletonVersion: write.singletonVersion,
      traffic: { kind: 'by-label' },
    };
    this.raiseEpoch(epoch);
  }

  #delete({ pod, graceSeconds }: Extract<Effect, { kind: 'delete-pod' }>): void {
    if (this.#members.get(pod.name)?.uid !== pod.uid) return;
    this.#deleted.add(pod.uid);
    if (graceSeconds === 0) this.remove(pod.name);
    else this.change(pod.name, () => ({ leaving: { graceSeconds: graceSeconds ?? 30 } }));
  }
}
