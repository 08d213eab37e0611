// What screens share that count since a moment: the moment in their place, the keys that set it, and what is missing.
import type { Lack } from '../../core/queries/lack.ts';
import type { DatabaseRole } from '../../core/queries/query.ts';
import { formatAge, formatSince } from '../../core/text/format.ts';
import type { Instant } from '../../core/time.ts';
import type { Place } from '../../store.ts';
import type { Binding } from '../screen.ts';
import { barGlyphs } from '../toolkit/bar.ts';
import { dim, firstFitting, type Line, line, mark, wrap } from '../toolkit/line.ts';

export const serverOf = ({ of }: Place): DatabaseRole => (of.server === 'replica' ? 'replica' : 'primary');

/** The server that a screen is about, and the moment from which it counts; empty: from its first look. */
export const countsOf = (place: Place) => ({ server: serverOf(place), moment: place.of.moment ?? '' });

/** Whether all is shown since the statistics were reset, instead of since the moment. */
export const showsWhole = ({ of }: Place): boolean => of.span === 'whole';

/** Counts anew from now on. */
export const countFromNow: Binding = {
  id: 'count-from-now',
  keys: ['m'],
  title: 'count from now',
  about: 'count from now on, instead of from when the screen was opened',
  also: 'moment baseline snapshot zero',
  footer: 20,
  run: ({ state }) => [{ kind: 'adjust', of: { moment: String(state.world.now), span: undefined } }],
};

/** Shows all since the reset of the statistics, or since the moment. */
export const showWhole: Binding = {
  id: 'since-reset',
  keys: ['t'],
  title: 'since reset',
  about: 'show all since the statistics were reset, or only since the moment',
  also: 'cumulative total all moment',
  footer: 21,
  titleFor: ({ place }) => (showsWhole(place) ? 'since the moment' : 'since reset'),
  run: ({ place }) => [{ kind: 'adjust', of: { span: showsWhole(place) ? undefined : 'whole' } }],
};

/** Since when the figures count, in a few words. */
export function spanSays(
  { from, at, resetAt, reset }: { from: Instant; at: Instant; resetAt?: Instant | undefined; reset: boolean },
  place: Place,
  now: Instant,
): string {
  if (showsWhole(place))
    return resetAt === undefined ? 'since the last reset' : `since the reset ${formatAge(now - resetAt)} ago`;
  const since = `since ${formatSince(from, now)} (${formatAge(at - from)})`;
  return reset ? `statistics were reset: ${since}` : since;
}

/** What is missing, each with its remedy: as many lines as there is room for. */
export function lackLines(lacks: readonly Lack[], columns: number): Line[] {
  return lacks.flatMap(({ what, remedy }) => {
    const whole = line(mark('unknown'), ` ${what}  `, dim(remedy));
    const fits = firstFitting(columns, whole, []);
    if (fits.length > 0) return [fits];
    const [first = '', ...rest] = wrap(what, columns - 2);
    return [
      line(mark('unknown'), ` ${first}`),
      ...rest.map((part) => line(`  ${part}`)),
      ...wrap(remedy, columns - 2).map((part) => line('  ', dim(part))),
    ];
  });
}

/** A share (0–1) as a bar of blocks, at most `columns`; nothing where it is less than half a block. */
export function shareBar(share: number, columns: number): string {
  return barGlyphs.full.repeat(Math.max(0, Math.round(Math.min(1, share) * columns)));
}
