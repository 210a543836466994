/**
 * Owns the mistakes in the client's watches (src/kube) and in what stands between them and the views.
 * Must not hold one that the compiler would find.
 */
import type { Mutation } from './mutation.ts';

export const clientMutations: readonly Mutation[] = [
  {
    name: 'a watch resumes one version too late',
    file: 'src/kube/watch-fsm.ts',
    from: "return resourceVersion === undefined ? snapshotOf(machine) : { kind: 'watch', resourceVersion };",
    to: "return resourceVersion === undefined ? snapshotOf(machine) : { kind: 'watch', resourceVersion: String(BigInt(resourceVersion) + 1n) };",
  },
  {
    name: 'a watch that was lost goes on from what there is, and what has gone is not known',
    file: 'src/kube/watch-fsm.ts',
    from: "return resourceVersion === undefined ? snapshotOf(machine) : { kind: 'watch', resourceVersion };",
    to: "return resourceVersion === undefined ? snapshotOf(machine) : { kind: 'watch', resourceVersion: '0' };",
  },
  {
    name: 'a list that was interrupted is resumed as a watch',
    file: 'src/kube/watch-fsm.ts',
    from: "if (phase.kind === 'watchList') return { ...machine, phase: { ...phase, heardAtMs: nowMs } };",
    to: "if (phase.kind === 'watchList') return { ...machine, resourceVersion, phase: { ...phase, heardAtMs: nowMs } };",
  },
  {
    name: 'a complete picture has nobody in it',
    file: 'src/kube/watch-delivery.ts',
    from: '    this.#present?.add(identity.uid);\n',
    to: '',
  },
  {
    name: 'a pod that is missing in a complete picture is still there',
    file: 'src/controller/pod-view.ts',
    from: 'for (const uid of missing) pods.depart(uid, undefined, undefined, now);',
    to: '',
  },
  {
    name: 'pods that are gone from a complete picture are still handed on',
    file: 'src/controller/all-pods.ts',
    from: 'for (const uid of pods.keys()) if (!present.has(uid)) pods.delete(uid);',
    to: '',
  },
  {
    name: 'an order to list anew is not obeyed',
    file: 'src/kube/watch-fsm.ts',
    from: "    case 'relistOrdered':\n      return relist(machine, context);",
    to: "    case 'relistOrdered':\n      return { machine, commands: NO_COMMANDS };",
  },
  {
    name: 'a DELETED event says nothing',
    file: 'src/controller/pod-view.ts',
    from: 'if (pods === undefined) return;',
    to: 'if (pods === undefined || last !== undefined) return;',
  },
];
