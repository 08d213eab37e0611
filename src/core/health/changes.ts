// What changed between two looks, for those who watch in lines. Pure.

import { formatClock } from '../text/format.ts';
import { fit } from '../text/text.ts';
import type { Instant } from '../time.ts';
import type { World } from '../world/world.ts';
import type { Finding } from './evaluate.ts';
import { isGone } from './gone.ts';
import { silentSource } from './silent-source.ts';
import { glyph, type HealthStatus } from './status.ts';

/** One thing that became another. `from` is absent when it is new. */
export type Change = {
  at: Instant;
  id: string;
  subject: string;
  from?: HealthStatus;
  to: HealthStatus;
  says: string;
  /** It was deleted: neither well nor broken. */
  gone?: true;
};

/** Whether another state is news: of a thing whose state does not waver from second to second. */
const hasChanged = (was: Finding, { rule, state }: Finding): boolean =>
  state !== undefined && (was.rule !== rule || state.join('\n') !== was.state?.join('\n'));

/**
 * What became better, worse, appeared or vanished since `before`; of gateway and pods also what is in another state.
 * `after` is what to compare the next look with: what is hidden behind a source without an answer stays in it, unknown,
 * so that its return is told. `world`: tells what was deleted from what recovered.
 */
export function changesBetween(
  before: readonly Finding[],
  now: readonly Finding[],
  at: Instant,
  world?: World,
): { changes: readonly Change[]; after: readonly Finding[] } {
  const old = new Map(before.map((finding) => [finding.id, finding]));
  const changed = now.flatMap((finding): Change[] => {
    const { id, subject, verdict, says } = finding;
    const was = old.get(id);
    old.delete(id);
    // A thing that appears and is fine is no news.
    if (!was) return verdict === 'ok' ? [] : [{ at, id, subject, to: verdict, says }];
    if (was.verdict === verdict && !hasChanged(was, finding)) return [];
    return [{ at, id, subject, from: was.verdict, to: verdict, says }];
  });
  const gone = world ? [...old.values()].filter((finding) => isGone(finding, world)) : [];
  const vanished = [...old.values()].filter((finding) => finding.verdict !== 'ok' && !gone.includes(finding));
  const hidden = vanished.flatMap((finding) => hiddenNow(finding, now) ?? []);
  const isHidden = new Set(hidden.map(({ id }) => id));
  const news = [...hidden.filter(({ id }) => old.get(id)?.verdict !== 'unknown'), ...vanished.flatMap(endOf(isHidden))];
  return {
    changes: [
      ...changed,
      ...gone.map(({ id, subject, verdict: from }): Change => {
        return { at, id, subject, from, to: 'ok', says: 'no longer exists', gone: true };
      }),
      ...news.map(({ id, subject, verdict, says }): Change => {
        const from = old.get(id)?.verdict;
        return { at, id, subject, from, to: verdict, says };
      }),
    ],
    after: [...now, ...hidden],
  };
}

/** What is left of a finding whose source gives no answer. */
function hiddenNow(finding: Finding, now: readonly Finding[]): Finding | undefined {
  const silent = silentSource(finding, now);
  return silent && { ...finding, verdict: 'unknown', says: `unknown: ${silent.subject} does not answer` };
}

/** What vanished and is not hidden was a problem, and is none any more. Without jobs a surface proves nothing. */
const endOf =
  (hidden: ReadonlySet<string>) =>
  (finding: Finding): Finding[] => {
    if (hidden.has(finding.id)) return [];
    if (finding.area !== 'surfaces' || finding.unanswered) return [{ ...finding, verdict: 'ok', says: 'recovered' }];
    return [{ ...finding, verdict: 'unknown', says: 'no jobs to evaluate' }];
  };

/** `03:14:07Z ● api-gateway   1/3 ready, CrashLoopBackOff   (was ok)`. */
export function changeText({ at, subject, from, to, says, gone }: Change): string {
  const was = from === undefined || from === to ? '' : `   (was ${from})`;
  return `${formatClock(at)} ${gone ? '–' : glyph[to]} ${fit(subject, 16)}  ${says}${was}`;
}
