// Unknown states of studies and jobs.
import { doubtSays, unclearSummary } from '../platform/unclear.ts';
import { quoted } from '../text/sql.ts';
import type { Studies } from '../world/facts.ts';

/** What is not understood of one table's states; undefined where all is. */
export function statesSay(of: 'study' | 'job', { unclear = [], doubts = {} }: Studies): string | undefined {
  const here = unclear.filter((one) => one.of === of);
  if (here.length > 0) return unclearSummary(here);
  const doubt = [doubts.queueDepth, doubts.active, doubts.lastHour].find(
    (one) => one?.of === of && one.why !== 'uncounted',
  );
  return doubt && doubtSays(doubt, unclear);
}

/** That rows of one table are hidden from us, and the statement that shows them; undefined where all are seen. */
export function hiddenSays(
  of: 'study' | 'job',
  { form, partial = [] }: Studies,
): { says: string; remedy: string } | undefined {
  if (!partial.includes(of === 'study' ? 'studies' : 'jobs')) return undefined;
  const table = form ? quoted((of === 'study' ? form.study : form.job).name) : '…';
  return {
    says: doubtSays({ why: 'hidden', of }, []),
    remedy: `if the platform’s own role sees them: CREATE POLICY … ON ${table} FOR SELECT TO our role USING (true);`,
  };
}

/** What to do about states that are not understood. */
export const statesRemedy = 'metrics that need them are unknown: find the release that writes them; doctor lists them';
