// A trend in one row.
import type { Instant } from '../../core/time.ts';

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
