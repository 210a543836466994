/**
 * Owns the mistakes in the client's watches (src/kube) and in what stands between them and the views.
 * Must not hold one that the compiler would find.
 */
import type { Mutation } from './mutation.ts';

export const clientMutations: readonly Mutation[] = [
  {
    name: 'after 410 a watch goes on from what there is, and what has gone is never known',
    file: 'src/kube/watch-fsm.ts',
    from: 'if (expiries === 1) return open(unknown, snapshotOf(unknown), context);',
    to: "if (expiries === 1) return open(unknown, { kind: 'watch', resourceVersion: '0' }, context);",
  },
  {
    name: 'after 410 the same version is asked for again',
    file: 'src/kube/watch-fsm.ts',
    from: 'if (expiries === 1) return open(unknown, snapshotOf(unknown), context);',
    to: 'if (expiries === 1) return open(machine, reopening(machine), context);',
  },
  {
    name: 'a watch resumes one version too late',
    file: 'src/kube/watch-fsm.ts',
    from: "return resourceVersion === undefined ? snapshotOf(machine) : { kind: 'watch', resourceVersion };",
    to: "return resourceVersion === undefined ? snapshotOf(machine) : { kind: 'watch', resourceVersion: String(BigInt(resourceVersion) + 1n) };",
  },
  {
    name: 'a watch that was lost is resumed from now',
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
    name: 'a watch that waits is never opened again',
    file: 'src/kube/watch-fsm.ts',
    from: "    case 'waiting':\n      return open(machine, phase.next, context);",
    to: "    case 'waiting':\n      return { machine, commands: NO_COMMANDS };",
  },
  {
    name: 'an ordered list is a watch that goes on',
    file: 'src/kube/watch-fsm.ts',
    from: 'return open(unknown, snapshotOf(unknown), context);\n}\n\nfunction relistAfterRefusal',
    to: 'return open(machine, reopening(unknown), context);\n}\n\nfunction relistAfterRefusal',
  },
  {
    name: 'only what has just been made counts as present in a complete picture',
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
    name: 'a DELETED event is not heard',
    file: 'src/controller/pod-view.ts',
    from: 'if (wasKnown) this.#options.onChanged(pods);',
    to: 'if (!wasKnown) this.#options.onChanged(pods);',
  },
  {
    name: 'a conflict counts as an object that is not there',
    file: 'src/kube/status.ts',
    from: "if (status === 409) return { kind: 'conflict', alreadyExists: reason === 'AlreadyExists', ...refusal };",
    to: "if (status === 409 && reason === 'AlreadyExists') return { kind: 'conflict', alreadyExists: true, ...refusal };",
  },
];
