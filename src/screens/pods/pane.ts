// PODS: the workloads, worst first, each with its unhealthy pods; all pods where there is room.
import type { Finding } from '../../core/health/finding.ts';
import { keptPerWorkload } from '../../core/health/kept.ts';
import { allPodCounts, ownPods, podCounts, podsWithout, unsettled } from '../../core/health/pod-groups.ts';
import { evaluatePod } from '../../core/health/pods.ts';
import { evaluateReplicas, type Replicated, readyOf } from '../../core/health/replicas.ts';
import { type HealthStatus, rankedByVerdict, worstFirst } from '../../core/health/status.ts';
import { isController } from '../../core/health/workloads.ts';
import { memoizeEach } from '../../core/memoize-each.ts';
import { formatAge, shortAge } from '../../core/text/format.ts';
import type { Instant } from '../../core/time.ts';
import type { Controller, Deployment, Pod, Workloads } from '../../core/world/facts.ts';
import { isStale, known, newest } from '../../core/world/reading.ts';
import type { Scope, World } from '../../core/world/world.ts';
import type { Row } from '../screen.ts';
import { dim, faded, firstFitting, type Line, line, lineWidth, mark, span, spread } from '../toolkit/line.ts';
import { memoize } from '../toolkit/memoize.ts';
import type { Pane } from '../toolkit/pane.ts';
import { ageSays, trouble } from '../toolkit/reading-status.ts';
import { healthOf } from '../toolkit/selectors.ts';

/** The tail of a pod's name that its deployment does not say. */
export function shortName(pod: Pod): string {
  // The ordinal alone would say little: redis-0.
  if (pod.owner?.kind === 'StatefulSet') return pod.name;
  const rest = pod.app && pod.name.startsWith(`${pod.app}-`) ? pod.name.slice(pod.app.length + 1) : pod.name;
  return rest.split('-').at(-1) || rest;
}

/** Its status as in kubectl, and what that omits: `CrashLoopBackOff 137`, `Pending (Unschedulable)`. */
export function podSays(pod: Pod): string {
  const { status, reason, exitCode } = pod;
  if (pod.terminating) return status;
  if (pod.leftOver) return `${status}, replaced`;
  if (reason) return `${reason === status ? status : `${status} (${reason})`}${exitCode ? ` ${exitCode}` : ''}`;
  return pod.phase === 'Running' && !pod.ready ? `${status}, not ready` : status;
}

/** `rev 42 stuck`; nothing about a rollout that is complete. */
export function rolloutSays(d: Replicated): Line {
  if (d.rollout.state === 'complete') return [];
  if (d.rollout.state === 'progressing')
    return line(dim('updated' in d ? `rolling ${d.updated}/${d.desired}` : 'rolling'));
  return line(span(d.rollout.state, d.rollout.state === 'stuck' ? 'critical' : 'warning'));
}

/** What an empty list of pods says; nothing while it is not known to be empty. */
export function noneThere({ pods }: World['readings'], namespace: string): Line[] {
  if (!newest(pods)) return [];
  return [line(dim(`no pods in ${namespace}`)), line(dim('check the namespace and context'))];
}

const noPods: readonly Pod[] = [];
const noDeployments: readonly Deployment[] = [];
const noWorkloads: Workloads = { all: [], unseen: [], refusals: [] };

export const podsPane: Pane = {
  id: 'pods',
  title: 'PODS',
  spots: { three: { band: 0, column: 0, rows: { weight: 62 } }, two: { band: 0, column: 1, rows: { weight: 1 } } },
  covers: (f) => f.area === 'pods',
  view(state, { columns, rows: room }) {
    const { readings, scope, now } = state.world;
    const pods = newest(readings.pods)?.value ?? noPods;
    const deployments = newest(readings.deployments)?.value ?? noDeployments;
    const { all: others } = newest(readings.workloads)?.value ?? noWorkloads;
    const away = readings.deployments.state === 'live' ? readings.pods : readings.deployments;
    const age = ageSays(away, now);
    const old = away.state !== 'live' || isStale(away, now);
    const counts = allPodCounts(pods);
    const left = healthOf(state.world).findings.find(({ rule }) => rule === 'pods/unwatched');
    const problem = trouble(away, 'kubernetes', now, columns);
    const replicated = workloadsOf(deployments, others);
    const all = pods.length + replicated.length + problem.length <= room;
    const seen = known(readings.pods, now) !== undefined;
    const rows = [
      ...problem.map(said),
      ...podRows(replicated, pods, columns, now, all, old, scope, seen, othersIn(state.world)),
    ];
    return {
      says: line(dim(left ? `${scope.namespace}  ${left.says}` : scope.namespace)),
      right: age ?? line(span(`${counts.ready}/${counts.total} ready`, counts.ready < counts.total ? 'bold' : 'dim')),
      rows,
      empty: noneThere(readings, scope.namespace),
    };
  },
};

const said = (l: Line, i: number): Row => ({ id: `trouble/${i}`, text: '', draw: () => [l] });

const workloadsOf = memoize((deployments: readonly Deployment[], others: Workloads['all']): readonly Replicated[] => [
  ...deployments,
  ...others.filter(isController),
]);

/** Whether a finding is told by the row of a workload or a pod, or above the rows. */
const hasRow = ({ rule }: Finding) => rule !== 'workload/absent' && /^(workload|pod|source)\//.test(rule);

/** What is wrong and has no row of its own: absent roles, jobs, claims, autoscalers, budgets, nodes, what is not visible. */
const othersIn = memoize((world: World): readonly Ranked[] => {
  // Where there is no deployment at all, namespace and context are the question.
  const { deployments } = world.readings;
  const none = deployments.state === 'live' && deployments.value.length === 0;
  return healthOf(world)
    .findings.filter((f) => f.area === 'pods' && f.verdict !== 'ok' && !hasRow(f))
    .filter(({ rule }) => !(none && rule === 'workload/absent'))
    .map(({ id, subject, verdict, says, short }) => {
      const draw = () => [line(mark(verdict), ` ${subject}  `, short ?? says)];
      return { verdict, rows: [{ id, text: `${subject} ${says}`, draw, copies: { text: subject, what: subject } }] };
    });
});

/** Rows that belong together, with the health that sorts them. */
type Ranked = { verdict: HealthStatus; rows: readonly Row[] };

type How = { columns: number; now: Instant; all: boolean; old: boolean };

const namesIn = memoizeEach((workloads: readonly Replicated[]) => ({
  deployments: new Set(workloads.flatMap((d) => ('kind' in d ? [] : [d.name]))),
  controllers: new Set(workloads.flatMap((d) => ('kind' in d ? [`${d.kind}/${d.name}`] : []))),
}));

const noRows: readonly Row[] = [];

/** Memoized between updates: a key pressed on five thousand pods evaluates none of them again. */
const podRows = memoize(rowsFor);

function rowsFor(
  workloads: readonly Replicated[],
  pods: readonly Pod[],
  columns: number,
  now: Instant,
  all: boolean,
  old: boolean,
  scope: Scope,
  seen: boolean,
  besides: readonly Ranked[],
): Row[] {
  const how: How = { columns, now, all, old };
  const told = workloads.map((d): Ranked => {
    const own = ownPods(pods, d);
    const { verdict, rows } = workloadRow(d, seen ? own : undefined, now, scope, columns, old);
    const shown = inGroup(own, how);
    return { verdict, rows: shown.length === 0 ? rows : [...rows, ...shown] };
  });
  const rows = rankedByVerdict([...told, ...besides]).flatMap((one) => one.rows);
  const { deployments, controllers } = namesIn(workloads);
  const others = podsWithout(pods, deployments, controllers);
  const strays = inGroup(others, how);
  return strays.length > 0 && workloads.length > 0
    ? [...rows, heading('other pods', others), ...strays]
    : [...rows, ...strays];
}

function inGroup(pods: readonly Pod[], how: How): readonly Row[] {
  const shown = how.all ? pods : unsettled(pods);
  if (shown.length === 0) return noRows;
  return shown
    .map((p) => ({ p, verdict: evaluatePod(p, how.now) }))
    .filter(({ verdict }) => how.all || verdict !== 'ok')
    .toSorted((a, b) => worstFirst(a.verdict, b.verdict) || b.p.restarts - a.p.restarts)
    .map(({ p, verdict }) => podRow(p, verdict, how));
}

function heading(title: string, pods: readonly Pod[]): Row {
  const { ready, total } = podCounts(pods);
  return { id: `group/${title}`, text: title, draw: () => [line(dim(`  ${title}  ${ready}/${total}`))] };
}

const workloadRow = keptPerWorkload(
  (
    d: Replicated,
    pods: readonly Pod[] | undefined,
    now: Instant,
    scope: Scope,
    columns: number,
    old: boolean,
  ): Ranked => {
    const verdict = evaluateReplicas(d, pods, now, scope);
    const { ready } = readyOf(d, pods, scope);
    const kind = 'kind' in d ? d.kind.toLowerCase() : 'deployment';
    const row: Row = {
      id: `${kind}/${d.name}`,
      text: d.name,
      draw: () => [age(spread(workloadSays(d, ready, verdict, columns), rolloutSays(d), columns), old)],
      opens:
        kind === 'deployment'
          ? { kind: 'open', screen: 'deployment', of: { deployment: d.name } }
          : { kind: 'open', screen: 'pods', filter: d.name },
      copies: { text: d.name, what: `${kind} ${d.name}` },
    };
    return { verdict, rows: [row] };
  },
);

function workloadSays(d: Replicated, ready: number, verdict: HealthStatus, columns: number): Line {
  const name = columns >= 44 ? 20 : 13;
  const tail = 'kind' in d ? kinds[d.kind] : d.revision > 0 ? `rev ${d.revision}` : '';
  return line(
    mark(verdict),
    ` ${d.name.padEnd(name)}`,
    ` ${`${ready}/${d.desired}`.padStart(5)}`,
    dim(`  ${tail}`),
    columns >= 50 ? span(`  ${verdict}`, verdict) : undefined,
  );
}

/** As kubectl shortens them. */
const kinds: Readonly<Record<Controller['kind'], string>> = {
  StatefulSet: 'sts',
  DaemonSet: 'ds',
  ReplicaSet: 'rs',
  ReplicationController: 'rc',
};

function podRow(p: Pod, verdict: HealthStatus, { columns, now, old }: How): Row {
  return {
    id: `pod/${p.uid}`,
    text: p.name,
    draw: () => {
      const whole = p.owner?.kind === 'StatefulSet' || !p.name.startsWith(`${p.app}-`);
      const full = whole ? p.name : p.name.slice(p.app.length + 1);
      const name = columns >= 50 ? full : shortName(p);
      const says = verdict === 'ok' ? dim(podSays(p)) : span(podSays(p));
      const left = line('  ', mark(verdict), ` ${name}  `, says);
      const restarts = p.restarts > 0 ? dim(`  ↻${p.restarts}`) : undefined;
      const wide = columns >= 50;
      const lived = wide ? dim(`  ${shortAge(now - p.createdAt).padStart(4)}`) : undefined;
      const again = wide ? dim((p.restarts > 0 ? `↻${p.restarts}` : '').padStart(6)) : restarts;
      const right = firstFitting(
        columns - lineWidth(left) - 2,
        line(wide ? dim(p.node) : undefined, lived, again),
        line(lived, again),
        line(restarts),
      );
      return [age(spread(left, right, columns), old)];
    },
    opens: { kind: 'open', screen: 'pod', of: { pod: p.uid } },
    copies: { text: p.name, what: `pod ${p.name}` },
  };
}

function age(l: Line, old: boolean): Line {
  return old ? faded(l) : l;
}

/** How long a pod has been what it is. */
export function podAge(p: Pod, now: Instant): string {
  return formatAge(now - p.createdAt);
}
