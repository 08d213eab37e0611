// The status of a reading beside its value: its age, its fault, its next try.
import { describeFault } from '../../core/health/describe.ts';
import type { HealthStatus } from '../../core/health/status.ts';
import { formatAge, shortAge } from '../../core/text/format.ts';
import { fit } from '../../core/text/text.ts';
import { type Instant, second } from '../../core/time.ts';
import { type Fault, type FaultKind, isStale, newest, type Reading } from '../../core/world/reading.ts';
import { dim, firstFitting, type Line, line, mark, span, wrap } from './line.ts';

/** The next try: `retrying in 4 s`, or `retrying now`. */
export function nextTry(retryAt: Instant | undefined, now: Instant): string {
  if (retryAt === undefined || retryAt <= now) return 'retrying now';
  return `retrying in ${Math.ceil((retryAt - now) / 1000)} s`;
}

/** As `nextTry`, shorter: `retry 4 s`, `retrying`. */
export function nextTryShort(retryAt: Instant | undefined, now: Instant): string {
  return retryAt === undefined || retryAt <= now ? 'retrying' : `retry ${Math.ceil((retryAt - now) / 1000)} s`;
}

/** A fault in one or two words, where nothing longer fits. */
const faultWord: Readonly<Record<FaultKind, string>> = {
  refused: 'refused',
  unreachable: 'unreachable',
  forbidden: 'not allowed',
  limited: 'rate limited',
  timeout: 'no answer',
  malformed: 'unreadable',
  unconfigured: 'not configured',
};

/** A fault from the longest to the shortest text. No word is cut in two. */
export function faultSays({ what, short, kind }: Fault): readonly string[] {
  return [...new Set([what, short ?? what, faultWord[kind]])];
}

/** A query that takes longer than a second shows its duration. */
export function askingSays(reading: Reading<unknown>, now: Instant): string {
  const since = reading.state === 'pending' ? reading.since : undefined;
  return since === undefined || now - since < second ? 'loading …' : `loading … ${shortAge(now - since)}`;
}

/** The age of a reading for a title line; undefined while it is fresh. */
export function ageSays(reading: Reading<unknown>, now: Instant): Line | undefined {
  if (reading.state === 'pending') return line(dim(askingSays(reading, now)));
  if (reading.state === 'lost') return line(span(lostSays(reading, now), 'unknown'));
  return isStale(reading, now) ? line(dim(`seen ${shortAge(now - reading.at)} ago`)) : undefined;
}

function lostSays({ fault, last, at }: Extract<Reading<unknown>, { state: 'lost' }>, now: Instant): string {
  const age = shortAge(now - (last?.at ?? at));
  if (fault.isLoading) return last ? `loading; ${age} old` : 'loading';
  // Whoever does not allow a request, or answers nonsense, was reached.
  const isAway = fault.kind === 'refused' || fault.kind === 'timeout';
  return `${faultWord[isAway ? 'unreachable' : fault.kind]} ${age}`;
}

/** The same, or whose cockpit asked, where it was that of a colleague on another host. */
export function askedSays(reading: Reading<unknown>, now: Instant): Line {
  const age = ageSays(reading, now);
  if (age || reading.state !== 'live' || reading.by === undefined) return age ?? [];
  return line(dim(`asked by ${reading.by}`));
}

/**
 * What is wrong with a reading, in one to `rows` lines of at most `columns`: the fault, the next try,
 * the next move. Empty while the reading is fresh.
 */
export function trouble(reading: Reading<unknown>, who: string, now: Instant, columns: number, rows = 4): Line[] {
  if (reading.state === 'pending') return [line(mark('unknown'), dim(` ${who}: no answer yet`))];
  if (reading.state !== 'lost') return [];
  const { fault } = reading;
  const verdict: HealthStatus = fault.kind === 'refused' ? 'critical' : 'unknown';
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
  const said = [first, ...rest].slice(0, Math.max(1, rows));
  const hints = wrap(fault.hint, columns - 2);
  const shown = hints.slice(0, Math.max(0, rows - said.length));
  return [
    ...said,
    // A cut hint ends with ….
    ...shown.map((hint, at) =>
      line('  ', at === shown.length - 1 && shown.length < hints.length ? fit(`${hint} …`, columns - 2) : hint),
    ),
  ];
}
