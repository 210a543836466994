/**
 * Owns a view on records whose faults are said in the log.
 * Must not know which kind they are.
 */
import type { ObjectMeta } from '../kube/decode-meta.ts';
import type { Log } from './log.ts';
import { RecordView, type RecordViewOptions } from './record-view.ts';

export type SaidRecordsOptions<T extends ObjectMeta> = { readonly log: Log } & Pick<
  RecordViewOptions<T>,
  'kind' | 'onChanged' | 'onSynced'
>;

export function saidRecords<T extends ObjectMeta>({ log, ...options }: SaidRecordsOptions<T>): RecordView<T> {
  return new RecordView({
    ...options,
    onMalformed: (name, error) => log.write('warn', `record ${name} cannot be read: ${error.message}`),
    onProblem: (namespace, name, problem) => log.write('warn', `record ${namespace}/${name}: ${problem}`),
  });
}
