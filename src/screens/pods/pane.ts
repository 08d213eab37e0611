// PODS: the deployments, worst first, each with the pods that are not as they should be; all pods where there is room.
import { judgeDeployment, judgePod } from '../../core/health/evaluate.ts';
import { type Verdict, worstFirst } from '../../core/health/status.ts';
import { formatAge, shortAge } from '../../core/text/format.ts';
import type { Instant } from '../../core/time.ts';
import type { Deployment, Pod } from '../../core/world/facts.ts';
import { isStale, newest } from '../../core/world/reading.ts';
import type { World } from '../../core/world/world.ts';
import type { Row } from '../screen.ts';
import { dim, faded, firstFitting, type Line, line, lineWidth, mark, span, spread } from '../toolkit/line.ts';
import { kept } from '../toolkit/memoize.ts';
import type { Pane } from '../toolkit/pane.ts';
import { ageSays, trouble } from '../toolkit/reading-status.ts';

/** The tail of a pod's name that its deployment does not say. */
export function shortName(pod: Pod): string {
  const rest = pod.app && pod.name.startsWith(`${pod.app}-`) ? pod.name.slice(pod.app.length + 1) : pod.name;
  return rest.split('-').at(-1) || rest;
}

/** What is the matter with a pod, or how it is: `CrashLoopBackOff`, `OOMKilled 137`, `ending`, `Pending`, `running`. */
export function podSays(pod: Pod): string {
  if (pod.terminating) return 'ending';
  if (pod.leftOver) return `${pod.reason ?? 'failed'}, replaced`;
  if (pod.reason) return pod.exitCode ? `${pod.reason} ${pod.exitCode}` : pod.reason;
  if (pod.phase === 'Running') return pod.ready ? 'running' : 'not ready';
  return pod.phase.toLowerCase();
}

/** `rev 42 stuck`; nothing about a rollout that is complete. */
export function rolloutSays(d: Deployment): Line {
  if (d.rollout.state === 'complete') return [];
  if (d.rollout.state === 'progressing') return line(dim(`rolling ${d.updated}/${d.desired}`));
  return line(span(d.rollout.state, d.rollout.state === 'stuck' ? 'critical' : 'warning'));
}

/** Pods that count: finished ones do not, nor those that end or that others replaced. */
export const podCounts = kept((pods: readonly Pod[]) => {
  const counted = pods.filter((p) => p.phase !== 'Succeeded' && !p.terminating && !p.leftOver);
  return { ready: counted.filter((p) => p.ready).length, total: counted.length };
});

const byApp = kept((pods: readonly Pod[]) => Map.groupBy(pods, (p) => p.app));

/** What an empty list of pods says; nothing while it is not known to be empty. */
export function noneThere({ pods }: World['readings'], namespace: string): Line[] {
  if (!newest(pods)) return [];
  return [line(dim(`no pods in ${namespace}`)), line(dim('is it the right namespace and context?'))];
}

const noPods: readonly Pod[] = [];
const noDeployments: readonly Deployment[] = [];

export const podsPane: Pane = {
  id: 'pods',
  title: 'PODS',
  view(state, { columns, rows: room }) {
    const { readings, scope, now } = state.world;
    const pods = newest(readings.pods)?.value ?? noPods;
    const deployments = newest(readings.deployments)?.value ?? noDeployments;
    const away = readings.deployments.state === 'live' ? readings.pods : readings.deployments;
    const age = ageSays(away, now);
    const old = away.state !== 'live' || isStale(away, now);
    const counts = podCounts(pods);
    const problem = trouble(away, 'kubernetes', now, columns);
    const all = pods.length + deployments.length + problem.length <= room;
    const rows = [...problem.map(said), ...podRows(deployments, pods, columns, now, all, old)];
    return {
      says: line(dim(scope.namespace)),
      right: age ?? line(span(`${counts.ready}/${counts.total} ready`, counts.ready < counts.total ? 'bold' : 'dim')),
      rows,
      empty: noneThere(readings, scope.namespace),
    };
  },
};

const said = (l: Line, i: number): Row => ({ id: `trouble/${i}`, text: '', draw: () => [l] });

type How = { columns: number; now: Instant; all: boolean; old: boolean };

/** Kept between updates: a key pressed on five thousand pods judges none of them again. */
const podRows = kept(rowsFor);

function rowsFor(
  deployments: readonly Deployment[],
  pods: readonly Pod[],
  columns: number,
  now: Instant,
  all: boolean,
  old: boolean,
): Row[] {
  const how: How = { columns, now, all, old };
  const groups = byApp(pods);
  const owned = new Set(deployments.map((d) => d.name));
  const rows = deployments
    .map((d) => ({ d, own: groups.get(d.name) ?? noPods }))
    .map(({ d, own }) => ({ d, own, verdict: judgeDeployment(d, own, now) }))
    .toSorted((a, b) => worstFirst(a.verdict, b.verdict))
    .flatMap(({ d, own, verdict }) => [deploymentRow(d, verdict, how), ...inGroup(own, how)]);
  const others = pods.filter((p) => !owned.has(p.app));
  const strays = inGroup(others, how);
  return strays.length > 0 && deployments.length > 0
    ? [...rows, heading('other pods', others), ...strays]
    : [...rows, ...strays];
}

function inGroup(pods: readonly Pod[], how: How): Row[] {
  return pods
    .map((p) => ({ p, verdict: judgePod(p, how.now) }))
    .filter(({ verdict }) => how.all || verdict !== 'ok')
    .toSorted((a, b) => worstFirst(a.verdict, b.verdict) || b.p.restarts - a.p.restarts)
    .map(({ p, verdict }) => podRow(p, verdict, how));
}

function heading(title: string, pods: readonly Pod[]): Row {
  const { ready, total } = podCounts(pods);
  return { id: `group/${title}`, text: title, draw: () => [line(dim(`  ${title}  ${ready}/${total}`))] };
}

function deploymentRow(d: Deployment, verdict: Verdict, { columns, old }: How): Row {
  const name = columns >= 44 ? 20 : 13;
  const revision = d.revision > 0 ? `rev ${d.revision}` : '';
  const left = line(
    mark(verdict),
    ` ${d.name.padEnd(name)}`,
    ` ${`${d.ready}/${d.desired}`.padStart(5)}`,
    dim(`  ${revision}`),
    columns >= 50 ? span(`  ${verdict}`, verdict) : undefined,
  );
  return {
    id: `deployment/${d.name}`,
    text: d.name,
    draw: () => [age(spread(left, rolloutSays(d), columns), old)],
    opens: { kind: 'open', screen: 'deployment', of: { deployment: d.name } },
    copies: { text: d.name, what: `deployment ${d.name}` },
  };
}

function podRow(p: Pod, verdict: Verdict, { columns, now, old }: How): Row {
  return {
    id: `pod/${p.uid}`,
    text: p.name,
    draw: () => {
      const full = p.name.startsWith(`${p.app}-`) ? p.name.slice(p.app.length + 1) : p.name;
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
