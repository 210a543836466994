/*
 * Owns the member that tests begin with: a pod that runs, is ready, and has never been told anything.
 */
import { noEpoch, podUid } from '../../src/core/identity.ts';
import type { Container, Member } from '../../src/core/member.ts';

/** Its one container, `main`, is critical. */
export function freshMember(name: string, changes: Partial<Member> = {}): Member {
  return {
    uid: podUid(`uid-${name}`),
    name,
    node: 'node1',
    ip: '127.10.1.1',
    createdAtMs: 0,
    resourceVersion: '1',
    phase: 'Running',
    ready: true,
    leaving: undefined,
    roleLabel: 'standby',
    labelEpoch: noEpoch,
    told: undefined,
    priority: 0,
    containers: [freshContainer(name, 'main', true)],
    criticalDeath: undefined,
    nodeReady: true,
    cordonedAt: undefined,
    owner: undefined,
    gateOpen: true,
    ...changes,
  };
}

export function freshContainer(pod: string, name: string, critical: boolean): Container {
  return {
    name,
    critical,
    state: 'running',
    ready: true,
    containerId: `${pod}.${name}`,
    lastEndedContainerId: undefined,
    restartCount: 0,
  };
}
