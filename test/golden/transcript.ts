/*
 * Owns the language of transcripts: commands that happen to a toy world, and how a decision is written down.
 * A block is a command, a line of `----`, and what it printed; text after # is for the reader.
 */
import { decide } from '../../src/core/decide.ts';
import type { Decision, Effect } from '../../src/core/decision.ts';
import { noEpoch, podUid, type ResourceVersion, recordEpochOf } from '../../src/core/identity.ts';
import { type Container, companionsOf, incarnationOf, type Member, type PodPhase, type Told } from '../../src/core/member.ts';
import { after, type MonotonicMs } from '../../src/time/clock.ts';
import { freshContainer, freshMember } from './fresh-member.ts';
import { ToyWorld } from './toy-world.ts';

/** Passes of one `run`: a plan that needs more does not settle. */
const passesMax = 8;

/** Plays every command of a transcript and returns the text with the outputs as they are now. */
export function play(transcript: string): string {
  const world = new ToyWorld();
  const blocks = transcript.trim().split(/\n\n+/);
  return `${blocks.map((block) => playBlock(world, block)).join('\n\n')}\n`;
}

function playBlock(world: ToyWorld, block: string): string {
  const [input = ''] = block.split(/^----$/m);
  const lines = input.trimEnd().split('\n');
  const output: string[] = [];
  for (const line of lines) {
    const command = line.replace(/#.*$/, '').trim();
    if (command !== '') output.push(...carryOut(world, command));
  }
  const head = lines.join('\n');
  return output.length === 0 ? head : `${head}\n----\n${output.join('\n')}`;
}

function carryOut(world: ToyWorld, command: string): readonly string[] {
  const [verb = '', ...words] = command.split(/\s+/);
  const act = commands[verb];
  if (act === undefined) throw new Error(`unknown command: ${command}`);
  return act(world, words) ?? [];
}

type Command = (world: ToyWorld, words: readonly string[]) => readonly string[] | undefined;

const commands: Readonly<Record<string, Command>> = {
  pod: (world, words) => addPod(world, words),
  change: (world, [name = '', ...words]) => {
    world.change(name, (member) => podFields(words, member));
    return undefined;
  },
  end: (world, [target = '']) => {
    onContainer(world, target, () => ({ state: 'terminated', ready: false }));
    return undefined;
  },
  restart: (world, [target = '']) => {
    onContainer(world, target, (container) => ({
      state: 'running',
      ready: true,
      restartCount: container.restartCount + 1,
      lastEndedContainerId: container.containerId,
      containerId: `${container.containerId}'`,
    }));
    return undefined;
  },
  // As seen by a controller that has just started: another container, and no memory of the one before.
  life: (world, [target = '']) => {
    world.forgetPast(target.split('/')[0] ?? '');
    onContainer(world, target, ({ containerId }) => ({ containerId: `${containerId}'`, restartCount: 1 }));
    return undefined;
  },
  stop: (world, [name = '']) => {
    world.change(name, ({ containers }) => ({
      phase: 'Failed',
      ready: false,
      containers: containers.map((container) => ({ ...container, state: 'terminated', ready: false })),
    }));
    return undefined;
  },
  delete: (world, [name = '', grace = 'grace=30']) => {
    world.change(name, () => ({ leaving: { graceSeconds: Number(grace.slice('grace='.length)) } }));
    return undefined;
  },
  gone: (world, [name = '']) => {
    world.remove(name);
    return undefined;
  },
  record: (world, [what]) => changeRecord(world, what),
  // A switchover, to a member or to the best one.
  ask: (world, [to]) => {
    const atEpoch = world.record.kind === 'present' ? world.record.epoch : noEpoch;
    const from = world.record.kind === 'present' ? world.record.holder?.uid : undefined;
    world.request = { to: to === 'best' ? undefined : to, atEpoch, from };
    return undefined;
  },
  deletes: (world, [count = '0']) => {
    for (let made = 0; made < Number(count); made++) world.countCriticalDelete();
    return undefined;
  },
  safety: (world, [safety]) => {
    world.settings = { ...world.settings, safety: safety === 'Strict' ? 'Strict' : 'Prompt' };
    return undefined;
  },
  pause: (world) => {
    world.settings = { ...world.settings, paused: true };
    return undefined;
  },
  resume: (world) => {
    world.settings = { ...world.settings, paused: false };
    return undefined;
  },
  blind: (world, [because]) => {
    world.sight = { kind: 'blind', because: because === 'not-synced' ? 'not-synced' : 'heartbeat-missing' };
    return undefined;
  },
  see: (world) => {
    world.sight = { kind: 'clear' };
    return undefined;
  },
  wait: (world, [seconds = '0']) => {
    world.pass(Number(seconds.replace(/s$/, '')) * 1_000);
    return undefined;
  },
  decide: (world) => describe(decide(world.view(), world.now), world.now),
  run: (world) => run(world),
};

function addPod(world: ToyWorld, [name = '', ...words]: readonly string[]): undefined {
  const fresh = freshMember(name);
  world.see({ ...fresh, ...podFields(words, fresh) });
}

type MutableMember = { -readonly [Field in keyof Member]?: Member[Field] };

function podFields(words: readonly string[], member: Member): Partial<Member> {
  const fields: MutableMember = {};
  for (const word of words) {
    const [key = '', value = ''] = word.split('=');
    if (key === 'born') fields.createdAtMs = Number(value) * 1_000;
    else if (key === 'ready') fields.ready = value === 'yes';
    else if (key === 'role') fields.roleLabel = value === 'none' ? undefined : value;
    else if (key === 'address') fields.ip = value === 'none' ? undefined : value;
    else if (key === 'phase') fields.phase = phaseNamed(value);
    else if (key === 'node') fields.nodeReady = value === 'ready';
    else if (key === 'priority') fields.priority = value === 'never' ? 'never' : Number(value);
    else if (key === 'epoch') fields.labelEpoch = recordEpochOf(Number(value)) ?? noEpoch;
    else if (key === 'told') fields.told = toldAs(value, member);
    else if (key === 'containers') fields.containers = containersNamed(member.name, value);
    else throw new Error(`unknown field: ${word}`);
  }
  return fields;
}

/** `3`: told that it is active, with epoch 3. `3/standby`: it acknowledged that it stepped down. `/unheard`: not yet. */
function toldAs(value: string, member: Member): Told {
  const [number, ...marks] = value.split('/');
  return {
    epoch: recordEpochOf(Number(number)) ?? noEpoch,
    incarnation: incarnationOf(member),
    companions: companionsOf(member),
    role: marks.includes('standby') ? 'standby' : 'active',
    isHeard: !marks.includes('unheard'),
  };
}

/** `a,b!`: two containers, of which b is critical. */
function containersNamed(pod: string, list: string): readonly Container[] {
  return list.split(',').map((name) => freshContainer(pod, name.replace('!', ''), name.endsWith('!')));
}

function phaseNamed(name: string): PodPhase {
  const known: readonly PodPhase[] = ['Pending', 'Running', 'Succeeded', 'Failed'];
  return known.find((phase) => phase === name) ?? 'Unknown';
}

function onContainer(world: ToyWorld, target: string, change: (container: Container) => Partial<Container>): void {
  const [pod = '', name = ''] = target.split('/');
  world.changeContainer(pod, name, change);
}

function changeRecord(world: ToyWorld, what: string | undefined): undefined {
  if (what === 'lost') {
    const { record } = world;
    if (record.kind === 'present') world.raiseEpoch(record.epoch);
    world.record = { kind: 'absent' };
  } else if (what === 'unknown') {
    world.record = { kind: 'unknown' };
  } else if (world.record.kind === 'present' && what === 'emptied') {
    world.record = { ...world.record, holder: undefined };
  } else if (world.record.kind === 'present' && what?.startsWith('epoch=')) {
    world.record = { ...world.record, epoch: recordEpochOf(Number(what.slice('epoch='.length))) ?? noEpoch };
  } else if (world.record.kind === 'present' && what === 'ahead') {
    world.record = { ...world.record, podsVersion: 999_999n as ResourceVersion };
  } else {
    throw new Error(`record ${what}?`);
  }
}

/** Decides and carries out until nothing is due. */
function run(world: ToyWorld): readonly string[] {
  const output: string[] = [];
  for (let pass = 0; pass < passesMax; pass++) {
    const decision = decide(world.view(), world.now);
    output.push(...describe(decision, world.now));
    if (decision.effects.length === 0) return output;
    for (const effect of decision.effects) world.carryOut(effect);
  }
  throw new Error(`not settled after ${passesMax} passes:\n${output.join('\n')}`);
}

function describe(decision: Decision, now: MonotonicMs): readonly string[] {
  const { because, effects, recheckAt, answer } = decision;
  const answered = answer === undefined ? [] : [`  answer: ${answer.kind}: ${answer.sentence}`];
  const recheck = recheckAt === undefined ? [] : [`  again in ${after(recheckAt, -now)} ms`];
  return [`${because.code}: ${because.sentence}`, ...effects.map((effect) => `  ${describeEffect(effect)}`), ...answered, ...recheck];
}

function describeEffect(effect: Effect): string {
  switch (effect.kind) {
    case 'write-record':
      return `record: ${effect.write.holder.name} holds epoch ${effect.write.epoch} (${effect.write.base.kind})`;
    case 'write-traffic':
      return `traffic: ${effect.write.holder.name} ${effect.write.serving ? 'ready' : 'not ready'}`;
    case 'touch-traffic':
      return `touch: ${effect.write.holder.name}`;
    case 'note-end':
      return `note: ${effect.write.holder.name} has ended`;
    case 'retire-record':
      return 'retire: the record of the other mode';
    case 'follow-record':
      return 'follow: endpoints of the second family';
    case 'withdraw-traffic':
      return 'withdraw: endpoints of the other mode';
    case 'delete-pod': {
      const grace = effect.graceSeconds === undefined ? 'its own grace' : `grace ${effect.graceSeconds} s`;
      return `delete: ${effect.pod.name}, ${grace} (${effect.rule}${effect.gates ? ', before traffic moves' : ''})`;
    }
    case 'label-pod':
      return `label: ${effect.pod.name} ${effect.role}, epoch ${effect.epoch}`;
    case 'tell-pod':
      return `tell: ${effect.pod.name} is ${effect.role}, epoch ${effect.epoch}`;
  }
}
