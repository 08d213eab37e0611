// Everything that runs in the namespace: the roles of the architecture, other workloads, and pods of neither.
import { memoizeEach } from '../memoize-each.ts';
import { formatAge, formatCounted } from '../text/format.ts';
import type { Instant } from '../time.ts';
import type { Controller, Deployment, Pod, Workload, Workloads } from '../world/facts.ts';
import { known, pending } from '../world/reading.ts';
import type { Scope, World } from '../world/world.ts';
import { evaluateAutoscaler, evaluateBudget } from './autoscaling.ts';
import { evaluateClaim, evaluateCronJob, evaluateJob } from './batch.ts';
import { describeFault } from './describe.ts';
import { type Finding, inParts, missing } from './finding.ts';
import { keptPerWorkload } from './kept.ts';
import { evaluateNodes } from './nodes.ts';
import { ownPods, podsWithout, unsettled } from './pod-groups.ts';
import { podTrouble, reasonsOf, withVolumeTrouble } from './pods.ts';
import { isRole, type Ready, type Replicated, readyOf, replicasSay, ruleOfReplicas, weigh } from './replicas.ts';
import { decide, type Evaluation, worstRule } from './rules/index.ts';
import { clockMayDiffer } from './rules/sources.ts';

/** How many of its replicas are ready, by its status and by its pods, as far as they are known. */
export function readyIn(world: World, d: Replicated): Ready {
  const podList = known(world.readings.pods, world.now);
  return readyOf(d, podList && ownPods(podList, d), world.scope);
}

/** The findings of the namespace, its roles first. */
export function evaluateWorkloads(world: World): Finding[] {
  const { deployments, pods, workloads = pending } = world.readings;
  const absent = missing(world, deployments, { id: 'pods/kubernetes', area: 'pods', subject: 'kubernetes' }, false);
  const all = known(workloads, world.now);
  const seen = known(pods, world.now);
  const podList = seen && withVolumeTrouble(seen, all?.refusals ?? [], world.now);
  // Who may not list deployments sees what else fails: pods count for themselves.
  if (deployments.state === 'lost' && absent) return [absent, ...besidesDeployments(world, all, podList)];
  if (absent || deployments.state !== 'live') return absent ? [absent] : [];
  const podsAbsent = missing(world, pods, { id: 'pods/list', area: 'pods', subject: 'pods' }, false);
  const roles = Object.values(world.scope.deployments);
  const others = deployments.value.filter(({ name }) => !roles.includes(name));
  // The first answer takes its time: that is no finding.
  const besidesAbsent =
    workloads.state === 'pending'
      ? undefined
      : missing(world, workloads, { id: 'pods/workloads', area: 'pods', subject: 'workloads' }, false);
  return [
    ...roles.map((name) => role(world, deployments.value, name, podList)),
    ...others.map((d) => replicated(world, d, podList)),
    ...besidesDeployments(world, all, podList, deployments.value),
    ...(besidesAbsent ? [besidesAbsent] : []),
    ...(podsAbsent ? [podsAbsent] : []),
  ];
}

/** All but deployments; `deployments`: those that answer for their pods, undefined where they are not known. */
function besidesDeployments(
  world: World,
  all: Workloads | undefined,
  podList: readonly Pod[] | undefined,
  deployments?: readonly Deployment[],
): Finding[] {
  return [
    ...(all ? beside(world, all, podList ?? []) : []),
    ...evaluateNodes(all?.nodes ?? [], podList ?? [], world.now),
    ...strays(world, deployments, all?.all ?? [], podList ?? []),
    ...unwatched(world, all, podList),
  ];
}

function role(world: World, deployments: readonly Deployment[], name: string, pods: readonly Pod[] | undefined) {
  const about = { id: `pods/${name}`, area: 'pods', subject: name, ...decide('workload/absent') } as const;
  const { namespace } = world.scope;
  const d = deployments.find((one) => one.name === name);
  if (!d && deployments.length === 0) {
    const remedy = 'check the namespace and the context';
    return { ...about, says: `no deployments in ${namespace}`, remedy };
  }
  if (!d) return { ...about, says: `no such deployment in ${namespace}` };
  return replicated(world, d, pods);
}

function replicated(
  { now, scope }: World,
  d: Replicated,
  podList: readonly Pod[] | undefined,
  refused?: string,
): Finding {
  return findingOf(d, podList && ownPods(podList, d), now, scope, refused);
}

const findingOf = keptPerWorkload(
  (
    d: Replicated,
    own: readonly Pod[] | undefined,
    now: Instant,
    scope: Scope,
    refused: string | undefined,
  ): Finding => {
    const kind = 'kind' in d ? d.kind : undefined;
    const { rule, verdict } = decide(ruleOfReplicas(d, own, now, scope));
    const [first = '', ...rest] = replicasSay(d, own, now, scope, refused);
    const ready = `${readyOf(d, own, scope).ready}/${d.desired}`;
    return {
      id: `pods/${kind ? `${kind.toLowerCase()}/` : ''}${d.name}`,
      area: 'pods',
      subject: d.name,
      rule,
      verdict: weigh(verdict, isRole(d, scope), scope),
      ...inParts([`${kind ? `${kind} ` : ''}${first}`, ...rest]),
      figure: ready,
      state: [
        ready,
        d.rollout.state,
        d.rollout.reason ?? '',
        refused ?? '',
        ...reasonsOf(own ? unsettled(own) : [], now),
      ],
    };
  },
);

/** Whether it keeps pods running, as a deployment does. */
export function isController(one: Workload): one is Controller {
  return ['StatefulSet', 'DaemonSet', 'ReplicaSet', 'ReplicationController'].includes(one.kind);
}

/** What is neither pod nor deployment. Jobs, cron jobs and claims that are fine are one line for each kind. */
function beside(world: World, { all, unseen, refusals }: Workloads, podList: readonly Pod[]): Finding[] {
  const found: Finding[] = [];
  const fine = new Map<string, { healthy: number; suspended: string[] }>();
  for (const one of all) {
    const refused = refusals.find(({ kind, name }) => kind === one.kind && name === one.name)?.message;
    if (isController(one)) {
      found.push(replicated(world, one, podList, refused));
      continue;
    }
    const { rule, verdict, says, short, state } = judgeOther(one, all, ownPods(podList, one), world, refused);
    if (verdict === 'ok') {
      const well = fine.get(one.kind) ?? { healthy: 0, suspended: [] };
      fine.set(one.kind, well);
      if (isSuspended(one)) well.suspended.push(one.name);
      else well.healthy += 1;
    } else
      found.push({
        id: `pods/${one.kind.toLowerCase()}/${one.name}`,
        area: 'pods',
        subject: one.name,
        rule,
        verdict: weigh(verdict, false, world.scope),
        short,
        says,
        state: state ?? [],
      });
  }
  for (const [kind, { healthy, suspended }] of fine) {
    const resting = suspended.length > 0 ? [`${suspended.length} suspended: ${suspended.slice(0, 3).join(', ')}`] : [];
    const says = [...(healthy > 0 ? [`${healthy} healthy`] : []), ...resting].join(', ');
    const about = { id: `pods/${kind.toLowerCase()}`, area: 'pods', subject: plurals[kind] ?? kind } as const;
    // What a person suspended stays listed: it is easily forgotten.
    found.push({ ...about, ...decide('kinds/ok'), says, state: suspended, told: suspended.length > 0 || undefined });
  }
  return [
    ...found,
    ...unseen.map(({ kinds, fault }): Finding => {
      const about = { id: `pods/unseen/${kinds}`, area: 'pods', subject: kinds } as const;
      return {
        ...about,
        ...decide('kinds/unseen'),
        code: 'lost',
        says: `unknown: ${describeFault(fault)}`,
        remedy: fault.hint,
      };
    }),
  ];
}

const isSuspended = (one: Workload) =>
  (one.kind === 'CronJob' && one.suspended) || (one.kind === 'Job' && one.state === 'suspended');

const plurals: Readonly<Record<string, string>> = {
  Job: 'jobs',
  CronJob: 'cronjobs',
  PersistentVolumeClaim: 'volume claims',
  HorizontalPodAutoscaler: 'autoscalers',
  PodDisruptionBudget: 'disruption budgets',
};

function judgeOther(
  one: Exclude<Workload, Controller>,
  all: readonly Workload[],
  pods: readonly Pod[],
  { now }: World,
  refused: string | undefined,
): Evaluation {
  switch (one.kind) {
    case 'Job':
      return evaluateJob(one, all, pods, now, refused);
    case 'CronJob':
      return evaluateCronJob(one, now);
    case 'PersistentVolumeClaim':
      return evaluateClaim(one, now);
    case 'HorizontalPodAutoscaler':
      return evaluateAutoscaler(one, now);
    case 'PodDisruptionBudget':
      return evaluateBudget(one, now);
  }
}

/** Pods that the configuration leaves out: workloads are judged by their status, what has none is not judged. */
function unwatched({ scope }: World, all: Workloads | undefined, podList: readonly Pod[] | undefined): Finding[] {
  if (!scope.somePods || !all || !podList) return [];
  const about = { id: 'pods/selector', area: 'pods', subject: 'pods' } as const;
  const remedy = 'kubernetes.podSelector';
  if (all.podsThere === undefined)
    return [
      { ...about, ...decide('pods/unwatched-unknown'), says: 'not all are watched; how many is unknown', remedy },
    ];
  const left = Math.max(0, all.podsThere - podList.length);
  const says = `${formatCounted(left, 'pod')} of ${all.podsThere} not watched`;
  return left > 0 ? [{ ...about, ...decide('pods/unwatched'), says, remedy, told: true }] : [];
}

const none: readonly Deployment[] = [];
const namesOf = memoizeEach((all: readonly Deployment[]): ReadonlySet<string> => new Set(all.map(({ name }) => name)));
const ownersOf = memoizeEach(
  (all: readonly Workload[]): ReadonlySet<string> => new Set(all.map(({ kind, name }) => `${kind}/${name}`)),
);

/** Pods that no workload answers for: bare ones, and those of controllers that are not known or not seen. */
function strays(
  world: World,
  deployments: readonly Deployment[] | undefined,
  all: readonly Workload[],
  podList: readonly Pod[],
): Finding[] {
  const roles = Object.values(world.scope.deployments);
  const alone = podsWithout(podList, namesOf(deployments ?? none), ownersOf(all));
  const grouped = Map.groupBy(alone, (p) => {
    if (p.bare) return `pod/${p.name}`;
    return p.owner ? `${p.owner.kind.toLowerCase()}/${p.owner.name}` : `app/${p.app}`;
  });
  return [...grouped].flatMap(([key, pods]): Finding[] => {
    const { rule, verdict } = decide(
      worstRule(
        pods.map((p) => podTrouble(p, world.now)),
        'pod/ok',
      ),
    );
    if (verdict === 'ok') return [];
    const counted = pods.filter((p) => p.phase !== 'Succeeded' && !p.terminating && !p.leftOver);
    const reasons = reasonsOf(pods, world.now);
    const count = pods[0]?.bare ? 'no controller' : `${counted.filter((p) => p.ready).length}/${counted.length} ready`;
    return [
      {
        id: `pods/${key}`,
        area: 'pods',
        subject: key.slice(key.indexOf('/') + 1),
        rule,
        verdict: weigh(verdict, !deployments && roles.includes(pods[0]?.app ?? ''), world.scope),
        says: [...reasons.slice(0, 2), count].join(', '),
        state: [`${counted.filter((p) => p.ready).length}/${counted.length}`, ...reasons],
      },
    ];
  });
}

/** Ages are counted by this machine's clock: apart from the platform's by a minute, they mislead. */
export function evaluateClock({ readings: { cluster } }: World): Finding[] {
  const offset = cluster.state === 'live' ? (cluster.value.clockOffset ?? 0) : 0;
  if (Math.abs(offset) < clockMayDiffer) return [];
  const says = `this machine is ${formatAge(Math.abs(offset))} ${offset > 0 ? 'behind' : 'ahead of'} the cluster`;
  const remedy = 'the ages shown here are off by that: timedatectl set-ntp true';
  return [{ id: 'pods/clock', area: 'pods', subject: 'clock', ...decide('clock/differs'), says, remedy }];
}
