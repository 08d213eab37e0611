// What sessions wait for: a minute of samples, by statement and by wait event, as average active sessions.
import { type Query, queryReading } from '../../core/queries/query.ts';
import {
  averageActive,
  fullSamples,
  onCpu,
  type WaitingStatement,
  type WaitRow,
  type WaitSamples,
} from '../../core/queries/waits.ts';
import { formatCount, formatPercent } from '../../core/text/format.ts';
import { newest } from '../../core/world/reading.ts';
import type { Place } from '../../store.ts';
import type { Binding, Row, Screen } from '../screen.ts';
import { bar } from '../toolkit/bar.ts';
import { descriptionList } from '../toolkit/description-list.ts';
import { dim, type Line, line, type Span, span, wrap } from '../toolkit/line.ts';
import { ageSays, trouble } from '../toolkit/reading-status.ts';
import { type Column, table } from '../toolkit/table.ts';
import { countFromNow, countsOf, lackLines, serverOf, shareBar } from './counting.ts';
import { planBinding } from './plan.ts';

const askFor = (place: Place): Query<'waits'> => ({
  kind: 'waits',
  ...countsOf(place),
  samples: fullSamples,
});

const orders = ['statement', 'wait event'] as const;

/** What each type of wait means (PostgreSQL documentation, pg_stat_activity: Wait Event Types). */
const meanings: Readonly<Record<string, string>> = {
  [onCpu]: 'it computes: no wait event is reported',
  Activity: 'a server process waits for work',
  BufferPin: 'it waits for exclusive access to a page',
  Client: 'it waits for its application: a slow client, or a network',
  Extension: 'it waits in an extension',
  IO: 'it reads or writes: see cache hits, and the disk',
  IPC: 'it waits for another server process',
  Lock: 'another session holds the lock: see who blocks whom in the database sessions',
  LWLock: 'it waits for memory that the server’s processes share',
  Timeout: 'it sleeps until a time has passed',
};

const sampleAgain: Binding = {
  ...countFromNow,
  id: 'sample-again',
  title: 'sample again',
  about: 'sample for another minute, from now on',
  also: 'moment again',
};

export const waitsScreen: Screen = {
  id: 'waits',
  title: (place) => (serverOf(place) === 'replica' ? 'REPLICA WAITS' : 'WAIT EVENTS'),
  palette: 'wait events, what sessions wait for',
  also: 'waits wait events active sessions locks io cpu sampling database postgres performance',
  sorts: orders,
  queries: (place) => [askFor(place)],
  view({ world, queries }, place, { columns, rows: high }) {
    const reading = queryReading<'waits'>(queries, askFor(place));
    const { now } = world;
    const room = columns - 2;
    const found = newest(reading)?.value;
    const byEvent = orders[place.sort % orders.length] === 'wait event';
    const some = found ? (byEvent ? eventRows(found, room) : statementRows(found, room)) : undefined;
    return {
      says: line(found ? dim(samplesSay(found)) : ''),
      right: ageSays(reading, now) ?? [],
      head: [
        ...(reading.state === 'lost' ? trouble(reading, 'database', now, room) : []),
        ...(found
          ? [...lackLines(found.lacks, room), ...summary(found, room), ...(byEvent ? [] : histogram(found, room, high))]
          : []),
        ...(some && some.rows.length > 0 ? [some.head] : []),
      ],
      rows: some?.rows ?? [],
      empty: found ? [line(dim('no session was active in these samples'))] : [],
    };
  },
  keys: [sampleAgain, planBinding],
};

const samplesSay = ({ samples, wanted }: WaitSamples) =>
  samples >= wanted ? `${samples} samples, one a second; m samples again` : `sample ${samples} of ${wanted}`;

function summary(found: WaitSamples, room: number): Line[] {
  const { samples, wanted, active, hidden, cut } = found;
  return [
    line(
      ...(samples < wanted ? [...bar(samples, wanted, Math.min(20, room - 40)), span('  ')] : []),
      `${averageActive(active, samples).toFixed(1)} active sessions on average`,
      dim(hidden > 0 ? `, ${averageActive(hidden, samples).toFixed(1)} hidden ones not counted` : ''),
      dim(cut ? ', only the first 1 000 of a sample' : ''),
    ),
  ];
}

const toneOf = (type: string): Span['tone'] => (type === 'Lock' ? 'warning' : type === onCpu ? 'ok' : 'plain');
const nameOf = ({ type, event }: WaitRow): string => (event === '' ? type : `${type}: ${event}`);

/** The most frequent wait events, in at most a third of the rows. */
function histogram({ events, samples, active }: WaitSamples, room: number, high: number): Line[] {
  const most = Math.max(2, Math.min(8, Math.floor(high / 3) - 2));
  const shown = events.slice(0, most);
  if (shown.length === 0) return [];
  const rest = events.slice(most).reduce((sum, { count }) => sum + count, 0);
  const wide = Math.max(8, Math.min(40, room - 44));
  return [
    ...shown.map((row) =>
      line(
        span(nameOf(row).slice(0, 28).padEnd(29), toneOf(row.type)),
        averageActive(row.count, samples).toFixed(1).padStart(6),
        dim(`${formatPercent((row.count / active) * 100).padStart(6)} `),
        span(shareBar(row.count / active, wide), toneOf(row.type)),
      ),
    ),
    ...(rest > 0
      ? [line(dim(`${'other wait events'.padEnd(29)}${averageActive(rest, samples).toFixed(1).padStart(6)}`))]
      : []),
    [],
  ];
}

type Drawn = { head: Line; rows: Row[] };

function statementRows({ statements, samples, active }: WaitSamples, room: number): Drawn {
  const all: Column<WaitingStatement>[] = [
    { title: 'active', of: ({ count }) => averageActive(count, samples).toFixed(1), width: 6, align: 'right' },
    { title: 'of all', of: ({ count }) => dim(formatPercent((count / active) * 100)), width: 6, align: 'right' },
    { title: 'waits for', of: waitsFor, width: 18, upTo: 30 },
    { title: 'user', of: ({ user }) => dim(user), width: 8, upTo: 14, spare: 2 },
    { title: 'statement', of: ({ text }) => text || dim('no statement'), width: 20, upTo: 600 },
  ];
  const { head, draw } = table(all, room);
  return {
    head,
    rows: statements.map((one) => ({
      id: `${one.user} ${one.text}`,
      text: `${one.text} ${one.user} ${one.events.map(nameOf).join(' ')}`,
      draw: () => [draw(one)],
      opens: { kind: 'details', title: 'active statement', lines: (_, wide) => statementLines(one, samples, wide - 2) },
      copies: { text: one.text, what: 'the statement, without its literals' },
      target: { action: 'end-session', pid: String(one.pid) },
    })),
  };
}

function waitsFor({ events }: WaitingStatement): Span | string {
  const [first] = events;
  return first ? span(nameOf(first), toneOf(first.type)) : '';
}

function statementLines(
  { text, user, events, count, pid }: WaitingStatement,
  samples: number,
  columns: number,
): Line[] {
  return [
    ...descriptionList(
      [
        ['active', `${averageActive(count, samples).toFixed(1)} sessions on average`],
        ['user', user],
        ['seen last in', `session ${pid}; e shows its plan`],
        ...events.map((row, at): readonly [string, Line] => [
          at === 0 ? 'waits for' : '',
          line(
            span(nameOf(row), toneOf(row.type)),
            dim(`  ${formatPercent((row.count / count) * 100)} of its samples`),
          ),
        ]),
        ['meaning', events[0] && meanings[events[0].type]],
      ],
      columns,
    ),
    [],
    ...wrap(text, columns).map((part) => line(part)),
  ];
}

function eventRows({ events, samples, active }: WaitSamples, room: number): Drawn {
  const all: Column<WaitRow>[] = [
    { title: 'wait event', of: (row) => span(nameOf(row), toneOf(row.type)), width: 24, upTo: 40 },
    { title: 'active', of: ({ count }) => averageActive(count, samples).toFixed(1), width: 6, align: 'right' },
    { title: 'of all', of: ({ count }) => dim(formatPercent((count / active) * 100)), width: 6, align: 'right' },
    {
      title: '',
      of: ({ type, count }, wide) => span(shareBar(count / active, wide), toneOf(type)),
      width: 10,
      upTo: 40,
    },
    { title: 'samples', of: ({ count }) => dim(formatCount(count)), width: 8, align: 'right', spare: 1 },
  ];
  const { head, draw } = table(all, room);
  return {
    head,
    rows: events.map((row) => ({
      id: nameOf(row),
      text: nameOf(row),
      draw: () => [draw(row)],
      opens:
        row.type === 'Lock'
          ? { kind: 'open', screen: 'sessions' }
          : {
              kind: 'details',
              title: nameOf(row),
              lines: (_, wide) =>
                wrap(meanings[row.type] ?? 'see PostgreSQL’s documentation of wait events', wide - 2).map((part) =>
                  line(part),
                ),
            },
    })),
  };
}
