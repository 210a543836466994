/**
 * Owns what a controller has beside the rest when it looks after Singletons: their Services, their slices, all pods.
 * Must not exist where it only adopts by label: it needs rights that such a controller does not have.
 */
import type { EndpointSliceObject } from '../kube/decode-endpoint-slice.ts';
import type { WatchSink } from '../kube/watch-sink.ts';
import { AllPods } from './all-pods.ts';
import { BudgetView } from './budget-view.ts';
import { DeclaredSingletons, type DeclaredSingletonsOptions } from './declared-singletons.ts';
import { directFollowers, directRecords } from './direct-record-codec.ts';
import type { Log } from './log.ts';
import type { RecordView } from './record-view.ts';
import { saidRecords } from './said-records.ts';
import { ServiceView } from './service-view.ts';
import { Tripwires, type TripwiresOptions } from './tripwire.ts';
import { tripwireLimits } from './tripwire-limits.ts';

export interface DeclaredPartsOptions {
  readonly log: Log;
  /** Something about the singleton with this record has changed. */
  readonly onChanged: (namespace: string, recordKey: string) => void;
  readonly onSynced: () => void;
}

type StartOptions = Omit<DeclaredSingletonsOptions, 'allPods' | 'budgets' | 'onMalformed' | 'tripwires'> &
  Pick<TripwiresOptions, 'random' | 'dialer'>;

export class DeclaredParts {
  readonly services: ServiceView;
  readonly records: RecordView<EndpointSliceObject>;
  readonly followers: RecordView<EndpointSliceObject>;
  readonly allPods: AllPods;
  readonly budgets: BudgetView;
  #singletons: DeclaredSingletons | undefined;
  #tripwires: Tripwires | undefined;

  constructor({ log, onChanged, onSynced }: DeclaredPartsOptions) {
    const sayMalformed = (what: string) => (name: string, error: Error) =>
      log.write('warn', `${what} ${name} cannot be read: ${error.message}`);
    // A singleton's record is named by its Service.
    this.services = new ServiceView({ onChanged, onMalformed: sayMalformed('service') });
    this.records = saidRecords({ kind: directRecords, log, onChanged, onSynced });
    this.followers = saidRecords({ kind: directFollowers, log, onChanged, onSynced });
    this.allPods = new AllPods(sayMalformed('pod'));
    this.budgets = new BudgetView({
      onChanged: (namespace, singletonName) => this.singletons.budgetsChanged(namespace, singletonName),
      onMalformed: sayMalformed('disruption budget'),
    });
  }

  /** Once the controller's other parts are there. */
  start(options: StartOptions): void {
    const { log, singletons } = options;
    this.#tripwires = new Tripwires({
      ...options,
      limits: tripwireLimits,
      onEvidence: (id, incarnation, evidence) => {
        this.singletons.find(id)?.tripwireSaid(incarnation, evidence);
        singletons.stepDirty();
      },
      onProblems: (id, fresh) => {
        for (const { code, sentence } of fresh)
          log.write('warn', `tripwire: ${sentence}`, { singleton: id, code });
        this.singletons.find(id)?.tripwireProblemsChanged();
      },
    });
    this.#singletons = new DeclaredSingletons({
      ...options,
      tripwires: this.#tripwires,
      allPods: this.allPods,
      budgets: this.budgets,
      onMalformed: (name, error) => log.write('warn', `singleton ${name} cannot be read: ${error.message}`),
    });
  }

  /** Records and their followers come on one watch. */
  sliceSinkFor(namespace: string | undefined): WatchSink<EndpointSliceObject> {
    const records = this.records.sinkFor(namespace);
    const sinks = [records, this.followers.sinkFor(namespace)];
    const tellBoth = (tell: (sink: WatchSink<EndpointSliceObject>) => void) => {
      for (const sink of sinks) tell(sink);
    };
    return {
      onApplied: (...news) => tellBoth((sink) => sink.onApplied(...news)),
      onDeleted: (...news) => tellBoth((sink) => sink.onDeleted(...news)),
      onSynced: (...news) => tellBoth((sink) => sink.onSynced(...news)),
      onBookmark: (...news) => tellBoth((sink) => sink.onBookmark(...news)),
      onMalformed: records.onMalformed,
      onState: (...news) => tellBoth((sink) => sink.onState(...news)),
    };
  }

  stop(): void {
    this.#singletons?.stop();
    this.#tripwires?.stop();
  }

  get singletons(): DeclaredSingletons {
    if (this.#singletons === undefined) throw new TypeError('asked for Singletons before the start');
    return this.#singletons;
  }
}
