/**
 * Owns which fault each name stands for.
 */
import type { FaultKind } from '../swarm/fault-kinds.ts';
import * as api from './api.ts';
import * as applications from './applications.ts';
import * as byHand from './by-hand.ts';
import * as controllers from './controllers.ts';
import * as declarations from './declarations.ts';
import type { Fault } from './fault.ts';
import * as nodes from './nodes.ts';
import * as people from './people.ts';

export const allFaults: { readonly [kind in FaultKind]: Fault } = {
  'active-crashes': applications.activeCrashes,
  'standby-crashes': applications.standbyCrashes,
  'companion-crashes': applications.companionCrashes,
  'active-is-suspended': applications.activeIsSuspended,
  'active-not-ready': applications.activeNotReady,
  'everybody-crashes': applications.everybodyCrashes,
  'everybody-crashes-again-and-again': applications.everybodyCrashesAgainAndAgain,
  'active-deleted': people.activeDeleted,
  'active-deleted-by-force': people.activeDeletedByForce,
  'standby-deleted-by-force': people.standbyDeletedByForce,
  'everybody-deleted-by-force': people.everybodyDeletedByForce,
  'active-evicted': people.activeEvicted,
  'active-marked-failed': people.activeMarkedFailed,
  'node-drained': people.nodeDrained,
  'scaled-to-one-and-back': people.scaledToOneAndBack,
  'scaled-to-none-and-back': people.scaledToNoneAndBack,
  'paused-and-resumed': people.pausedAndResumed,
  switchover: people.switchover,
  'standby-never-to-be-chosen': byHand.standbyNeverToBeChosen,
  'label-active-by-hand': byHand.labelActiveByHand,
  'label-taken-by-hand': byHand.labelTakenByHand,
  'record-deleted': byHand.recordDeleted,
  'record-edited': byHand.recordEdited,
  'record-deleted-with-two-labels': byHand.recordDeletedWithTwoLabels,
  'singleton-made-anew': declarations.singletonMadeAnew,
  'service-changes-mode': declarations.serviceChangesMode,
  'active-deleted-as-service-changes-mode': declarations.activeDeletedAsServiceChangesMode,
  'service-made-anew': declarations.serviceMadeAnew,
  'controller-crashes': controllers.controllerCrashes,
  'controllers-all-crash': controllers.controllersAllCrash,
  'controller-is-suspended': controllers.controllerIsSuspended,
  'controller-cut-from-api': controllers.controllerCutFromApi,
  'controller-hears-nothing': controllers.controllerHearsNothing,
  'active-crashes-unheard': controllers.activeCrashesUnheard,
  'controller-is-not-heard': controllers.controllerIsNotHeard,
  'controller-cut-from-nodes': controllers.controllerCutFromNodes,
  'controller-link-clogged': controllers.controllerLinkClogged,
  'controller-sees-one-kind-late': controllers.controllerSeesOneKindLate,
  'controller-watches-stall': controllers.controllerWatchesStall,
  'controller-watches-drop': controllers.controllerWatchesDrop,
  'api-restarts': api.apiRestarts,
  'api-answers-late': api.apiAnswersLate,
  'api-watches-late': api.apiWatchesLate,
  'api-watches-drop': api.apiWatchesDrop,
  'api-forgets-history': api.apiForgetsHistory,
  'requests-throttled': api.requestsThrottled,
  'requests-fail': api.requestsFail,
  'requests-fail-after-acting': api.requestsFailAfterActing,
  'requests-lost': api.requestsLost,
  'answers-late': api.answersLate,
  'kubelet-cut-off': nodes.kubeletCutOff,
  'node-cut-off': nodes.nodeCutOff,
  'node-loses-power': nodes.nodeLosesPower,
  'node-loses-power-for-good': nodes.nodeLosesPowerForGood,
  'proxy-lags': nodes.proxyLags,
  'datagrams-lost': nodes.datagramsLost,
};
