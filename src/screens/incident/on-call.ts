// Who is on call, now and next, as PagerDuty tells it: rows for the contacts, and a line for the pages.
import { levelsOf, namesOf, type OnCall, onCallNext, onCallNow, type Pager } from '../../core/queries/pager.ts';
import { type Query, queryReading } from '../../core/queries/query.ts';
import { formatInstant, shortClock } from '../../core/text/format.ts';
import type { Instant } from '../../core/time.ts';
import { newest } from '../../core/world/reading.ts';
import type { Contact } from '../../core/world/targets.ts';
import type { State } from '../../store.ts';
import type { Row } from '../screen.ts';
import { descriptionList } from '../toolkit/description-list.ts';
import { bold, dim, firstFitting, type Line, line } from '../toolkit/line.ts';
import { ageSays, trouble } from '../toolkit/reading-status.ts';

export const pagerQuery: Query<'pager'> = { kind: 'pager' };

/** What is asked while a screen shows people or pages: nothing where no token is configured. */
export const pagerQueries = ({ incidentContext }: State): readonly Query[] =>
  incidentContext?.targets.channels.pagerApi ? [pagerQuery] : [];

export const pagerReading = (state: State) => queryReading<'pager'>(state.queries, pagerQuery);

/** `05:48Z`, or with its date where that is another day (UTC): `11-30 05:48Z`. */
function clockSays(at: Instant, now: Instant): string {
  const isToday = formatInstant(at).slice(0, 10) === formatInstant(now).slice(0, 10);
  return isToday ? `${shortClock(at)}Z` : `${formatInstant(at).slice(5, 16)}Z`;
}

/** One level of the escalation policy: who has it now, and who is next. */
type Level = { level: number; now: readonly OnCall[]; next: OnCall | undefined };

function levelsAt({ onCalls }: Pager, now: Instant): readonly Level[] {
  const current = onCallNow(onCalls, now);
  return levelsOf(onCalls).map((level) => ({
    level,
    now: current.filter((one) => one.level === level),
    next: onCallNext(onCalls, level, now),
  }));
}

const usersOf = (level: Level) => level.now.map(({ user }) => user);

/** `since 17:48Z, until 05:48Z`; `always`. Of several people at a level the first change counts. */
function spanSays({ now: people }: Level, now: Instant): string {
  const ends = people.flatMap(({ until }) => (until === undefined ? [] : [until]));
  const begins = people.flatMap(({ since }) => (since === undefined ? [] : [since]));
  if (people.length === 0) return '';
  if (ends.length === 0) return 'always';
  const since = begins.length > 0 ? `since ${clockSays(Math.max(...begins), now)}, ` : '';
  return `${since}until ${clockSays(Math.min(...ends), now)}`;
}

const nextSays = ({ next }: Level, now: Instant): string =>
  next?.since === undefined ? '' : `next ${next.user.name} ${clockSays(next.since, now)}`;

function levelLine(level: Level, now: Instant, columns: number): Line {
  const nobody = level.now.length === 0;
  const who = nobody ? dim('nobody') : bold(namesOf(usersOf(level)));
  const head = line(dim(`  level ${level.level}  `), who);
  const span = spanSays(level, now);
  const until = span.replace(/^since [^,]*, /, '');
  const next = nextSays(level, now);
  const ways = [[span, next], [until, next], [until], []].map((parts) =>
    line(
      head,
      dim(
        parts
          .filter(Boolean)
          .map((part) => `  ${part}`)
          .join(''),
      ),
    ),
  );
  return firstFitting(columns, ...ways);
}

const idOf = (level: number) => `on-call/${level}`;

/** Rows below the contacts; empty where no token is configured. */
export function onCallRows(state: State): readonly Row[] {
  const pager = pagerQueries(state).length > 0 ? newest(pagerReading(state))?.value : undefined;
  if (!pager) return [];
  const { now } = state.world;
  const about = line(dim(`on call now, by PagerDuty${pager.policy ? ` (${pager.policy.name})` : ''}`));
  return levelsAt(pager, now).map((level, at): Row => {
    const heading = at === 0 ? [[], about] : [];
    return {
      id: idOf(level.level),
      text: `level ${level.level} ${namesOf(usersOf(level))} ${level.next?.user.name ?? ''}`,
      height: 1 + heading.length,
      draw: (columns) => [...heading, levelLine(level, now, columns)],
      opens: {
        kind: 'details',
        title: `On call, level ${level.level}`,
        lines: (_, room) => descriptionList(detailsOf(level, now), room - 2),
      },
      copies: { text: addressOf(level), what: addressOf(level) },
    };
  });
}

function detailsOf(level: Level, now: Instant): readonly (readonly [string, string])[] {
  const { next } = level;
  return [
    ...level.now.map(({ user, schedule }) => {
      const by = schedule ? ` by the schedule ${schedule}` : '';
      return ['now', `${user.name}${user.email ? ` ${user.email}` : ''}${by}`] as const;
    }),
    ...(level.now.length === 0 ? [['now', 'nobody'] as const] : []),
    ['time', spanSays(level, now)],
    [
      'next',
      next?.since === undefined
        ? 'nobody else within two weeks'
        : `${next.user.name} from ${clockSays(next.since, now)}`,
    ],
  ];
}

const addressOf = ({ now: people }: Level): string =>
  people.map(({ user }) => user.email ?? user.name).join(', ') || 'nobody';

/** Who is on call at the level of a row, as a contact to write to. */
export function onCallContact(state: State, row: string | undefined): Contact | undefined {
  const pager = newest(pagerReading(state))?.value;
  const level = pager && levelsAt(pager, state.world.now).find((one) => idOf(one.level) === row);
  const email = level?.now.find(({ user }) => user.email !== undefined)?.user.email;
  if (!level || email === undefined) return undefined;
  return { role: `On call, level ${level.level}`, contact: email, escalation: 'PagerDuty' };
}

/** What is wrong with PagerDuty's answer, or what of it is missing; empty while all is well. */
export function pagerTrouble(state: State, columns: number): readonly Line[] {
  if (pagerQueries(state).length === 0) return [];
  const reading = pagerReading(state);
  if (reading.state === 'lost') return trouble(reading, 'PagerDuty', state.world.now, columns);
  const found = newest(reading)?.value;
  const parts = [
    ...(found?.untold.map(({ what, fault }) => `${what} unknown: ${fault.what}; ${fault.hint}`) ?? []),
    ...(found?.moreOnCalls ? ['there are more on-calls than were read: who is next may be missing'] : []),
  ];
  return parts.map((part) => line(dim(part)));
}

export const pagerAge = (state: State): Line | undefined =>
  pagerQueries(state).length === 0 ? undefined : ageSays(pagerReading(state), state.world.now);

/** `on call: Mara Lind until 05:48Z; level 2 Sofia Costa; level 3 Elena Petrov`, as much of it as fits. */
export function onCallLine(pager: Pager, now: Instant, columns: number): Line | undefined {
  const all = levelsAt(pager, now).filter((one) => one.now.length > 0);
  const says = all.map((one) => {
    const until = spanSays(one, now).replace(/^since [^,]*, /, '');
    return `level ${one.level} ${namesOf(usersOf(one))}${one.level === 1 && until !== 'always' ? ` ${until}` : ''}`;
  });
  if (says.length === 0) return undefined;
  return firstFitting(
    columns,
    ...says.map((_, at) => line(dim(`on call: ${says.slice(0, says.length - at).join('; ')}`))),
  );
}
