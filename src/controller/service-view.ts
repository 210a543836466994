/**
 * Owns the Services as the watch has brought them.
 * Must not choose a mode: whose Service it is says which one follows from it.
 */
import type { ServiceObject } from '../kube/decode-service.ts';
import type { WatchSink } from '../kube/watch-sink.ts';
import { WatchProgress } from './watch-progress.ts';
import { covers } from './watch-scope.ts';

export interface ServiceViewOptions {
  readonly onChanged: (namespace: string, serviceName: string) => void;
  /** `name` is `namespace/name` as far as it can be read. */
  readonly onMalformed: (name: string, error: Error) => void;
}

interface Scope {
  readonly namespace: string | undefined;
  readonly progress: WatchProgress;
}

export class ServiceView {
  readonly #options: ServiceViewOptions;
  readonly #scopes: Scope[] = [];
  readonly #services = new Map<string, ServiceObject>();

  constructor(options: ServiceViewOptions) {
    this.#options = options;
  }

  serviceOf(namespace: string, name: string): ServiceObject | undefined {
    return this.#services.get(`${namespace}/${name}`);
  }

  /** The first complete picture of this namespace's Services has arrived: one that was not in it is not there. */
  isSynced(namespace: string): boolean {
    const scope = this.#scopes.find((one) => covers(one, namespace));
    return scope?.progress.synced === true;
  }

  sinkFor(namespace: string | undefined): WatchSink<ServiceObject> {
    const scope: Scope = { namespace, progress: new WatchProgress() };
    this.#scopes.push(scope);
    return {
      onApplied: (service, version) => {
        scope.progress.sawVersion(version);
        this.#services.set(`${service.namespace}/${service.name}`, service);
        this.#options.onChanged(service.namespace, service.name);
      },
      onDeleted: (key, _last, version) => {
        scope.progress.sawVersion(version);
        this.#drop(key.namespace, key.name, key.uid);
      },
      onSynced: (present, version) => {
        scope.progress.sawEverything(version);
        for (const service of [...this.#services.values()]) {
          const isCovered = covers(scope, service.namespace);
          if (isCovered && !present.has(service.uid))
            this.#drop(service.namespace, service.name, service.uid);
          else if (isCovered) this.#options.onChanged(service.namespace, service.name);
        }
      },
      onBookmark: (version) => scope.progress.sawVersion(version),
      onMalformed: this.#options.onMalformed,
      onState: (state) => scope.progress.moveTo(state),
    };
  }

  /** Not where another one has taken its name meanwhile. */
  #drop(namespace: string, name: string, uid: string): void {
    const key = `${namespace}/${name}`;
    if (this.#services.get(key)?.uid !== uid) return;
    this.#services.delete(key);
    this.#options.onChanged(namespace, name);
  }
}
