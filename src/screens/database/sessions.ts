// Sessions of the primary: who blocks whom as a tree, what each waits for, and replication above.

import { judgeSlot } from '../../core/judgement/replication.ts';
import { blockersSay, blockingTree, type DatabaseDetail, type InTree } from '../../core/looks/database.ts';
import { type Ask, lookFor } from '../../core/looks/look.ts';
import { formatAge, formatBytes, formatCount, formatCounted, shortAge } from '../../core/text/format.ts';
import { newest } from '../../core/world/reading.ts';
import type { Place } from '../../store.ts';
import { dim, type Line, line, mark, span, wrap } from '../line.ts';
import { ageSays, trouble } from '../reading.ts';
import type { Row, Screen } from '../screen.ts';
import { type Column, table } from '../table.ts';

export function databaseAsk({ of }: Place): Ask<'database'> {
  return { kind: 'database', server: of.server === 'replica' ? 'replica' : 'primary' };
}

/** A transaction that is open for so long holds others up, or keeps vacuum from its work. */
const longTransaction = 5 * 60_000;

export const sessionsScreen: Screen = {
  id: 'sessions',
  title: (place) => (place.of.server === 'replica' ? 'REPLICA SESSIONS' : 'DATABASE SESSIONS'),
  palette: 'database sessions, locks and replication',
  also: 'db postgres blocked queries connections',
  looks: (place) => [databaseAsk(place)],
  view({ world, looks }, place, { columns }) {
    const reading = lookFor<'database'>(looks, databaseAsk(place));
    const { now } = world;
    const room = columns - 2;
    const found = newest(reading)?.value;
    const tree = blockingTree(found?.sessions ?? []);
    const all: Column<InTree>[] = [
      { title: 'pid', of: pidSays, width: 12, upTo: 16 },
      { title: 'user', of: ({ session }) => session.user, width: 8, upTo: 16 },
      { title: 'application', of: ({ session }) => dim(session.application), width: 11, upTo: 24, spare: 2 },
      { title: 'client', of: ({ session }) => dim(session.client), width: 10, upTo: 20, spare: 4 },
      { title: 'state', of: ({ session }) => stateSays(session.state), width: 11, upTo: 19 },
      { title: 'waits for', of: ({ session }) => waitSays(session.wait), width: 13, upTo: 24, spare: 1 },
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
        opens: { kind: 'details', title: `session ${one.session.pid}`, lines: (_, wide) => detailsOf(one, wide - 2) },
        // A replica's sessions are not ended from here.
        ...(place.of.server === 'replica' ? {} : { target: { action: 'end-session', pid: String(one.session.pid) } }),
        copies: { text: one.session.query || String(one.session.pid), what: `the query of ${one.session.pid}` },
      }),
    );
    const blocked = tree.filter(({ session }) => session.blockedBy.length > 0).length;
    return {
      says: line(
        found ? `${formatCount(tree.length)}${found.sessionsExact ? '' : ' and more'}` : '',
        blocked > 0 ? span(`  ${blocked} blocked`, 'critical') : dim('  none blocked'),
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
};

function pidSays({ session, depth, blocks }: InTree): Line {
  const indent = depth > 0 ? `${'  '.repeat(Math.min(depth, 3) - 1)}└ ` : '';
  if (blocks > 0) return line(dim(indent), span(`● ${session.pid}`, 'critical'));
  return session.blockedBy.length > 0
    ? line(dim(indent), span(`▲ ${session.pid}`, 'warning'))
    : line(`${indent}  ${session.pid}`);
}

function stateSays(state: string) {
  if (state === 'active') return span(state, 'ok');
  return state.startsWith('idle in transaction') ? span(state, 'warning') : dim(state || 'hidden');
}

function waitSays(wait: string | undefined) {
  if (wait === undefined) return dim('–');
  return wait.startsWith('Lock') ? span(wait, 'warning') : dim(wait);
}

function ageOf(age: number | undefined) {
  if (age === undefined) return dim('–');
  return age > longTransaction ? span(shortAge(age), 'warning') : shortAge(age);
}

/** Replicas and slots; what is hidden from us, with its grant. */
function replicationLines({ replicas, slots, missing, inRecovery }: DatabaseDetail): Line[] {
  const lag = (bytes: number | undefined) => (bytes === undefined ? 'lag hidden' : `${formatBytes(bytes)} behind`);
  const lines = [
    ...replicas.map((r) =>
      line(
        mark(r.state === 'streaming' ? 'ok' : 'warning'),
        ` replica ${r.name || r.client}  ${r.state}  `,
        dim(lag(r.bytes)),
      ),
    ),
    ...slots.map((s) =>
      line(
        mark(s.active || judgeSlot(s).verdict !== 'ok' ? judgeSlot(s).verdict : 'warning'),
        ` slot ${s.name}  ${s.active ? 'active' : 'nobody reads it'}  `,
        dim(`${s.bytes === undefined ? '' : `keeps ${formatBytes(s.bytes)} of log`} ${s.state}`.trim()),
      ),
    ),
    ...missing.map(({ what, grant }) => line(mark('unknown'), ` ${what} not shown  `, dim(grant))),
  ];
  if (replicas.length === 0 && slots.length === 0 && !inRecovery) lines.unshift(line(dim('no replica is connected')));
  return lines.slice(0, 5);
}

function detailsOf({ session, blocks }: InTree, columns: number): Line[] {
  const pair = (label: string, value: string) => line(dim(label.padEnd(13)), value);
  return [
    pair('user', `${session.user} at ${session.client}, ${session.application || 'no application name'}`),
    pair('database', session.database),
    pair(
      'state',
      `${session.state || 'hidden'}${session.stateAge === undefined ? '' : ` for ${formatAge(session.stateAge)}`}`,
    ),
    pair(
      'transaction',
      session.transactionAge === undefined ? 'none open' : `open for ${formatAge(session.transactionAge)}`,
    ),
    pair('waits for', session.wait ?? 'nothing'),
    pair('blocked by', blockersSay(session.blockedBy) || 'nobody'),
    pair('blocks', blocks > 0 ? formatCounted(blocks, 'session') : 'nobody'),
    [],
    ...wrap(session.query, columns).map((part) => line(part)),
  ];
}
