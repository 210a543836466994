/**
 * Owns what spec.notify may say: how an application is told of its role.
 * Must not know what is sent: src/wire does.
 */
import { isObject } from '../kube/decode.ts';
import { limits } from './limits.ts';
import type { IntegerSchema, ObjectSchema, StateRule } from './schema.ts';

/** Printable ASCII but space and number sign, from a slash on. */
const httpPath = '^/[!"$-~]*$';

export function port(description: string): IntegerSchema {
  return { kind: 'integer', minimum: 1, maximum: limits.portMax, description };
}

export const notify: ObjectSchema = {
  kind: 'object',
  description:
    'How an application is told that it has become active, or no longer is, and with which epoch. Left out: by the ' +
    'annotation understudy.dev/epoch of its pod alone.',
  fields: {
    udp: {
      kind: 'object',
      description:
        "A datagram to the pod's address, sent again until it is answered where its format has an answer.",
      required: ['port'],
      fields: {
        port: port('Where the application listens.'),
        format: {
          kind: 'string',
          values: ['ancestor', 'json'],
          default: 'ancestor',
          description:
            'ancestor: the text GoActiveDuringFailover, on promotion only, never answered. json: an object with ' +
            'role, epoch, singleton and pod; the application sends the epoch back.',
        },
      },
    },
    http: {
      kind: 'object',
      description:
        "A POST of the json format to the pod's address, sent again until it is answered with 2xx.",
      required: ['port', 'path'],
      fields: {
        port: port('Where the application listens.'),
        path: {
          kind: 'string',
          lengthMin: 1,
          lengthMax: limits.httpPathMax,
          pattern: httpPath,
          description: 'From the slash on: /role.',
        },
      },
    },
  },
};

/** A rule of the spec: onDemote stands beside notify. */
export const notifyIsAnswered: StateRule = {
  kind: 'state',
  cel:
    "self.onDemote != 'Notify' || (has(self.notify) && (has(self.notify.http) || " +
    "(has(self.notify.udp) && self.notify.udp.format == 'json')))",
  holds: (spec) => spec.onDemote !== 'Notify' || acknowledges(spec.notify),
  fieldPath: '.onDemote',
  message: 'Notify needs a way to be answered: notify.http, or notify.udp with format json',
};

function acknowledges(channels: unknown): boolean {
  if (!isObject(channels)) return false;
  return channels.http !== undefined || (isObject(channels.udp) && channels.udp.format === 'json');
}
