/**
 * Owns what the doctor says of the rights of the controllers' account.
 * Must not ask for them: review-rights.ts does, need by need.
 */
import { type ScopedNeed, sentenceFor } from '../../controller/permissions.ts';
import { broken, costs, type Finding, ok } from './finding.ts';

export interface ReviewedNeed {
  readonly need: ScopedNeed;
  readonly allowed: boolean;
}

const grant = 'apply the roles of deploy/understudy.yaml';

export function checkRights(account: string, reviewed: readonly ReviewedNeed[]): readonly Finding[] {
  const missing = reviewed.filter(({ allowed }) => !allowed).map(({ need }) => need);
  if (missing.length === 0) return [ok('rights', `${account} may do all that it has to`)];
  return missing.map((need) => {
    const sentence = `${account} may not ${sentenceFor(need)}, ${need.purpose}`;
    return need.vital ? broken('rights', sentence, grant) : costs('rights', undefined, sentence, grant);
  });
}
