/**
 * Owns what a controller has beside the rest when it looks after Singletons: their Services, their slices, all pods.
 * Must not exist where it only adopts by label: it needs rights that such a controller does not have.
 */
import type { EndpointSliceObject } from '../kube/decode-endpoint-slice.ts';
import { AllPods } from './all-pods.ts';
import { DeclaredSingletons, type DeclaredSingletonsOptions } from './declared-singletons.ts';
import { directRecords } from './direct-record-codec.ts';
import type { Log } from './log.ts';
import { RecordView } from './record-view.ts';
import { ServiceView } from './service-view.ts';

export interface DeclaredPartsOptions {
  readonly log: Log;
  /** Something about the singleton with this record has changed. */
  readonly onChanged: (namespace: string, recordKey: string) => void;
  readonly onSynced: () => void;
}

export class DeclaredParts {
  readonly services: ServiceView;
  readonly records: RecordView<EndpointSliceObject>;
  readonly allPods: AllPods;
  #singletons: DeclaredSingletons | undefined;

  constructor({ log, onChanged, onSynced }: DeclaredPartsOptions) {
    const sayMalformed = (what: string) => (name: string, error: Error) =>
      log.write('warn', `${what} ${name} cannot be read: ${error.message}`);
    // A singleton's record is named by its Service.
    this.services = new ServiceView({ onChanged, onMalformed: sayMalformed('service') });
    this.records = new RecordView({
      kind: directRecords,
      onChanged,
      onSynced,
      onProblem: (namespace, name, problem) => log.write('warn', `record ${namespace}/${name}: ${problem}`),
      onMalformed: sayMalformed('endpointslice'),
    });
    this.allPods = new AllPods(sayMalformed('pod'));
  }

  /** Once the controller's other parts are there. */
  start(options: Omit<DeclaredSingletonsOptions, 'allPods' | 'onMalformed'>): void {
    this.#singletons = new DeclaredSingletons({
      ...options,
      allPods: this.allPods,
      onMalformed: (name, error) =>
        options.log.write('warn', `singleton ${name} cannot be read: ${error.message}`),
    });
  }

  get singletons(): DeclaredSingletons {
    if (this.#singletons === undefined) throw new TypeError('asked for Singletons before the start');
    return this.#singletons;
  }
}
