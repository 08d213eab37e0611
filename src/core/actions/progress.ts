// How far a run is, in numbers: what was measured, its rate and what is left. Pure.
import { formatAge, formatBytes, formatCount, shortAge } from '../text/format.ts';
import { type Instant, type Ms, minute, second } from '../time.ts';
import type { Call } from './call.ts';

/** What was counted. Nothing here is estimated: without a `total` there is only a count. */
export type Progress = {
  done: number;
  total?: number | undefined;
  /** What is counted, in the plural: `pods`, `objects`, `bytes`, `%`. */
  unit: string;
};

/** The last count, and the first one of the same thing. */
export type Measured = Progress & { at: Instant; from: { done: number; at: Instant } };

/** A count that follows another: of the same thing it keeps its beginning, of another one it begins anew. */
export function measured(before: Measured | undefined, progress: Progress, now: Instant): Measured {
  const isSame = before?.unit === progress.unit && before.total === progress.total && progress.done >= before.done;
  return { ...progress, at: now, from: isSame ? before.from : { done: progress.done, at: now } };
}

/** Units per millisecond since the first count; undefined before anything was counted. */
export function rateOf({ done, from }: Measured, now: Instant): number | undefined {
  return done > from.done && now > from.at ? (done - from.done) / (now - from.at) : undefined;
}

/** How long the rest takes at that rate; undefined where total or rate is unknown. */
export function timeLeft(of: Measured, now: Instant): Ms | undefined {
  const rate = rateOf(of, now);
  if (rate === undefined || of.total === undefined || of.done >= of.total) return undefined;
  return (of.total - of.done) / rate;
}

/** What a call works on, where its data say it; undefined for a call that is one thing. */
export function itemsOf(call: Call): { count: number; unit: string } | undefined {
  if (call.tool === 'redis' && call.command[0] === 'UNLINK') return { count: call.command.length - 1, unit: 'keys' };
  if (call.tool !== 's3') return undefined;
  if (call.do.verb === 'delete') return { count: call.do.keys.length, unit: 'objects' };
  return call.do.verb === 'restore-versions' ? { count: call.do.versions.length, unit: 'objects' } : undefined;
}

/** How much of a plan's calls is done, once `performed` of them are; undefined for a single call. */
export function callsDone(calls: readonly Call[], performed: number): Progress | undefined {
  if (calls.length < 2) return undefined;
  const items = calls.map(itemsOf);
  const [first] = items;
  const sum = (of: typeof items) => of.reduce((all, item) => all + (item?.count ?? 0), 0);
  if (first && items.every((item) => item?.unit === first.unit))
    return { done: sum(items.slice(0, performed)), total: sum(items), unit: first.unit };
  return { done: performed, total: calls.length, unit: 'calls' };
}

/** `2 of 3 pods`, `45 %`. */
export function countsSay({ done, total, unit }: Measured): string {
  if (unit === '%') return `${Math.floor(done)} %`;
  if (unit === 'bytes') return `${formatBytes(done)}${total === undefined ? '' : ` of ${formatBytes(total)}`}`;
  return `${formatCount(done)}${total === undefined ? '' : ` of ${formatCount(total)}`} ${unit}`;
}

/** Rate and estimate, as far as they are known: `1/20 s`, `~20 s left`. */
export function paceSays(of: Measured, now: Instant): readonly string[] {
  const left = timeLeft(of, now);
  return [rateSays(of, now), left === undefined ? undefined : leftSays(left)].filter((part) => part !== undefined);
}

/** `312/s`, `1/20 s`: whole things, in the time that one takes where it is more than a second. */
function rateSays(of: Measured, now: Instant): string | undefined {
  const rate = rateOf(of, now);
  if (rate === undefined || of.unit === '%') return undefined;
  if (of.unit === 'bytes') return `${formatBytes(Math.round(rate * second))}/s`;
  const each = 1 / rate;
  return each >= second ? `1/${formatAge(each)}` : `${formatCount(rate * second)}/s`;
}

/** Whole seconds: it is an estimate. */
const leftSays = (left: Ms): string =>
  `~${left < minute ? shortAge(Math.ceil(left / second) * second) : formatAge(left)} left`;
