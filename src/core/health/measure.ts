// What a metric measured.
import { formatMeasure, type Unit } from '../text/format.ts';

/** A measured number, with what it rests on. */
export type Measure = {
  /** Absent: nothing to measure it from. */
  value?: number;
  /** How many samples, or of how many: `412 requests`, `41 of 97`. */
  basis: string;
  /** False: at least, or an estimate. */
  exact: boolean;
  /** Of an estimate: how far off it may be either way, in its unit (95 of 100 samples are nearer). */
  margin?: number | undefined;
  /** There is nothing to measure, and that is normal: no limit is set, nothing ended. */
  quiet?: true;
  /** What has to be seen beside the value: `37 % refused with 429`. */
  beside?: string;
};

/**
 * An estimate to as many digits as its margin leaves it, `~32 000`; any other value as it was counted. A sample that found
 * none says `<600`.
 */
export function measureSays({ exact, margin }: Pick<Measure, 'exact' | 'margin'>, value: number, unit: Unit): string {
  if (!margin) return `${exact ? '' : '~'}${formatMeasure(value, unit)}`;
  if (value === 0) return `<${formatMeasure(margin, unit)}`;
  return `~${formatMeasure(rounded(value, margin), unit)}`;
}

/** ` ±12 000` behind an estimate; empty behind what was counted, and where `<600` says it already. */
export const marginSays = (margin: number | undefined, value: number, unit: Unit): string =>
  margin && value !== 0 ? ` ±${formatMeasure(Number(margin.toPrecision(2)), unit)}` : '';

/** A count of a sample with its sign of an estimate, `~32 000`, `<600`; as it was counted where it has no margin. */
export const estimateSays = (count: number, margin: number | undefined): string =>
  measureSays({ exact: margin === undefined, margin }, count, 'count');

/** The same with its margin behind it: `~32 000 ±12 000`. */
export const sampledSays = (count: number, margin: number | undefined): string =>
  `${estimateSays(count, margin)}${marginSays(margin, count, 'count')}`;

/** To the digit before the margin's first: a finer one would say what is not known. */
function rounded(value: number, margin: number): number {
  const step = 10 ** Math.floor(Math.log10(margin));
  return Math.max(step, Math.round(value / step) * step);
}
