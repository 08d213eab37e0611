// What a rollout will meet: quotas, limit ranges, nodes, what its pods refer to, disruption budgets. What would take the
// deployment down, or get no new pod started, is refused; what may hold it up is a warning, with its numbers.
import type { DeploymentState, Preflight } from '../../core/actions/preflight.ts';
import { type Forecast, fits, forecastRollout, type Obstacle } from '../../core/actions/rollout-forecast.ts';
import type { Nodes, Quota, RolloutPod, Room } from '../../core/actions/room.ts';
import { describeFault } from '../../core/health/describe.ts';
import { formatAmount } from '../../core/text/format.ts';
import type { Fault } from '../../core/world/reading.ts';
import { counted } from '../plan.ts';
import { roomSays } from './capacity.ts';

/** The revision that it becomes; without one the template as it is, in a replica set of its own. */
export type Becomes = { revision: number; replicaSet: string } | undefined;

export type RolloutOutlook = { impact: readonly string[]; warnings: readonly string[] } | { why: string; hint: string };

export async function rolloutOutlook(
  preflight: Preflight,
  d: DeploymentState,
  becomes: Becomes,
): Promise<RolloutOutlook> {
  const answer = await preflight.room(d.name, becomes?.revision);
  const says = roomSays(answer, 0, d.desired);
  if (!answer.ok) return { impact: [...goes(d, becomes)], warnings: says.warnings };
  const room = answer.value;
  const not = refusal(d, room, becomes === undefined);
  if (not) return not;
  const ahead = outlook(d, room, becomes?.replicaSet);
  if (!('warnings' in ahead)) return ahead;
  return {
    impact: [...goes(d, becomes), ...says.impact, ...ahead.impact, ...unknown(room)],
    warnings: [...ahead.warnings, ...says.warnings],
  };
}

/** `Pods that go: a, b (revision 6).` */
function goes(d: DeploymentState, becomes: Becomes): readonly string[] {
  const living = d.pods.filter((pod) => !pod.terminating);
  const going = living.filter(({ replicaSet }) => replicaSet !== becomes?.replicaSet);
  const stay = living.length - going.length;
  const named = going
    .slice(0, mostNamed)
    .map(({ name, ready, reason }) => (ready ? name : `${name} (${reason ?? 'not ready'})`));
  const more = going.length - named.length;
  const list = [...named, ...(more > 0 ? [`${more} more`] : [])].join(', ');
  return [
    ...(going.length > 0 ? [`Pods that go: ${list}.`] : []),
    ...(stay > 0 && becomes
      ? [`${counted(stay, 'pod')} of revision ${becomes.revision} ${stay === 1 ? 'stays' : 'stay'}.`]
      : []),
  ];
}

/** Pods that are listed by name. */
const mostNamed = 8;

/** What the API server, or the kubelet, would not take from any new pod. */
function refusal(d: DeploymentState, room: Room, newSet: boolean): { why: string; hint: string } | undefined {
  if (d.desired === 0) return undefined;
  const quotas = room.quotas.ok ? room.quotas.value : [];
  for (const { name, unsaid } of quotas)
    if (unsaid.length > 0)
      return {
        why: `no new pod would start: quota ${name} limits ${unsaid.join(', ')}, and a container of ${d.name} sets none`,
        hint: 'set it in the manifest, or a default in a limit range',
      };
  for (const { name, broken } of room.ranges.ok ? room.ranges.value : [])
    if (broken.length > 0)
      return {
        why: `no new pod would start: limit range ${name}: ${broken.join('; ')}`,
        hint: `change the manifest, or limit range ${name}`,
      };
  const missing = (room.missing.ok ? room.missing.value : []).filter(({ forImage }) => !forImage);
  if (missing.length > 0)
    return {
      why: `no new pod would start: ${missing.map(({ kind, name }) => `${kind} ${name}`).join(', ')} does not exist`,
      hint: 'create it first: the pods refer to it',
    };
  const sets = newSet ? quotas.flatMap(({ name, limits }) => limits.map((limit) => ({ name, ...limit }))) : [];
  const full = sets.find(({ resource, most, used }) => resource === perSet && used + 1 > most);
  return full
    ? {
        why: `quota ${full.name} allows ${full.most} replica sets, ${full.used} exist: the new revision would get none`,
        hint: `raise quota ${full.name}, or lower revisionHistoryLimit`,
      }
    : undefined;
}

/** Why not one more pod would start. */
export function cannotStart(d: DeploymentState, room: Room, more: number): { why: string; hint: string } | undefined {
  const quotas = room.quotas.ok ? room.quotas.value : [];
  const { pods, obstacle } = fits(room.pod, more, quotas);
  if (obstacle?.by === 'quota' && pods === 0)
    return {
      why: `no new pod of ${d.name} would start (${preciselyOf(room)(obstacle)})`,
      hint: `raise quota ${obstacle.name}, or free some of it: kubectl describe quota ${obstacle.name}`,
    };
  return refusal({ ...d, desired: d.desired + more }, room, false);
}

/** How many more pods the nodes take, where that is not enough. */
export function nodesFor({ pod, nodes }: Room, more: number): readonly string[] {
  if (!nodes.ok) return [];
  const { pods, obstacle } = fits(pod, more, [], nodes.value.open);
  return obstacle
    ? [
        `The nodes have room for ${counted(pods, 'more pod')}, not for ${more} (${nodesSay(nodes.value)}): the others stay pending unless a node is added.`,
      ]
    : [];
}

/** What a quota calls replica sets. */
const perSet = 'count/replicasets.apps';

function outlook(d: DeploymentState, room: Room, replicaSet: string | undefined): RolloutOutlook {
  const { pods, quotas, nodes, budgets, rollout } = room;
  if (!pods.ok) return { impact: [], warnings: [`Its pods could not be read: ${describeFault(pods.fault)}`] };
  if (rollout.desired === 0)
    return { impact: [], warnings: [`${d.name} is scaled to 0: no pod starts until it is scaled up.`] };
  const isKept = (pod: RolloutPod) => pod.set === replicaSet;
  const [kept, old] = [pods.value.filter(isKept), pods.value.filter((pod) => !isKept(pod))];
  const start = { kept, old, pod: room.pod, rollout, quotas: quotas.ok ? quotas.value : [] };
  const byQuota = forecastRollout(start);
  const stops = stopped(d, byQuota, kept.length, rollout, preciselyOf(room));
  if (stops && 'why' in stops) return stops;
  const warnings: string[] = stops ? [stops.warning] : [];
  if (!stops && nodes.ok) {
    const byNodes = forecastRollout({ ...start, places: nodes.value.open });
    if (byNodes.obstacle) warnings.push(noNode(d, byNodes, kept.length, nodes.value));
  }
  const { least } = byQuota;
  if (least === 0 && d.ready > 0 && old.some(({ ready }) => ready)) warnings.push(allAtOnce(d, rollout));
  for (const { name, wanted } of budgets.ok ? budgets.value : [])
    if (least > 0 && least < wanted && d.ready >= wanted)
      warnings.push(
        `The rollout may leave ${counted(least, 'pod')}, budget ${name} requires ${wanted}: a rollout does not obey it.`,
      );
  for (const { name, forImage } of room.missing.ok ? room.missing.value : [])
    if (forImage) warnings.push(`Secret ${name} (imagePullSecrets) does not exist: the image may not be pulled.`);
  return {
    impact:
      least > 0 ? [`At least ${least} of ${counted(d.desired, 'pod')} ${least === 1 ? 'stays' : 'stay'} up.`] : [],
    warnings,
  };
}

const allOf = ({ ready }: DeploymentState): string =>
  ready === 1 ? 'The only ready pod' : `All ${counted(ready, 'ready pod')}`;

const allAtOnce = (d: DeploymentState, { recreate, unavailable }: Room['rollout']): string =>
  recreate
    ? `${allOf(d)} ${d.ready === 1 ? 'stops' : 'stop'} before new ones start (Recreate): ${d.name} has an outage.`
    : `${allOf(d)} may stop before new ones are ready (maxUnavailable ${unavailable} of ${d.desired}): ${d.name} may have an outage.`;

type Precise = (obstacle: Obstacle) => string;

/** `quota compute, requests.cpu: 3.5 cores of 4 cores used, a pod needs 0.25 cores`. */
const preciselyOf =
  (room: Room): Precise =>
  (obstacle) => {
    if (obstacle.by === 'nodes') return 'the nodes';
    const { name, resource, most, each } = obstacle;
    const quota = room.quotas.ok ? room.quotas.value.find((one: Quota) => one.name === name) : undefined;
    const used = quota?.limits.find((one) => one.resource === resource)?.used ?? obstacle.used;
    const amount = (n: number) => formatAmount(resource, n);
    return `quota ${name}, ${resource}: ${amount(used)} of ${amount(most)} used, a pod needs ${amount(each)}`;
  };

/** What a quota does to it: refused where nothing would run, or nothing new would start; else a warning. */
function stopped(
  d: DeploymentState,
  { made, running, obstacle }: Forecast,
  kept: number,
  { recreate }: Room['rollout'],
  precise: Precise,
): { why: string; hint: string } | { warning: string } | undefined {
  if (obstacle?.by !== 'quota') return undefined;
  const hint = `raise quota ${obstacle.name}, or free some of it: kubectl describe quota ${obstacle.name}`;
  const numbers = precise(obstacle);
  if (running === 0) {
    const first = recreate
      ? `its ${counted(d.ready, 'ready pod stops', 'ready pods stop')} first (Recreate), and `
      : '';
    return { why: `this would take ${d.name} down: ${first}no new pod would start (${numbers})`, hint };
  }
  if (made === kept) return { why: `no new pod of ${d.name} would start (${numbers})`, hint };
  return {
    warning: `Only ${made} of ${counted(d.desired, 'new pod')} would start (${numbers}): the rollout gets stuck with ${counted(running, 'pod')} running.`,
  };
}

/** What the nodes do to it; an autoscaler may add one, so that it is never more than a warning. */
function noNode(d: DeploymentState, { made, running }: Forecast, kept: number, nodes: Nodes): string {
  const few = made === kept ? 'No node has room for a new pod' : `The nodes have room for ${made} of ${d.desired} pods`;
  return `${few} (${nodesSay(nodes)}): the others stay pending, ${counted(running, 'pod')} would run, unless a node is added.`;
}

function nodesSay({ open, closed }: Nodes): string {
  const shut = closed.map(({ why, nodes }) => `${nodes} ${why}`);
  const alone = open.some((one) => one.alone) ? ['each takes one such pod'] : [];
  return [`${counted(open.length, 'node')} in use`, ...shut, ...alone].join(', ');
}

/** What could not be checked: neutral. */
function unknown({ nodes, missing }: Room): readonly string[] {
  const says = (what: string, { short, what: why }: Fault) => `${what}: ${short ?? why}.`;
  return [
    ...(nodes.ok ? [] : [says('Room on the nodes is unknown', nodes.fault)]),
    ...(missing.ok ? [] : [says('Whether its Secrets and ConfigMaps exist is unknown', missing.fault)]),
  ];
}
