/**
 * Owns what a Singleton's spec may say: each field with its values, its default and its purpose, and the rules between fields.
 * Must not know how that is written for Kubernetes (custom-resource-definition.ts) or applied here (decode-singleton.ts).
 */
import { limits } from './limits.ts';
import { dnsLabel, qualifiedName } from './name-patterns.ts';
import { notify, notifyIsAnswered, port } from './notify-definition.ts';
import type { IntegerSchema, ListSchema, ObjectSchema, StringSchema } from './schema.ts';
import { selector } from './selector-definition.ts';
import type { SingletonSpec } from './singleton.ts';

/** What holds where the spec does not say; also for a singleton that is adopted by label and has no spec. */
export const specDefaults = {
  safety: 'Prompt',
  onDemote: 'Restart',
  stepDownMs: 1_000,
  minFailoverIntervalSeconds: 10,
  drainTimeoutSeconds: 300,
  paused: false,
  minEpoch: 0,
} as const satisfies Partial<SingletonSpec>;

/** A name that labels carry. */
export const nameDefinition: StringSchema = {
  kind: 'string',
  lengthMax: limits.dnsLabelMax,
  description: 'Labels of the record carry it.',
};

function seconds(fallback: number, description: string): IntegerSchema {
  return {
    kind: 'integer',
    minimum: 0,
    maximum: limits.intervalSecondsMax,
    default: fallback,
    description,
  };
}

const service: StringSchema = {
  kind: 'string',
  lengthMin: 1,
  lengthMax: limits.dnsLabelMax,
  pattern: dnsLabel,
  description:
    'The Service of this namespace that reaches the active member and no other. Without a selector of its own its ' +
    'traffic moves with one write (Direct mode); one that selects role=active follows the label (Labels mode). Left ' +
    'out: labels are kept, no traffic is moved. It can be added later, but not changed or taken away.',
};

const containers: ListSchema = {
  kind: 'list',
  items: {
    kind: 'string',
    lengthMin: 1,
    lengthMax: limits.dnsLabelMax,
    pattern: dnsLabel,
    description: "A container's name.",
  },
  itemsMax: limits.criticalContainersMax,
  unique: 'set',
  description: 'Names of containers whose end is the end of their pod.',
};

export const specDefinition: ObjectSchema = {
  kind: 'object',
  description: 'What is asked for.',
  required: ['selector'],
  fields: {
    selector,
    service,
    critical: {
      kind: 'object',
      description:
        'Containers that matter, beside those with the environment variable pwcriticality=critical. Where none is ' +
        'marked the readiness of the whole pod counts.',
      fields: { containers },
    },
    notify,
    safety: {
      kind: 'string',
      values: ['Prompt', 'Strict'],
      default: specDefaults.safety,
      description:
        'Prompt: a standby takes over on proof, and on the word of the API that the active is gone or not ready. ' +
        'Strict: on proof alone that the old active has stopped.',
    },
    onDemote: {
      kind: 'string',
      values: ['Restart', 'Notify'],
      default: specDefaults.onDemote,
      description:
        'What becomes of a member that loses the role while it lives. Restart: its pod is deleted and comes back as a ' +
        'standby. Notify: it is told, and goes on as a standby once it has answered; without an answer it is deleted.',
    },
    stepDownMs: {
      kind: 'integer',
      minimum: limits.stepDownMsMin,
      maximum: limits.stepDownMsMax,
      default: specDefaults.stepDownMs,
      description: 'How long a living ex-active has to answer that it has stepped down, in milliseconds.',
    },
    tripwire: {
      kind: 'object',
      required: ['port'],
      fields: { port: port("The application's TCP port.") },
      description:
        'A crash is seen at once by an idle TCP connection from each controller to the active member. Nothing is sent ' +
        'over it.',
    },
    promotionGate: {
      kind: 'string',
      lengthMin: 1,
      lengthMax: limits.qualifiedNameMax,
      pattern: qualifiedName,
      description: 'The type of a pod condition that must be True before a member may become active.',
    },
    minFailoverIntervalSeconds: seconds(
      specDefaults.minFailoverIntervalSeconds,
      'Moves of the role that rest on no proof have at least this long between them.',
    ),
    drainTimeoutSeconds: seconds(
      specDefaults.drainTimeoutSeconds,
      'The drain of a node is held up for want of a fit standby, but not longer than this.',
    ),
    paused: {
      kind: 'boolean',
      default: specDefaults.paused,
      description: 'No decision is carried out; the status says what would be done.',
    },
    minEpoch: {
      kind: 'integer',
      minimum: 0,
      maximum: limits.minEpochMax,
      default: specDefaults.minEpoch,
      description: 'The next epoch is at least this: for a restore from a backup that lost every epoch.',
    },
  },
  rules: [
    notifyIsAnswered,
    {
      kind: 'transition',
      cel: '!has(oldSelf.service) || (has(self.service) && self.service == oldSelf.service)',
      holds: (spec, before) => before.service === undefined || spec.service === before.service,
      fieldPath: '.service',
      message:
        "can't be changed once it is set: the record is named after the Service; make another Singleton",
    },
  ],
};
