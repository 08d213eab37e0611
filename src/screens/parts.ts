// Small pieces that several panes and screens show alike.
import { describeFault } from '../core/judgement/describe.ts';
import { formatAge } from '../core/text/format.ts';
import type { Instant } from '../core/time.ts';
import { type Fault, type FaultKind, isStale, newest, type Reading } from '../core/world/reading.ts';
import type { Verdict } from '../core/world/verdict.ts';
import { columnsOf, dim, firstFitting, type Line, line, mark, span, wrap } from './line.ts';

/** A verdict in a word, for those who do not see the colour. */
export const word: Readonly<Record<Verdict, string>> = {
  ok: 'ok',
  unknown: 'unknown',
  warning: 'warning',
  critical: 'critical',
};

/** When it is tried again: `again in 4 s`; `trying again` while it is being tried. */
export function nextTry(retryAt: Instant | undefined, now: Instant): string {
  if (retryAt === undefined || retryAt <= now) return 'trying again';
  return `again in ${Math.ceil((retryAt - now) / 1000)} s`;
}

/** As `nextTry`, where a column counts: `in 4 s`, `trying`. */
export function nextTryShort(retryAt: Instant | undefined, now: Instant): string {
  return nextTry(retryAt, now).replace(/^again |(?<=^trying) again$/, '');
}

/** What a fault is at least, where nothing longer fits. */
const faultWord: Readonly<Record<FaultKind, string>> = {
  refused: 'refused',
  unreachable: 'unreachable',
  forbidden: 'not allowed',
  timeout: 'no answer',
  malformed: 'odd answer',
  unconfigured: 'not set up',
};

/** A fault from the most telling to the shortest: whole, its first part, one word. No word is cut in two. */
export function faultSays({ what, kind }: Fault): readonly string[] {
  const first = what.split(/ \(|: |, /)[0] ?? what;
  return [...new Set([what, first, faultWord[kind]])];
}

/** What is to be said of a reading's age, for a title line: nothing while it is fresh. */
export function ageSays(reading: Reading<unknown>, now: Instant): Line | undefined {
  if (reading.state === 'pending') return line(dim('asking …'));
  if (reading.state === 'lost')
    return line(span(`away ${shortAge(now - (reading.last?.at ?? reading.at))}`, 'unknown'));
  return isStale(reading, now) ? line(dim(`seen ${shortAge(now - reading.at)} ago`)) : undefined;
}

/**
 * What is wrong with a reading, in one to three lines of at most `columns`: what happened, when it is tried again,
 * what the operator can do. Empty while all is well.
 */
export function trouble(reading: Reading<unknown>, who: string, now: Instant, columns: number, rows = 3): Line[] {
  if (reading.state === 'pending') return [line(mark('unknown'), dim(` ${who}: no answer yet`))];
  if (reading.state !== 'lost') return [];
  const { fault } = reading;
  const verdict: Verdict = fault.kind === 'refused' ? 'critical' : 'unknown';
  const again = nextTry(reading.retryAt, now);
  const first = firstFitting(
    columns,
    line(mark(verdict), ` ${who}: ${describeFault(fault)}`, dim(`  ${again}`)),
    ...faultSays(fault).flatMap((says) => [
      line(mark(verdict), ` ${who}: ${says}`, dim(`  ${again}`)),
      line(mark(verdict), ` ${who}: ${says}`, dim(`  ${nextTryShort(reading.retryAt, now)}`)),
      line(mark(verdict), ` ${who}: ${says}`),
      line(mark(verdict), ` ${says}`),
    ]),
  );
  const saidAgain = first.length > 2;
  const seen = newest(reading);
  const rest: Line[] = [];
  const since = seen ? `last answer ${formatAge(now - seen.at)} ago` : 'never answered';
  rest.push(
    firstFitting(
      columns,
      ...(saidAgain ? [line(dim(`  ${since}`))] : [line(dim(`  ${since}, ${again}`)), line(dim(`  ${again}`))]),
    ),
  );
  for (const hint of wrap(fault.hint, columns - 2)) rest.push(line('  ', hint));
  return [first, ...rest].slice(0, Math.max(1, rows));
}

const bars = '▁▂▃▄▅▆▇█';

/**
 * The samples of the last `span` milliseconds as `columns` bars from 0 to `top` (or to the highest sample). Each bar is
 * the highest of its time; a time without samples is a dot.
 */
export function sparkline(
  samples: readonly { at: Instant; value: number }[],
  { now, span: over, columns, top }: { now: Instant; span: number; columns: number; top: number },
): string {
  const peaks: (number | undefined)[] = Array.from({ length: columns }, () => undefined);
  for (const { at, value } of samples) {
    const bin = columns - 1 - Math.floor(((now - at) / over) * columns);
    if (bin < 0 || bin >= columns || !Number.isFinite(value)) continue;
    peaks[bin] = Math.max(peaks[bin] ?? 0, value);
  }
  const highest = Math.max(top, ...peaks.map((p) => p ?? 0)) || 1;
  return peaks.map((p) => (p === undefined ? '·' : bars[Math.min(7, Math.floor((p / highest) * 8))])).join('');
}

/** `ago` of an instant, or a dash where there is none. */
export function ago(at: Instant | undefined, now: Instant): string {
  return at === undefined ? '–' : formatAge(now - at);
}

/** A short age in one unit, for narrow columns: `4 s`, `3 m`, `2 h`, `5 d`. */
export function shortAge(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} m`;
  if (s < 86_400) return `${Math.floor(s / 3600)} h`;
  return `${Math.floor(s / 86_400)} d`;
}

/** Label and value, one under the other, for details: labels dim, values from one column. */
export function pairs(
  of: readonly (readonly [label: string, value: Line | string | undefined])[],
  columns: number,
): Line[] {
  const known = of.filter((p): p is readonly [string, Line | string] => p[1] !== undefined && p[1] !== '');
  const wide = Math.min(22, Math.max(0, ...known.map(([label]) => columnsOf(label))));
  return known.flatMap(([label, value]) => {
    const head = dim(label.padEnd(wide));
    if (typeof value !== 'string') return [line(head, '  ', value)];
    return wrap(value, columns - wide - 2).map((part, i) => line(i === 0 ? head : ' '.repeat(wide), '  ', part));
  });
}
