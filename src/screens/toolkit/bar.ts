// Progress as a bar: only measured numbers, never wider than its row.
import { countsSay, type Measured, paceSays } from '../../core/actions/progress.ts';
import type { Instant } from '../../core/time.ts';
import { dim, firstFitting, type Line, line, span } from './line.ts';

/** The glyphs of a bar; a theme without Unicode draws others in their place. */
export const barGlyphs = { full: '█', empty: '░' } as const;

/** In columns. */
const widest = 24;
const narrowest = 6;

/** `████████░░░░`: full only when all is done, and something as soon as anything is. */
export function bar(done: number, total: number, columns: number): Line {
  const share = total > 0 ? Math.min(1, Math.max(0, done / total)) : 0;
  const full = share >= 1 ? columns : Math.min(columns - 1, Math.max(share > 0 ? 1 : 0, Math.round(share * columns)));
  return line(span(barGlyphs.full.repeat(full), 'accent'), dim(barGlyphs.empty.repeat(columns - full)));
}

/** `████████░░░░ 2 of 3 pods · 1/20 s · ~20 s left`; without a total there is no bar. The last parts go first. */
export function progressLine(of: Measured, now: Instant, columns: number): Line {
  const { done, total } = of;
  const counts = countsSay(of);
  const parts = paceSays(of, now);
  const says = [[counts, ...parts], [counts, parts.at(-1)], [counts]].map((some) =>
    some.filter((part) => part !== undefined).join(' · '),
  );
  const lines = says.flatMap((text) => {
    if (total === undefined) return [line(text)];
    const room = Math.min(widest, columns - text.length - 1);
    return room >= narrowest ? [line(bar(done, total, room), ` ${text}`)] : [];
  });
  return firstFitting(columns, ...lines, line(counts));
}
