// What changed between two looks, for those who watch in lines. Pure.

import { formatClock } from '../text/format.ts';
import { fit } from '../text/text.ts';
import type { Instant } from '../time.ts';
import { glyph, type Verdict } from '../world/verdict.ts';
import type { Finding } from './assess.ts';

/** One thing that became another. `from` is absent when it is new; `to` when it is gone. */
export type Change = {
  at: Instant;
  id: string;
  subject: string;
  from?: Verdict;
  to?: Verdict;
  says: string;
};

/** What these say does not waver from second to second, so other words are news. */
const steady = ['gateway', 'pods'];

/** What became better, worse, appeared or vanished; of gateway and pods also what reads differently now. */
export function changesBetween(before: readonly Finding[], now: readonly Finding[], at: Instant): readonly Change[] {
  const old = new Map(before.map((finding) => [finding.id, finding]));
  const changed = now.flatMap((finding): Change[] => {
    const { id, subject, verdict, says, area } = finding;
    const was = old.get(id);
    old.delete(id);
    // A thing that appears and is fine is no news.
    if (!was) return verdict === 'ok' ? [] : [{ at, id, subject, to: verdict, says }];
    if (was.verdict === verdict && (was.says === says || !steady.includes(area))) return [];
    return [{ at, id, subject, from: was.verdict, to: verdict, says }];
  });
  const gone = [...old.values()].filter((finding) => finding.verdict !== 'ok');
  return [...changed, ...gone.map(({ id, subject, verdict }) => ({ at, id, subject, from: verdict, says: 'is gone' }))];
}

/** `03:14:07Z ● api-gateway   1/3 ready, CrashLoopBackOff   (was ok)`. */
export function changeText({ at, subject, from, to, says }: Change): string {
  const was = from === undefined || to === undefined || from === to ? '' : `   (was ${from})`;
  return `${formatClock(at)} ${to === undefined ? '–' : glyph[to]} ${fit(subject, 16)}  ${says}${was}`;
}
