/**
 * Owns the names of all that can happen to a world. What each of them does is in sim/faults.
 */
export const faultKinds = [
  // Applications.
  'active-crashes',
  'standby-crashes',
  'companion-crashes',
  'active-is-suspended',
  'active-not-ready',
  'everybody-crashes',
  'everybody-crashes-again-and-again',
  // Somebody at work.
  'active-deleted',
  'active-deleted-by-force',
  'standby-deleted-by-force',
  'everybody-deleted-by-force',
  'active-evicted',
  'active-marked-failed',
  'node-drained',
  'scaled-to-one-and-back',
  'scaled-to-none-and-back',
  'paused-and-resumed',
  'switchover',
  'standby-never-to-be-chosen',
  'label-active-by-hand',
  'label-taken-by-hand',
  'record-deleted',
  'record-edited',
  'record-deleted-with-two-labels',
  'singleton-made-anew',
  'service-changes-mode',
  'active-deleted-as-service-changes-mode',
  'service-made-anew',
  // Controllers.
  'controller-crashes',
  'controllers-all-crash',
  'controller-is-suspended',
  'controller-cut-from-api',
  'controller-hears-nothing',
  'active-crashes-unheard',
  'controller-is-not-heard',
  'controller-cut-from-nodes',
  'controller-link-clogged',
  'controller-sees-one-kind-late',
  'controller-watches-stall',
  'controller-watches-drop',
  // The API.
  'api-restarts',
  'api-answers-late',
  'api-watches-late',
  'api-watches-drop',
  'api-forgets-history',
  'requests-throttled',
  'requests-fail',
  'requests-fail-after-acting',
  'requests-lost',
  'answers-late',
  // Nodes and the network.
  'kubelet-cut-off',
  'node-cut-off',
  'node-loses-power',
  'node-loses-power-for-good',
  'proxy-lags',
  'datagrams-lost',
] as const;

export type FaultKind = (typeof faultKinds)[number];

export function isFaultKind(name: string): name is FaultKind {
  return faultKinds.some((kind) => kind === name);
}
