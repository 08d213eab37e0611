// Sessions of the primary: a tree of blockers, what each waits for, and replication above.

import { evaluateSlot } from '../../core/health/replication.ts';
import { type HealthStatus, worst, worstFirst } from '../../core/health/status.ts';
import {
  blockersSay,
  blockingTree,
  type DatabaseDetail,
  type DatabaseSession,
  type InTree,
  type RunningVacuum,
  type Slot,
} from '../../core/queries/database.ts';
import { type Query, queryReading } from '../../core/queries/query.ts';
import { formatAge, formatBytes, formatCount, formatCounted, shortAge } from '../../core/text/format.ts';
import { newest } from '../../core/world/reading.ts';
import type { Place } from '../../store.ts';
import type { Row, Screen } from '../screen.ts';
import { dim, firstFitting, type Line, line, mark, type Span, span, wrap } from '../toolkit/line.ts';
import { ageSays, trouble } from '../toolkit/reading-status.ts';
import { type Column, table } from '../toolkit/table.ts';
import { planBinding } from './plan.ts';
import { vacuumOf } from './vacuums.ts';

export function databaseAsk({ of }: Place): Query<'database'> {
  return { kind: 'database', server: of.server === 'replica' ? 'replica' : 'primary' };
}

/** A transaction open for this long blocks others or holds vacuum back. */
const longTransaction = 5 * 60_000;

export const sessionsScreen: Screen = {
  id: 'sessions',
  title: (place) => (place.of.server === 'replica' ? 'REPLICA SESSIONS' : 'DATABASE SESSIONS'),
  palette: 'database sessions, locks and replication',
  also: 'sessions session database db postgres blocked locks queries connections replication slots explain plan',
  queries: (place) => [databaseAsk(place)],
  view({ world, queries: looks }, place, { columns }) {
    const reading = queryReading<'database'>(looks, databaseAsk(place));
    const { now } = world;
    const room = columns - 2;
    const found = newest(reading)?.value;
    const tree = blockingTree(found?.sessions ?? []);
    const all: Column<InTree>[] = [
      { title: 'pid', of: pidSays, width: 12, upTo: 16 },
      { title: 'user', of: ({ session }) => session.user, width: 8, upTo: 16 },
      { title: 'application', of: ({ session }) => dim(session.application), width: 11, upTo: 24, spare: 2 },
      { title: 'client', of: ({ session }) => dim(session.client), width: 10, upTo: 20, spare: 4 },
      { title: 'state', of: ({ session }, wide) => stateSays(session.state, wide), width: 11, upTo: 19 },
      { title: 'waits for', of: ({ session }, wide) => waitSays(session, wide), width: 13, upTo: 24, spare: 1 },
      { title: 'in tx', of: ({ session }) => ageOf(session.transactionAge), width: 5, align: 'right' },
      { title: 'since', of: ({ session }) => dim(shortAge(session.stateAge ?? 0)), width: 5, align: 'right', spare: 3 },
      { title: 'query', of: ({ session }) => session.query, width: 12, upTo: 600 },
    ];
    const { head, draw } = table(all, room);
    const rows = tree.map(
      (one): Row => ({
        id: String(one.session.pid),
        text: `${one.session.pid} ${one.session.user} ${one.session.application} ${one.session.state} ${one.session.query}`,
        draw: () => [draw(one)],
        opens: {
          kind: 'details',
          title: `session ${one.session.pid}`,
          lines: (_, wide) => detailsOf(one, found?.vacuums ?? [], wide - 2),
        },
        // The cockpit ends no sessions of a replica, and no autovacuum.
        target:
          place.of.server === 'replica' || one.session.autovacuum
            ? undefined
            : { action: 'end-session', pid: String(one.session.pid) },
        copies: { text: one.session.query || String(one.session.pid), what: `the query of ${one.session.pid}` },
      }),
    );
    const vacuums = found?.vacuums.length ?? 0;
    const blocked = tree.filter(({ session }) => session.blockedBy.length > 0).length;
    return {
      says: line(
        found ? `${formatCount(tree.length)}${found.sessionsExact ? '' : ' and more'}` : '',
        blocked > 0 ? span(`  ${blocked} blocked`, 'critical') : dim('  none blocked'),
        vacuums > 0 ? dim(`  ${formatCounted(vacuums, 'vacuum')} running`) : undefined,
      ),
      right: ageSays(reading, now) ?? [],
      head: [
        ...(reading.state === 'lost' ? trouble(reading, 'database', now, room) : []),
        ...(found ? replicationLines(found) : []),
        head,
      ],
      rows,
      empty: found ? [line(dim('no other sessions'))] : [],
    };
  },
  keys: [planBinding],
};

function pidSays({ session, depth, blocks }: InTree): Line {
  const indent = depth > 0 ? `${'  '.repeat(Math.min(depth, 3) - 1)}└ ` : '';
  if (blocks > 0) return line(dim(indent), span(`● ${session.pid}`, 'critical'));
  return session.blockedBy.length > 0
    ? line(dim(indent), span(`▲ ${session.pid}`, 'warning'))
    : line(`${indent}  ${session.pid}`);
}

function stateSays(state: string, columns: number) {
  if (state === 'active') return span(state, 'ok');
  const says = state.length > columns ? state.replace('transaction', 'tx') : state;
  return state.startsWith('idle in transaction') ? span(says, 'warning') : dim(says || 'hidden');
}

/** A session that waits for several is not released when one of them ends. */
function waitSays({ wait, blockedBy }: DatabaseSession, columns: number): Line {
  if (blockedBy.length > 1) {
    const by = `by ${blockedBy.length} sessions`;
    return firstFitting(columns, line(span(`${by}: ${wait}`, 'warning')), line(span(by, 'warning')));
  }
  if (wait === undefined) return line(dim('–'));
  return line(wait.startsWith('Lock') ? span(wait, 'warning') : dim(wait));
}

function ageOf(age: number | undefined) {
  if (age === undefined) return dim('–');
  return age > longTransaction ? span(shortAge(age), 'warning') : shortAge(age);
}

/** The most lines that replicas, slots and hidden parts take above the sessions. */
const replicationRows = 5;

/** Replicas, slots and hidden parts with the grant they need; problems first. */
function replicationLines({ replicas, slots, missing, inRecovery }: DatabaseDetail): Line[] {
  const lag = (bytes: number | undefined) => (bytes === undefined ? 'lag hidden' : `${formatBytes(bytes)} behind`);
  const all: readonly (readonly [HealthStatus, ...(string | Span)[]])[] = [
    ...replicas.map(
      (r) =>
        [
          r.state === 'streaming' ? 'ok' : 'warning',
          ` replica ${r.name || r.client}  ${r.state}  `,
          dim(lag(r.bytes)),
        ] as const,
    ),
    ...slots.map((s) => {
      const { verdict } = evaluateSlot(s);
      const kept = s.bytes === undefined ? '' : `retains ${formatBytes(s.bytes)} of WAL`;
      return [
        s.active || verdict !== 'ok' ? verdict : 'warning',
        ` slot ${s.name}  ${slotSays(s)}  `,
        dim(`${kept} ${s.state}`.trim()),
      ] as const;
    }),
    ...missing.map(({ part: what, grant }) => ['unknown', ` ${what} not visible  `, dim(grant)] as const),
  ];
  const sorted = all.toSorted(([a], [b]) => worstFirst(a, b));
  const shown = sorted.length > replicationRows ? sorted.slice(0, replicationRows - 1) : sorted;
  const rest = sorted.slice(shown.length);
  const unwell = rest.filter(([verdict]) => verdict !== 'ok').length;
  return [
    ...(replicas.length === 0 && slots.length === 0 && !inRecovery ? [line(dim('no replica is connected'))] : []),
    ...shown.map(([verdict, ...says]) => line(mark(verdict), ...says)),
    ...(rest.length > 0
      ? [
          line(
            mark(worst(rest.map(([verdict]) => verdict))),
            ` and ${rest.length} more`,
            dim(unwell > 0 ? `, ${unwell} of them unhealthy` : ', all healthy'),
          ),
        ]
      : []),
  ];
}

function slotSays({ active, state }: Slot): string {
  if (state === 'lost') return 'has lost its WAL: recreate its consumer';
  if (state === 'unreserved') return `is about to lose its WAL${active ? '' : ', no consumer'}`;
  return active ? 'active' : 'no consumer';
}

function detailsOf({ session, blocks }: InTree, vacuums: readonly RunningVacuum[], columns: number): Line[] {
  const vacuum = vacuumOf(session.pid, vacuums);
  const pair = (label: string, value: string) => line(dim(label.padEnd(13)), value);
  return [
    pair(
      'user',
      session.autovacuum
        ? 'PostgreSQL’s own autovacuum'
        : `${session.user} at ${session.client}, ${session.application || 'no application name'}`,
    ),
    pair('database', session.database),
    pair(
      'state',
      `${session.state || 'hidden'}${session.stateAge === undefined ? '' : ` for ${formatAge(session.stateAge)}`}`,
    ),
    pair(
      'transaction',
      session.transactionAge === undefined ? 'none open' : `open for ${formatAge(session.transactionAge)}`,
    ),
    ...(vacuum ? [pair('vacuums', vacuum)] : []),
    pair('waits for', session.wait ?? 'nothing'),
    pair('blocked by', blockersSay(session.blockedBy) || 'none'),
    pair('blocks', blocks > 0 ? formatCounted(blocks, 'session') : 'none'),
    [],
    ...wrap(session.query, columns).map((part) => line(part)),
  ];
}
