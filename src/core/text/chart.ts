// A chart of one metric in block characters, as readable in a terminal as in a Markdown fence.
import type { Instant, Ms } from '../time.ts';
import { shortClock } from './format.ts';

export type ChartOptions = {
  from: Instant;
  until: Instant;
  /** How long a sample stands for, until the next one. */
  lasts: Ms;
  /** Of the plot, without its scale at the left. */
  columns: number;
  rows: number;
  /** Drawn as lines of dashes where no value covers them: `{ value: 500, says: '500 ms' }`. */
  limits: readonly { value: number; says: string }[];
  /** The scale at the left. */
  says(value: number): string;
};

const eighths = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/**
 * Bars of the highest value of each column, a scale at the left, the limits as lines, clock times below. A column without a
 * sample is empty: nothing was measured. Undefined without a sample.
 */
export function chart(
  samples: readonly { at: Instant; value: number }[],
  { from, until, lasts, columns, rows, limits, says }: ChartOptions,
): readonly string[] | undefined {
  if (samples.length === 0) return undefined;
  const highest = Math.max(...samples.map(({ value }) => value));
  // A limit far above everything measured would flatten it.
  const shown = limits.filter(({ value }) => value <= highest * 1.5);
  const top = Math.max(highest, ...shown.map(({ value }) => value)) || 1;
  const span = Math.max(1, until - from);
  const peaks = Array.from({ length: columns }, (): number | undefined => undefined);
  const columnOf = (at: Instant) => Math.min(columns - 1, Math.max(0, Math.floor(((at - from) / span) * columns)));
  for (const [index, { at, value }] of samples.entries()) {
    const next = samples[index + 1]?.at ?? Number.POSITIVE_INFINITY;
    const first = columnOf(at);
    const end = Math.min(columns, Math.ceil(((Math.min(next, at + lasts) - from) / span) * columns)) - 1;
    for (let column = first; column <= Math.max(first, end); column += 1)
      peaks[column] = Math.max(peaks[column] ?? 0, value);
  }
  const rowOf = (value: number) => Math.min(rows - 1, Math.floor((value / top) * rows));
  const labels = new Map<number, string>([[rows - 1, says(top)]]);
  for (const limit of shown) if (rowOf(limit.value) < rows - 1) labels.set(rowOf(limit.value), limit.says);
  if (!labels.has(0)) labels.set(0, says(0));
  const wide = Math.max(...[...labels.values()].map((text) => text.length));
  const lines = Array.from({ length: rows }, (_, fromTop) => {
    const row = rows - 1 - fromTop;
    const isLimit = shown.some(({ value }) => rowOf(value) === row);
    const bars = peaks.map((peak) => {
      const filled = peak === undefined ? 0 : Math.round(((peak / top) * rows - row) * 8);
      const least = peak !== undefined && row === 0 ? 1 : 0;
      const bar = eighths[Math.min(8, Math.max(least, filled))] ?? ' ';
      return bar === ' ' && isLimit ? '╌' : bar;
    });
    return `${(labels.get(row) ?? '').padStart(wide)} ┤${bars.join('')}`.trimEnd();
  });
  return [...lines, `${' '.repeat(wide + 2)}${axis(from, until, columns)}`];
}

/** Clock times (UTC) below the first column, the middle and the last. */
function axis(from: Instant, until: Instant, columns: number): string {
  const ends = `${shortClock(from)}${' '.repeat(Math.max(1, columns - 10))}${shortClock(until)}`;
  if (columns < 24) return ends;
  const middle = Math.floor(columns / 2) - 2;
  return `${ends.slice(0, middle)}${shortClock(from + (until - from) / 2)}${ends.slice(middle + 5)}`;
}
