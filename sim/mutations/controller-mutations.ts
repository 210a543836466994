/**
 * Owns the mistakes in src/controller: what is seen wrongly, or carried out in another way than was decided.
 * Must not hold one that the compiler would find.
 */
import type { Mutation } from './mutation.ts';

export const controllerMutations: readonly Mutation[] = [
  {
    name: 'a pod is deleted by its name alone',
    file: 'src/kube/request.ts',
    from: 'preconditions: { uid: options.uid, resourceVersion: options.resourceVersion },',
    to: 'preconditions: { resourceVersion: options.resourceVersion },',
  },
  {
    name: 'sight lasts from when the heartbeat came back, not from when it was sent',
    file: 'src/controller/controller.ts',
    from: 'this.#sight.renewalCameBack(sentAt);',
    to: 'this.#sight.renewalCameBack(clock.now() > sentAt ? clock.now() : sentAt);',
  },
  {
    name: 'sight is clear once the first pictures are there',
    file: 'src/controller/sight.ts',
    from: 'if (this.#provenAt === undefined || now - this.#provenAt > limits.sightMs) return heartbeatMissing;',
    to: 'if (this.#provenAt === undefined && now > limits.sightMs) return heartbeatMissing;',
  },
  {
    name: 'the record is written whatever it has become',
    file: 'src/controller/record-writer.ts',
    from: 'const patch = objectPatch({ resourceVersion }, { metadata, ...rest });',
    to: "const patch = objectPatch(resourceVersion === '' ? { resourceVersion } : {}, { metadata, ...rest });",
  },
  {
    name: 'a label is written after the record has moved on',
    file: 'src/controller/runner.ts',
    from: 'return holder === undefined || epoch === undefined || !this.#options.records.names(epoch, holder);',
    to: 'return holder === undefined || epoch === undefined;',
  },
  {
    name: 'a label is written on whatever the pod has become',
    file: 'src/controller/runner.ts',
    from: 'const patch = objectPatch({ uid, resourceVersion }, { metadata });',
    to: 'const patch = objectPatch({}, { metadata });',
  },
  {
    name: 'fences and labels do not wait for the record',
    file: 'src/controller/runner.ts',
    from: "    const end = await recorded;\n    if (end.kind !== 'done')",
    to: "    const end = effects.length > 1 ? done : await recorded;\n    if (end.kind !== 'done')",
  },
  {
    name: 'the label goes to the next one although the fence failed',
    file: 'src/controller/runner.ts',
    from: "if (end.kind !== 'done' && instead === undefined) return end;",
    to: '',
  },
  {
    name: 'the record that was just written is not seen before the watch brings it',
    file: 'src/controller/record-writer.ts',
    from: 'if (written !== undefined) records.applyWritten(singletonName, written);',
    to: 'if (written !== undefined) records.changesOf(written.namespace, singletonName);',
  },
  {
    name: 'a record that is missing in a complete picture is still there',
    file: 'src/controller/record-view.ts',
    from: '        this.#makeAbsent(entry, seen);',
    to: '        entry.version = seen;',
  },
  {
    name: 'a GET that finds no record is not believed',
    file: 'src/controller/record-view.ts',
    from: 'if (entry.changes !== changesBefore) return;',
    to: 'if (entry.changes === changesBefore) return;',
  },
  {
    name: 'a retired record is one in effect',
    file: 'src/controller/seen-record.ts',
    from: "if (retired) return { kind: 'retired', resourceVersion, epoch, holder: named };",
    to: "if (retired && named === undefined) return { kind: 'retired', resourceVersion, epoch, holder: named };",
  },
  {
    name: 'a record is made without a GET of the other one',
    file: 'src/controller/singleton-records.ts',
    from: 'const failure = await other.settle();',
    to: "const failure = other.known.kind === 'unknown' ? await other.settle() : undefined;",
  },
  {
    name: 'a record is made while the other one is in effect',
    file: 'src/controller/singleton-records.ts',
    from: "const isFree = other.known.kind === 'absent' || other.isRetired;",
    to: "const isFree = other.known.kind !== 'unknown';",
  },
  {
    name: 'endpoints that Kubernetes left behind are deleted once, whether or not more come',
    file: 'src/controller/service-slices.ts',
    from: 'if (left.length === 0) {',
    to: 'if (left.length === 0 || this.#clearings > 0) {',
  },
  {
    name: 'endpoints that Kubernetes left behind stay',
    file: 'src/controller/service-slices.ts',
    from: 'const left = slices.filter(isKubernetes);',
    to: 'const left = slices.filter((slice) => !isKubernetes(slice) && slice.endpoints.length === 0);',
  },
  {
    name: 'every member is ready in our slice',
    file: 'src/controller/endpoints-codec.ts',
    from: 'encodeEndpoint(pod, address, serving && pod.uid === holderUid)',
    to: 'encodeEndpoint(pod, address, serving)',
  },
  {
    name: 'a notice without an acknowledgement counts as heard',
    file: 'src/controller/delivery.ts',
    from: "if (outcome.kind === 'sent' || outcome.kind === 'acknowledged') {",
    to: "if (outcome.kind !== 'refused') {",
  },
  {
    name: 'nobody is told a second time',
    file: 'src/controller/delivery.ts',
    from: '    this.#say(outcome);\n    this.#again();',
    to: '    this.#say(outcome);',
  },
  {
    name: 'who has lost the role is told for ever that it is active',
    file: 'src/controller/singleton.ts',
    from: 'return this.#records.names(epoch, pod) && this.#pods.isIncarnation(pod.uid, incarnation);',
    to: 'return this.#pods.isIncarnation(pod.uid, incarnation);',
  },
  {
    name: 'the next life in a pod is told what was meant for the last',
    file: 'src/controller/singleton.ts',
    from: 'return this.#records.names(epoch, pod) && this.#pods.isIncarnation(pod.uid, incarnation);',
    to: 'return this.#records.names(epoch, pod) && this.#pods.memberByUid(pod.uid) !== undefined;',
  },
  {
    name: 'a blind controller goes on telling',
    file: 'src/controller/singleton.ts',
    from: "if (role === 'active' && sight(clock.now()).kind === 'blind') return false;",
    to: '',
  },
  {
    name: 'what was told is written down before it is heard',
    file: 'src/controller/teller.ts',
    from: 'if (channels.length === 0) this.#beginWrite(tell);',
    to: 'if (channels.length >= 0) this.#beginWrite(tell);',
  },
  {
    name: 'a step-down is written down as if it were the role',
    file: 'src/controller/pod-codec.ts',
    from: "role === 'standby' ? standbyMark : ''}",
    to: "role === 'standby' && !isHeard ? standbyMark : ''}",
  },
  {
    name: 'an active is asked to step down before that is written down',
    file: 'src/controller/teller.ts',
    from: '      this.#guard(tell, this.#ask(tell, 1));\n      return;',
    to: '      if (tell.writes > 0) this.#guard(tell, this.#ask(tell, 1));',
  },
  {
    name: 'the label does not say that whoever gets it may believe it',
    file: 'src/controller/pod-codec.ts',
    from: "...(role === 'active' && member !== undefined ? mayBelieve(member, epoch) : {}),",
    to: "...(role === 'active' && member === undefined ? { [words.told]: null } : {}),",
  },
  {
    name: "a tripwire's suspicion moves the role",
    file: 'src/controller/declared-singleton.ts',
    from: "if (kind === 'refused') this.#refused = incarnation;",
    to: "if (kind !== 'accepting') this.#refused = incarnation;",
  },
  {
    name: 'a backup never acts',
    file: 'src/core/hold-back.ts',
    from: 'const since = pending?.need === need ? pending.since : now;',
    to: 'const since = now;',
  },
  {
    name: 'what happens during a pass is not decided on',
    file: 'src/controller/singleton-loop.ts',
    from: '        this.#busy = false;\n        this.step();',
    to: '        this.#busy = false;',
  },
  {
    name: 'nodes that are Ready again are still not',
    file: 'src/controller/node-view.ts',
    from: "if (ready === 'True') this.#notReady.delete(name);\n    // Also",
    to: "if (ready === 'True') this.#notReady.get(name);\n    // Also",
  },
  {
    name: 'no budget holds up a drain',
    file: 'src/controller/disruption-budget.ts',
    from: 'const isWanted = !this.#isLifted && !this.#isProtectedByOthers();',
    to: 'const isWanted = this.#isLifted && !this.#isProtectedByOthers();',
  },
  {
    name: 'an own delete is not seen before the watch brings it',
    file: 'src/controller/runner.ts',
    from: '    if (answered !== undefined) pods.applyOwnWrite(answered, clock.now());\n    pods.applyOwnDelete(uid, effect.graceSeconds ?? answered?.deletion?.graceSeconds ?? 0);\n',
    to: '',
  },
  {
    name: 'endpoints that Kubernetes left behind are not looked for',
    file: 'src/controller/singleton.ts',
    from: "return this.#records.mode === 'Direct' && this.#slices?.isClear(this.#serviceVersion) === false;",
    to: "return this.#records.mode === 'Direct' && this.#slices === undefined;",
  },
  {
    name: 'a Service that selects its pods is led by us, too',
    file: 'src/controller/direct-traffic.ts',
    from: "return service !== undefined && service.selector === undefined && service.type !== 'ExternalName';",
    to: "return service !== undefined && service.type !== 'ExternalName';",
  },
  {
    name: 'a record that is revived stays retired',
    file: 'src/controller/stored-record.ts',
    from: '    [words.movedTo]: left,\n',
    to: '',
  },
];
