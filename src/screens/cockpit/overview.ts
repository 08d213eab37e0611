// The runbook's architecture diagram, live: each part with its status and its main number; enter goes
// there (runbook, Architecture).

import { keepPromises } from '../../core/health/backups.ts';
import { evaluatePod } from '../../core/health/pods.ts';
import { redisMemory } from '../../core/health/redis.ts';
import { behindSays } from '../../core/health/replication.ts';
import { glyph, type HealthStatus, worst } from '../../core/health/status.ts';
import { readyIn } from '../../core/health/workloads.ts';
import { formatBytes, formatPercent, shortAge } from '../../core/text/format.ts';
import type { Pod } from '../../core/world/facts.ts';
import { newest } from '../../core/world/reading.ts';
import type { World } from '../../core/world/world.ts';
import type { Intent, State } from '../../store.ts';
import { backendVerdict, formatLatency } from '../health/pane.ts';
import type { Row, Screen } from '../screen.ts';
import { markerIn } from '../shell/reducer.ts';
import { blank, columnsOf, dim, fitLine, type Line, line, pointer, span } from '../toolkit/line.ts';
import { ageSays } from '../toolkit/reading-status.ts';
import { healthOf } from '../toolkit/selectors.ts';

/** One part of the platform in the diagram. */
type Part = { id: string; name: string; short?: string; number: string; verdict: HealthStatus; opens: Intent };

/** The diagram's rows, from the load balancer down to the evidence. */
function floors(state: State): readonly (readonly Part[])[] {
  const { world } = state;
  return [[loadBalancer(state)], gatewayNodes(world), workers(state), [database(state)], keepers(state)];
}

function loadBalancer(state: State): Part {
  const g = newest(state.world.readings.gateway)?.value;
  return {
    id: 'load balancer',
    name: 'load balancer',
    number: g ? `${g.health.statusCode ?? g.health.problem ?? ''} ${formatLatency(g.health.latency)}`.trim() : '',
    verdict: backendVerdict(state, 'gateway'),
    opens: { kind: 'open', screen: 'backend', of: { backend: 'gateway' } },
  };
}

/** As many nodes as the runbook's diagram draws; the troubled ones first, the rest in words. */
const nodesDrawn = 3;

function gatewayNodes(world: World): readonly Part[] {
  const app = world.scope.deployments.gateway;
  const pods = (newest(world.readings.pods)?.value ?? []).filter((p) => p.app === app);
  const fresh = world.readings.pods.state === 'live';
  const verdictOf = (p: Pod) => (fresh ? evaluatePod(p, world.now) : 'unknown');
  if (pods.length === 0)
    return [
      {
        id: app,
        name: app,
        number: 'no pods',
        verdict: fresh ? 'critical' : 'unknown',
        opens: { kind: 'open', screen: 'deployment', of: { deployment: app } },
      },
    ];
  const ranks: readonly HealthStatus[] = ['critical', 'warning', 'unknown', 'ok'];
  const sorted = pods.toSorted((a, b) => ranks.indexOf(verdictOf(a)) - ranks.indexOf(verdictOf(b)));
  const drawn = sorted.slice(0, nodesDrawn).map(
    (p): Part => ({
      id: p.uid,
      name: `${app} ${p.name.split('-').at(-1) ?? p.name}`,
      short: p.name.split('-').at(-1) ?? p.name,
      number: p.ready ? (p.restarts ? `↻${p.restarts}` : 'ready') : (p.reason ?? 'not ready'),
      verdict: verdictOf(p),
      opens: { kind: 'open', screen: 'pod', of: { pod: p.uid } },
    }),
  );
  const rest = sorted.slice(nodesDrawn);
  if (rest.length === 0) return drawn;
  const last: Part = {
    id: 'more nodes',
    name: `${rest.length} more`,
    number: `${rest.filter((p) => p.ready).length} ready`,
    verdict: worst(rest.map(verdictOf)),
    opens: { kind: 'open', screen: 'pods', filter: app },
  };
  return [...drawn, last];
}

function workers(state: State): readonly Part[] {
  const { scope, readings } = state.world;
  const parts = [scope.deployments.orchestrator, scope.deployments.executor].map((name): Part => {
    const d = newest(readings.deployments)?.value.find((one) => one.name === name);
    return {
      id: name,
      name,
      number: d ? `${readyIn(state.world, d).ready}/${d.desired} ready` : '',
      verdict: healthOf(state.world).of(`pods/${name}`),
      opens: { kind: 'open', screen: 'deployment', of: { deployment: name } },
    };
  });
  const r = newest(readings.redis)?.value;
  const memory = r && redisMemory(r);
  const used = !memory
    ? ''
    : memory.most > 0
      ? formatPercent((memory.used / memory.most) * 100)
      : formatBytes(memory.used);
  return [
    ...parts,
    {
      id: 'redis',
      name: 'Redis',
      number: used,
      verdict: backendVerdict(state, 'redis'),
      opens: { kind: 'open', screen: 'backend', of: { backend: 'redis' } },
    },
  ];
}

function database(state: State): Part {
  const c = newest(state.world.readings.primary)?.value.connections;
  return {
    id: 'primary',
    name: 'PostgreSQL',
    number: c ? `${c.used}/${c.limit} connections` : '',
    verdict: backendVerdict(state, 'primary'),
    opens: { kind: 'open', screen: 'backend', of: { backend: 'primary' } },
  };
}

function keepers(state: State): readonly Part[] {
  const { scope, readings, now } = state.world;
  const lag = newest(readings.replica)?.value.lag;
  const keepsUp = lag?.streaming && !lag.paused && lag.ms !== undefined;
  const backups = newest(readings.backups)?.value;
  const evidence = backups ? keepPromises(backups, now).find((p) => p.id === 'evidence') : undefined;
  const replica: Part = {
    id: 'replica',
    name: 'replica',
    number: !lag ? '' : keepsUp ? `${shortAge(lag.ms ?? 0)} behind` : behindSays(lag, 'short'),
    verdict: backendVerdict(state, 'replica'),
    opens: { kind: 'open', screen: 'backend', of: { backend: 'replica' } },
  };
  const store: Part = {
    id: 'evidence',
    name: 'evidence',
    number: evidence?.verdict === 'ok' ? 'versioned, locked' : (evidence?.says ?? ''),
    verdict: readings.backups.state === 'live' ? (evidence?.verdict ?? 'unknown') : 'unknown',
    opens: { kind: 'open', screen: 'evidence' },
  };
  return scope.hasReplica ? [replica, store] : [store];
}

/** A part in `columns`: `✓ executor` above, its number below. */
function cell(part: Part, columns: number, selected: boolean): readonly [Line, Line] {
  const center = (text: Line, taken: number) => {
    const left = Math.max(0, Math.floor((columns - taken) / 2));
    return fitLine(line(' '.repeat(left), text), columns);
  };
  const called = part.short && columnsOf(part.name) + 4 > columns ? part.short : part.name;
  const name = line(
    selected ? pointer : ' ',
    span(glyph[part.verdict], part.verdict),
    ' ',
    selected ? span(called, 'accent') : called,
  );
  const number =
    part.verdict === 'ok' || part.verdict === 'unknown' ? dim(part.number) : span(part.number, part.verdict);
  return [center(name, columnsOf(called) + 3), center(line(number), columnsOf(part.number))];
}

/** The lines between two floors: from the middles of the upper cells to the middles of the lower ones. */
function joint(upper: number, lower: number, columns: number): Line {
  const middles = (n: number) => Array.from({ length: n }, (_, i) => Math.floor((columns / n) * (i + 0.5)));
  const [ups, downs] = [middles(upper), middles(lower)];
  const from = Math.min(...ups, ...downs);
  const to = Math.max(...ups, ...downs);
  if (from === to) return line(dim(`${' '.repeat(from)}│`));
  const drawn = Array.from({ length: to - from + 1 }, (_, i) => {
    const up = ups.includes(from + i);
    const down = downs.includes(from + i);
    if (i === 0) return up && down ? '├' : up ? '└' : '┌';
    if (i === to - from) return up && down ? '┤' : up ? '┘' : '┐';
    return up && down ? '┼' : up ? '┴' : down ? '┬' : '─';
  });
  return line(dim(' '.repeat(from) + drawn.join('')));
}

export const overviewScreen: Screen = {
  id: 'overview',
  title: () => 'OVERVIEW',
  palette: 'overview: the architecture with its live status',
  draw(state, place, { columns, rows: height }) {
    const all = floors(state);
    const parts = all.flat();
    const rows = parts.map(
      (part): Row => ({
        id: part.id,
        text: part.name,
        draw: () => [line(part.name)],
        opens: part.opens,
        copies: { text: `${part.name} ${part.number}`, what: part.name },
      }),
    );
    const marked = parts[markerIn(place, rows)]?.id;
    const room = columns - 2;
    const airy = height >= 22;
    const body: Line[] = [line(' OVERVIEW  ', dim(state.world.scope.namespace), ageLine(state))];
    if (airy) body.push(blank);
    for (const [at, floor] of all.entries()) {
      const before = all[at - 1];
      if (before) body.push(line(' ', joint(before.length, floor.length, room)));
      const width = Math.floor(room / floor.length);
      const cells = floor.map((part) => cell(part, width, part.id === marked));
      for (const i of [0, 1] as const) body.push(line(' ', ...cells.map((c) => c[i])));
      if (airy && at < all.length - 1) body.push(blank);
    }
    return { body, rows, page: rows.length, marks: true };
  },
};

function ageLine({ world }: State): Line {
  const age = ageSays(world.readings.deployments, world.now);
  return age ? line('  kubernetes ', age) : blank;
}
