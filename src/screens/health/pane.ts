// HEALTH: the gateway's own report, and each backend as it answered us.

import { endpointSays, gatewaySays, worseEndpoint } from '../../core/health/gateway.ts';
import { evaluateWord } from '../../core/health/health-words.ts';
import { evaluateRedis, redisMemory } from '../../core/health/redis.ts';
import { behindSays, evaluateSlot } from '../../core/health/replication.ts';
import { type HealthStatus, isBreached, worst } from '../../core/health/status.ts';
import { evaluateIdAge } from '../../core/health/wraparound.ts';
import { evaluateWrites } from '../../core/health/writes.ts';
import { formatAge, formatBytes, formatCounted, formatPercent, shortAge } from '../../core/text/format.ts';
import type { Instant, Ms } from '../../core/time.ts';
import type { Cluster, Database, Gateway, Redis } from '../../core/world/facts.ts';
import { isStale, newest, type Reading } from '../../core/world/reading.ts';
import type { State } from '../../store.ts';
import {
  columnsOf,
  dim,
  faded,
  firstFitting,
  type Line,
  line,
  lineWidth,
  mark,
  span,
  spread,
  wrap,
} from '../toolkit/line.ts';
import type { Pane, Stretch } from '../toolkit/pane.ts';
import { squeeze } from '../toolkit/pane.ts';
import { faultSays, nextTry, nextTryShort } from '../toolkit/reading-status.ts';
import { healthOf } from '../toolkit/selectors.ts';

/** The backends, as the panes and the palette name them. */
export const backendIds = ['gateway', 'cluster', 'primary', 'replica', 'redis'] as const;
export type BackendId = (typeof backendIds)[number];

export function isBackend(id: string | undefined): id is BackendId {
  return backendIds.some((b) => b === id);
}

/** `3 ms`, `2.1 s`. */
export function formatLatency(ms: Ms): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : formatAge(ms);
}

/** The text of one live backend: variants from the longest to the shortest, lines below, more where there is room. */
type Said = { says: readonly Line[]; latency?: Ms; below?: readonly Line[]; more?: readonly string[] };

const nameWidth = 9;

export const healthPane: Pane = {
  id: 'health',
  title: 'HEALTH',
  spots: {
    three: { band: 0, column: 0, rows: { weight: 38, least: 8, most: 13 } },
    two: { band: 0, column: 0, rows: { weight: 1 } },
  },
  covers: (f) => f.area === 'gateway' || f.area === 'database' || f.area === 'redis',
  view(state, { columns, rows }) {
    const { readings, scope } = state.world;
    const items = [
      backend(state, 'gateway', readings.gateway, saysGateway, columns),
      backend(state, 'primary', readings.primary, saysDatabase, columns),
      ...(scope.hasReplica ? [backend(state, 'replica', readings.replica, saysDatabase, columns)] : []),
      backend(state, 'redis', readings.redis, saysRedis, columns),
      backend(state, 'cluster', readings.cluster, saysCluster, columns),
    ];
    return { rows: squeeze(items, rows) };
  },
};

/** The metric whose figure stands beside a backend: no green mark is beside one that is breached. */
const measuredBy: Partial<Readonly<Record<BackendId, string>>> = {
  primary: 'metric/connections',
  redis: 'metric/redisMemory',
};

/** The health of a backend, with its own metric; for the cluster, whether it answers. */
export function backendVerdict(state: State, id: BackendId): HealthStatus {
  const own = ownVerdict(state, id);
  const metric = healthOf(state.world).of(measuredBy[id] ?? '');
  return metric && isBreached(metric) ? worst([own, metric]) : own;
}

function ownVerdict({ world }: State, id: BackendId): HealthStatus {
  if (id === 'gateway') return healthOf(world).of('gateway/health');
  if (id === 'redis') return healthOf(world).of('redis');
  if (id !== 'cluster') return healthOf(world).of(`database/${id}`);
  const reading = world.readings.cluster;
  if (reading.state === 'live') return isStale(reading, world.now) ? 'unknown' : 'ok';
  return reading.state === 'lost' && reading.fault.kind === 'refused' ? 'critical' : 'unknown';
}

function backend<T>(
  state: State,
  id: BackendId,
  reading: Reading<T>,
  say: (value: T, now: Instant) => Said,
  columns: number,
): Stretch {
  const { now } = state.world;
  const verdict = backendVerdict(state, id);
  const name = `${id.padEnd(nameWidth)}`;
  // The verdict's word, where there is room for it.
  const worded = columns >= 50 ? span(`${verdict.padEnd(8)}  `, verdict) : span('');
  const room = columns - nameWidth - worded.text.length - 2;
  const opens = { kind: 'open', screen: 'backend', of: { backend: id } } as const;
  if (reading.state === 'live') {
    const stale = isStale(reading, now);
    const { says, latency, below = [], more = [] } = say(reading.value, now);
    const right = stale
      ? line(dim(`${shortAge(now - reading.at)} ago`))
      : line(latency === undefined ? '' : dim(formatLatency(latency)));
    const rightWidth = right.reduce((sum, s) => sum + s.text.length, 0);
    const said = firstFitting(room - rightWidth - 1, ...says);
    const first = spread(line(mark(verdict), ` ${name}`, worded, stale ? faded(said) : said), right, columns);
    const rest = below.map((l) => line('  ', stale ? faded(l) : l));
    const least = id === 'gateway' ? rest : [];
    return {
      id,
      most: [first, ...rest, ...more.map((m) => line(dim(`  ${m}`))), []],
      long: [first, ...rest],
      short: [first, ...least],
      opens,
    };
  }
  if (reading.state === 'pending') {
    const only = [line(mark(verdict), ` ${name}`, worded, dim('no answer yet'))];
    return { id, long: only, short: only, opens };
  }
  const again = nextTry(reading.retryAt, now);
  const faults = faultSays(reading.fault).map((says) => line(mark(verdict), ` ${name}`, worded, says));
  const head = firstFitting(columns, ...faults);
  const last = newest(reading);
  const since = last ? `last answer ${formatAge(now - last.at)} ago` : 'never answered';
  const wide = columns > 50;
  // The next try is always shown; the reason uses the remaining room.
  const tries = [again, nextTryShort(reading.retryAt, now)];
  const whole = faults.flatMap((says) => tries.map((each) => ({ says, each })));
  const fitting = whole.find(({ says, each }) => lineWidth(says) + columnsOf(each) < columns) ?? whole.at(-1);
  const first = fitting ? spread(fitting.says, line(dim(fitting.each)), columns) : head;
  const hint = wrap(reading.fault.hint, columns - 2).map((part) => line('  ', part));
  const long = wide ? [first, line('  ', dim(since))] : [head, line('  ', dim(since)), line('  ', dim(again))];
  return {
    id,
    most: [...long, ...hint, []],
    long,
    short: [first],
    opens,
  };
}

function saysGateway({ health, detailed }: Gateway): Said {
  const services = [...new Map([...health.services, ...detailed.services].map((s) => [s.name, s])).values()];
  const worse = worseEndpoint({ health, detailed });
  const words = services.flatMap((s) => [dim(`${s.name} `), mark(evaluateWord(s.word)), span(' ')]);
  return {
    says: [
      gatewaySays({ health, detailed }),
      endpointSays(worse),
      ...(worse.statusCode === undefined ? [] : [String(worse.statusCode)]),
    ].map((s) => line(s)),
    latency: Math.max(health.latency, detailed.latency),
    below: words.length > 0 ? [line(...words)] : undefined,
    more: [health.url],
  };
}

function saysDatabase(d: Database, _now: Instant): Said {
  const says: Line[] = [];
  const below: Line[] = [];
  if (d.inRecovery) {
    const bytes = d.lag?.bytes === undefined ? '' : `, ${formatBytes(d.lag.bytes)}`;
    says.push(line(`${behindSays(d.lag)}${bytes}`), line(behindSays(d.lag)), line(behindSays(d.lag, 'short')));
  } else if (d.connections) {
    const { used, limit } = d.connections;
    says.push(
      line(`${used}/${limit} connections, ${d.connections.active} active`),
      line(`${used}/${limit} connections`),
    );
    says.push(line(`${used}/${limit}`));
  } else says.push(line('answers'));
  const problem = d.inRecovery ? undefined : evaluateWrites(d);
  if (problem) below.push(line(mark(problem.verdict), ` ${problem.says}`));
  if (d.blocked && d.blocked.length > 0) {
    const waits = Math.max(...d.blocked.map((b) => b.waiting));
    below.push(line(`${d.blocked.length} blocked, longest for ${formatAge(waits)}`));
  }
  if (d.longestTransaction && d.longestTransaction.age > 60_000)
    below.push(line(dim(`transaction open ${formatAge(d.longestTransaction.age)}, pid ${d.longestTransaction.pid}`)));
  for (const slot of d.slots ?? []) {
    const { verdict, says: problem } = evaluateSlot(slot);
    if (verdict !== 'ok') below.push(line(mark(verdict), ` ${problem}`));
  }
  for (const one of d.idAges ?? []) {
    const { verdict, says: problem } = evaluateIdAge(one);
    if (verdict !== 'ok') below.push(line(mark(verdict), ` ${problem}`));
  }
  for (const m of d.missing) below.push(line(dim(`${m.part}: ${m.grant}`)));
  return { says, latency: d.latency, below, more: [`${d.where}, PostgreSQL ${d.version}`] };
}

function saysRedis(r: Redis): Said {
  const memory = redisMemory(r);
  const used = !memory
    ? ''
    : memory.most > 0
      ? `${formatPercent((memory.used / memory.most) * 100)} of ${formatBytes(memory.most)}`
      : `${formatBytes(memory.used)}, no limit set`;
  const { verdict, says } = evaluateRedis(r);
  if (verdict !== 'ok') return { says: [line(says)], latency: r.latency, more: [`${r.where}, ${used}`] };
  return {
    says: [line(`${used}, ${r.clients === undefined ? '? clients' : formatCounted(r.clients, 'client')}`), line(used)],
    latency: r.latency,
    more: [`${r.where}, Redis ${r.version}, ${r.role}`],
  };
}

function saysCluster(c: Cluster): Said {
  return {
    says: [line(`${c.context}, ${c.version}`), line(c.context), line(c.version)],
    latency: c.latency,
    more: [c.server],
  };
}
