/**
 * Owns what a Singleton's status says: each field and what it is for, for `kubectl explain` and so that the API server keeps it.
 * Must not bound or enumerate any value: a status that is refused leaves people blind, and the definition in force there may
 * be older than the controller that writes.
 */
import type { MapSchema, ObjectSchema, Schema, StringSchema } from './schema.ts';

function text(description: string): StringSchema {
  return { kind: 'string', description };
}

function count(description: string): Schema {
  return { kind: 'integer', description };
}

const because: ObjectSchema = {
  kind: 'object',
  description: 'Why.',
  fields: {
    code: text('One of docs/reasons.md.'),
    sentence: text('With the names and numbers of the case.'),
  },
};

const phasesMs: MapSchema = {
  kind: 'map',
  values: { kind: 'number', description: 'Milliseconds.' },
  description:
    'What each phase took, in milliseconds: detect, decide, record, fence, route, notify, total; without those that there ' +
    'were none of.',
};

function move(description: string): ObjectSchema {
  return {
    kind: 'object',
    description,
    fields: {
      kind: text('Election, Failover or Switchover.'),
      because,
      from: text('The pod that had the role before.'),
      to: text('The pod that has had it since.'),
      epoch: count('The epoch that began with it.'),
      at: text('When the evidence was seen.'),
      by: text('The controller that did it.'),
      phasesMs,
    },
  };
}

const active: ObjectSchema = {
  kind: 'object',
  description: 'The member that the record names.',
  fields: {
    pod: text('Its name.'),
    uid: text("Its pod's UID."),
    node: text('Where it runs.'),
    epoch: count('The epoch that it was given: the fencing token.'),
    since: text('When it was given the role.'),
  },
};

const standby: ObjectSchema = {
  kind: 'object',
  description: 'A member that is not active.',
  required: ['pod'],
  fields: {
    pod: text('Its name.'),
    node: text('Where it runs.'),
    fit: { kind: 'boolean', description: 'It could take over now.' },
    because: text('Why it is fit, or is not.'),
  },
};

const condition: ObjectSchema = {
  kind: 'object',
  description: 'A condition, as those of other Kubernetes objects.',
  required: ['type', 'status'],
  fields: {
    type: text('Accepted, Available, Redundant, Paused, CrashLooping, Degraded or DrainBlocked.'),
    status: text('True, False or Unknown.'),
    reason: text('The case, in one word.'),
    message: text('The case, with what to do about it.'),
    observedGeneration: count('The metadata.generation that it speaks of.'),
    lastTransitionTime: text('When the status became what it is.'),
  },
};

export const statusDefinition: ObjectSchema = {
  kind: 'object',
  description: 'What is, as the controllers see it.',
  fields: {
    observedGeneration: count('The metadata.generation that the rest speaks of.'),
    mode: text(
      "Direct: the record is the Service's own EndpointSlice. Labels: it is a Lease, and labels follow it.",
    ),
    active,
    epoch: count('The highest epoch that was given out.'),
    ready: text('Fit members, of all: 2/2.'),
    standbys: { kind: 'list', items: standby, description: 'The other members.' },
    standbyNames: text('Those of the standbys that are fit: for the column STANDBYS.'),
    conditions: {
      kind: 'list',
      items: condition,
      unique: { key: 'type' },
      description: 'What holds, and what does not.',
    },
    lastFailover: move('The newest failover in history.'),
    history: {
      kind: 'list',
      items: move('A move of the role.'),
      description: 'Moves of the role, the newest first.',
    },
    failovers: count('Unplanned moves of the role so far.'),
    switchovers: count('Planned moves of the role so far.'),
    because: { ...because, description: 'Why the present decision is what it is.' },
  },
};
