import { receiptSays } from '../../core/health/failover.ts';
import { endpointSays } from '../../core/health/gateway.ts';
import { evaluateWord } from '../../core/health/health-words.ts';
import { evaluateRedis, redisMemory } from '../../core/health/redis.ts';
import { behindSays, evaluateSlot } from '../../core/health/replication.ts';
import { evaluateIdAge } from '../../core/health/wraparound.ts';
import { blockersSay } from '../../core/queries/database.ts';
import { formatAge, formatBytes, formatCount, formatInstant, formatPercent } from '../../core/text/format.ts';
import type { Instant } from '../../core/time.ts';
import type { Database, Gateway, HealthEndpoint, Redis } from '../../core/world/facts.ts';
import { newest, type Reading } from '../../core/world/reading.ts';
import type { State } from '../../store.ts';
import type { Screen } from '../screen.ts';
import { descriptionList } from '../toolkit/description-list.ts';
import { bold, type Line, line, mark, span } from '../toolkit/line.ts';
import { askedSays, trouble } from '../toolkit/reading-status.ts';
import { gone, text } from '../toolkit/text-view.ts';
import { backendVerdict, formatLatency, isBackend } from './pane.ts';
import { persistencePairs } from './persistence.ts';

/** One backend: its whole answer, and what could not be queried. */
export const backendScreen: Screen = {
  id: 'backend',
  title: () => 'BACKEND',
  view(state, place, { columns }) {
    const id = place.of.backend;
    if (!isBackend(id)) return gone('this backend');
    const { now, readings } = state.world;
    const verdict = backendVerdict(state, id);
    const reading: Reading<unknown> = readings[id];
    const seen = newest(reading);
    const room = columns - 2;
    const first = descriptionList(
      [
        ['health', line(mark(verdict), span(` ${verdict}`, verdict))],
        [
          'last answer',
          seen ? `${formatInstant(seen.at)}, ${formatAge(now - seen.at)} ago, from ${seen.from}` : 'none yet',
        ],
      ],
      room,
    );
    return text([...trouble(reading, id, now, room, 6), [], ...first, [], ...about(state, id, room)], {
      says: line(bold(id)),
      right: askedSays(reading, now),
    });
  },
};

function about({ world }: State, id: string, room: number): Line[] {
  const { readings: r, now } = world;
  if (id === 'gateway') return gatewayLines(newest(r.gateway)?.value, now, room);
  if (id === 'redis') return redisLines(newest(r.redis)?.value, now, room);
  if (id === 'primary') return databaseLines(newest(r.primary)?.value, room);
  if (id === 'replica') return databaseLines(newest(r.replica)?.value, room);
  const cluster = newest(r.cluster)?.value;
  return cluster
    ? descriptionList(
        [
          ['context', cluster.context],
          ['server', cluster.server],
          ['version', cluster.version],
          ['answered in', formatLatency(cluster.latency)],
        ],
        room,
      )
    : [];
}

function gatewayLines(g: Gateway | undefined, now: Instant, room: number): Line[] {
  if (!g) return [];
  const endpoint = (e: HealthEndpoint) =>
    descriptionList(
      [
        ['asked', `${e.url}, ${formatAge(now - e.at)} ago`],
        ['answered', `${endpointSays(e)} in ${formatLatency(e.latency)}`],
        ...e.services.map((s) => [s.name, line(mark(evaluateWord(s.word)), ` ${s.word}`)] as const),
      ],
      room,
    );
  return [...endpoint(g.health), [], ...endpoint(g.detailed)];
}

function databaseLines(d: Database | undefined, room: number): Line[] {
  if (!d) return [];
  const c = d.connections;
  return [
    ...descriptionList(
      [
        ['asked', `${d.where}, database ${d.database}`],
        ['version', d.version],
        ['answered in', formatLatency(d.latency)],
        ['role', d.inRecovery ? 'replica, in recovery' : 'primary'],
        [
          'connections',
          c
            ? `${c.used} of ${c.limit}: ${c.active} active, ${c.idle} idle, ${c.idleInTransaction} idle in transaction${
                c.nearest ? `; ${c.nearest.whose}: ${c.nearest.used} of its ${c.nearest.limit}` : ''
              }`
            : undefined,
        ],
        [
          'replication',
          d.lag
            ? [
                d.lag.replicas === undefined ? '' : `${d.lag.replicas} connected, lag of the slowest`,
                behindSays(d.lag),
                d.lag.bytes === undefined ? '' : formatBytes(d.lag.bytes),
              ]
                .filter(Boolean)
                .join(', ')
            : undefined,
        ],
        ['primary’s WAL', d.wal ? `${receiptSays(d)}; replayed ${d.wal.replayed ?? 'not visible'}` : undefined],
        [
          'longest transaction',
          d.longestTransaction
            ? `${formatAge(d.longestTransaction.age)}, pid ${d.longestTransaction.pid}, ${d.longestTransaction.user}: ${d.longestTransaction.query}`
            : undefined,
        ],
      ],
      room,
    ),
    ...(d.slots ?? []).flatMap((slot) => {
      const { verdict, says, remedy } = evaluateSlot(slot);
      if (verdict === 'ok') return [];
      return [line(mark(verdict), ` ${says}`), ...(remedy ? [line(span(`  ${remedy}`, 'dim'))] : [])];
    }),
    ...(d.idAges ?? []).flatMap((one) => {
      const { verdict, says, remedy } = evaluateIdAge(one);
      return [line(mark(verdict), ` ${says}`), ...(remedy ? [line(span(`  ${remedy}`, 'dim'))] : [])];
    }),
    ...(d.blocked ?? []).flatMap((b) => [
      line(mark('warning'), ` pid ${b.pid} waits ${formatAge(b.waiting)} for ${blockersSay(b.blockedBy)}`),
      line(span(`  ${b.query}`, 'dim')),
    ]),
    ...d.missing.map((m) => line(mark('unknown'), ` ${m.part} not visible: ${m.grant}`)),
  ];
}

function redisLines(r: Redis | undefined, now: Instant, room: number): Line[] {
  if (!r) return [];
  const memory = redisMemory(r);
  const { verdict, says, remedy } = evaluateRedis(r);
  return descriptionList(
    [
      ['asked', r.where],
      ['version', r.version],
      ['answered in', formatLatency(r.latency)],
      ['works', verdict === 'ok' ? undefined : line(mark(verdict), ` ${says}`)],
      ['do', verdict === 'ok' ? undefined : remedy],
      [
        'role',
        [
          r.role === 'slave' ? 'replica: read-only' : r.role,
          r.linkUp === undefined ? '' : r.linkUp ? 'connected to its primary' : 'disconnected from its primary',
          r.cluster ? 'cluster node: the numbers are for this node, memory for the fullest' : '',
        ]
          .filter(Boolean)
          .join(', '),
      ],
      [
        'memory',
        !memory
          ? undefined
          : memory.most > 0
            ? `${formatBytes(memory.used)} of ${formatBytes(memory.most)} (${formatPercent((memory.used / memory.most) * 100)})${memory.of ? `, node ${memory.of}` : ''}`
            : `${formatBytes(memory.used)}; maxmemory is not set, so the percentage is unknown`,
      ],
      ['policy', r.policy],
      [
        'evicted keys',
        r.evictedKeys === undefined
          ? undefined
          : `${formatCount(r.evictedKeys)}${r.evictedPerMinute === undefined ? '' : `, ${formatCount(Math.round(r.evictedPerMinute))} a minute now`}`,
      ],
      ['clients', r.clients === undefined ? undefined : String(r.clients)],
      ...persistencePairs(r, now),
    ],
    room,
  );
}
