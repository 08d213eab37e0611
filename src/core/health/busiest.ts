// A statement that takes most of a database's time.
import { formatPercent } from '../text/format.ts';
import { type Ms, second } from '../time.ts';

/** `share`: of all execution time, 0–1. `load`: cores that it keeps busy. `mean`: of one call. `text`: without literals. */
export type BusyStatement = { share: number; load: number; mean: Ms; text: string };

/** The least time between the first two counts of statements, which together tell of one. */
export const firstPace: Ms = 2 * second;

/** A statement that alone takes this share of all execution time stands out, */
const largeShare = 0.5;
/** where a core is busy with it for a tenth. */
const largeLoad = 0.1;

export const isBusiest = ({ share, load }: Pick<BusyStatement, 'share' | 'load'>): boolean =>
  share >= largeShare && load >= largeLoad;

/** `one statement takes 83 % of the database’s time, 41 ms a call: SELECT …`. */
export const busiestSays = ({ share, mean, text }: BusyStatement): string =>
  `one statement takes ${formatPercent(share * 100)} of the database’s time, ${mean < 10 ? mean.toFixed(1) : Math.round(mean)} ms a call${text ? `: ${text}` : ''}`;
