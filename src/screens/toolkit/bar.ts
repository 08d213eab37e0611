// Progress as a bar: only measured numbers, never wider than its row.
import { type Measured, rateOf, timeLeft } from '../../core/actions/progress.ts';
import { formatAge, formatCount, shortAge } from '../../core/text/format.ts';
import { type Instant, type Ms, minute, second } from '../../core/time.ts';
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
  const rate = rateSays(of, now);
  const left = timeLeft(of, now);
  const parts = [rate, left === undefined ? undefined : leftSays(left)].filter((part) => part !== undefined);
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

function countsSay({ done, total, unit }: Measured): string {
  if (unit === '%') return `${Math.floor(done)} %`;
  return `${formatCount(done)}${total === undefined ? '' : ` of ${formatCount(total)}`} ${unit}`;
}

/** `312/s`, `1/20 s`: whole things, in the time that one takes where it is more than a second. */
function rateSays(of: Measured, now: Instant): string | undefined {
  const rate = rateOf(of, now);
  if (rate === undefined || of.unit === '%') return undefined;
  const each = 1 / rate;
  return each >= second ? `1/${formatAge(each)}` : `${formatCount(rate * second)}/s`;
}

/** Whole seconds: it is an estimate. */
const leftSays = (left: Ms): string =>
  `~${left < minute ? shortAge(Math.ceil(left / second) * second) : formatAge(left)} left`;
