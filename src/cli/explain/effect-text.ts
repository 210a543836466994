/**
 * Owns each effect of a decision in the words of a person.
 * Must not leave one out: a new kind of effect does not compile until it has words.
 */
import type { Mode } from '../../api/singleton.ts';
import type { Effect } from '../../core/decision.ts';

export function effectText(effect: Effect, mode: Mode | undefined): string {
  switch (effect.kind) {
    case 'write-record': {
      const { holder, epoch } = effect.write;
      const traffic = mode === 'Direct' ? ', and the same write moves the traffic' : '';
      return `the record names ${holder.name}, with epoch ${epoch}${traffic}`;
    }
    case 'write-traffic':
      return `the endpoint of ${effect.write.holder.name} becomes ${effect.write.serving ? 'ready' : 'not ready'}`;
    case 'touch-traffic':
      return 'our endpoints are written once more, unchanged';
    case 'note-end':
      return `the record keeps that ${effect.write.holder.name} has ended`;
    case 'retire-record':
      return 'the record of the other mode gives way';
    case 'follow-record':
      return 'the endpoints of the second address family follow';
    case 'withdraw-traffic':
      return 'the endpoints of the other mode are deleted';
    case 'delete-pod':
      return `pod ${effect.pod.name} is deleted ${graceText(effect.graceSeconds)}${deleteReasons[effect.rule]}`;
    case 'label-pod':
      return effect.role === 'active'
        ? `${effect.pod.name} gets the label role=active${mode === 'Labels' ? ': the Service follows it' : ''}`
        : `${effect.pod.name} gets the label role=standby`;
    case 'tell-pod':
      return `${effect.pod.name} (${effect.ip}) is told that it is active, with epoch ${effect.epoch}`;
  }
}

function graceText(graceSeconds: number | undefined): string {
  if (graceSeconds === undefined) return 'with its own grace period';
  return graceSeconds === 0 ? 'at once' : `with ${graceSeconds} s of grace`;
}

const deleteReasons = {
  'critical-container': ', because a critical container of it ended',
  fence: ', so that it cannot act any more',
  demoted: ', because it may still believe that it is active',
} as const;
