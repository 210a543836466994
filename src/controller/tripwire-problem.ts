/**
 * Owns what can keep a tripwire from doing its work, and the sentences that tell an operator what to do about it.
 * Must not be evidence of anything: no decision rests on a problem.
 */
import type { DialTarget } from './dialer.ts';

export type TripwireProblem =
  /** Refused from the beginning, by a member that is Ready. */
  | { readonly kind: 'NobodyListens' }
  /** SYNs are not answered. */
  | { readonly kind: 'Silent' }
  | { readonly kind: 'Unreachable'; readonly code: string }
  /** Accepts, and resets or closes within milliseconds, again and again. */
  | { readonly kind: 'AnsweredFor' }
  /** Closes idle connections so early that it can't be reconnected at once each time. */
  | { readonly kind: 'ClosesEarly'; readonly ageMs: number }
  | { readonly kind: 'Talks' }
  /** A connection stood through a restart that the kubelet has told of. */
  | { readonly kind: 'Outlived' }
  | { readonly kind: 'NoSocket'; readonly code: string }
  | { readonly kind: 'TooMany'; readonly tripwiresMax: number };

/** As it goes into a status or an Event: a code for machines, a sentence for people. */
export interface ProblemNote {
  readonly code: TripwireProblem['kind'];
  readonly sentence: string;
}

export function noteOf(problem: TripwireProblem, target: DialTarget): ProblemNote {
  return { code: problem.kind, sentence: `tripwire: ${sentenceOf(problem, target)}` };
}

const insteadOfIt = 'until then a crash is seen when the kubelet tells of it, 0–1 s late';

function sentenceOf(problem: TripwireProblem, { ip, port }: DialTarget): string {
  const address = ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
  switch (problem.kind) {
    case 'NobodyListens':
      return `nobody listens on ${address}: name a TCP port that the active application listens on; ${insteadOfIt}`;
    case 'Silent':
      return `${address} does not answer: a NetworkPolicy may block it (allow the controllers' pods TCP ${port}), or its node is gone; ${insteadOfIt}`;
    case 'Unreachable':
      return `no way to ${address} (${problem.code}): a NetworkPolicy, a firewall or a missing route may block it; ${insteadOfIt}`;
    case 'AnsweredFor':
      return `${address} accepts connections and ends them at once: something answers in the application's place, as a mesh sidecar does; exclude the port from the sidecar (Istio: traffic.sidecar.istio.io/excludeInboundPorts, Linkerd: config.linkerd.io/skip-inbound-ports); ${insteadOfIt}`;
    case 'ClosesEarly':
      return `${address} closes idle connections after ${Math.round(problem.ageMs)} ms: a crash is seen up to 1 s late; name a port that keeps them for longer`;
    case 'Talks':
      return `${address} sends more than anybody asked for, so nothing more is read, and the end of the connection can't be seen: name a port where the client speaks first; ${insteadOfIt}`;
    case 'Outlived':
      return `the connection to ${address} outlived a restart of the member: its critical containers do not hold that port, a sidecar or another container does; a crash of theirs is seen when the kubelet tells of it, 0–1 s late`;
    case 'NoSocket':
      return `this controller can't open a connection to ${address} (${problem.code}): look at its limit of open files and at the address; ${insteadOfIt}`;
    case 'TooMany':
      return `this controller holds ${problem.tripwiresMax} tripwires, which is its limit: ${address} is not watched; a crash is seen when the kubelet tells of it, 0–1 s late`;
  }
}
