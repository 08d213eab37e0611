// What the rules of the remedies share: targets, and evidence that is more than one finding.
import type { BuiltInActionId, Target } from '../core/actions/action.ts';
import { isBlocked, longestWait, rootBlockers } from '../core/health/blocked.ts';
import { fixFirst } from '../core/health/fix-first.ts';
import { formatAge, formatCounted } from '../core/text/format.ts';
import { known as fresh } from '../core/world/reading.ts';
import type { MetricId } from '../core/world/thresholds.ts';
import type { World } from '../core/world/world.ts';
import { causeOf } from './causes.ts';
import { failingSurfaces, metricEvidence } from './evidence.ts';
import type { Concern, Remedy } from './remedy.ts';

/** Bentham's own. */
export const deployments = ({ scope }: World): readonly string[] => [
  ...new Set([scope.deployments.gateway, scope.deployments.orchestrator, scope.deployments.executor]),
];

/** What a broken gateway shows on other rows. */
const ofGateway: readonly Concern[] = ['backend/gateway', 'metric/p95', 'metric/errorRate'];

/** The rows that a deployment's trouble shows on. */
export const concernsOf = ({ scope }: World, name: string): readonly Concern[] => [
  `deployment/${name}`,
  ...(name === scope.deployments.gateway ? ofGateway : []),
  ...(name === scope.deployments.executor ? (['metric/queueDepth'] as const) : []),
];

/** As its specification wants it; undefined where that is not known. */
export const replicasOf = ({ readings, now }: World, name: string): number | undefined =>
  fresh(readings.deployments, now)?.find((one) => one.name === name)?.desired;

/** Half as many again, at least one: enough to see a difference, and small enough for most quotas. */
export const moreReplicas = (world: World, name: string): Target => {
  const desired = replicasOf(world, name);
  return desired === undefined ? {} : { replicas: String(Math.max(desired + 1, Math.ceil(desired * 1.5))) };
};

/** Half of them, at least one. */
export const fewerReplicas = (world: World, name: string): Target => {
  const desired = replicasOf(world, name);
  return desired === undefined || desired < 2 ? {} : { replicas: String(Math.floor(desired / 2)) };
};

/** A breached metric whose own action is to scale, where nothing stands in its way. */
export function scaleUp(world: World, id: MetricId, name: string): readonly Remedy[] {
  const found = metricEvidence(world, id);
  if (found.state !== 'fail' || fixFirst(id, world)) return [];
  return [
    {
      action: 'scale-deployment',
      target: { deployment: name },
      fills: moreReplicas(world, name),
      title: `scale ${name}`,
      because: `${found.subject} ${found.because}`,
      concerns: [`metric/${id}`, `deployment/${name}`],
    },
  ];
}

/** The sessions that keep others waiting: those that nobody keeps waiting themselves, of most waiting ones first. */
export function blockers({ readings, now }: World): readonly { pid: number; because: string }[] {
  const held = [readings.studies, readings.surfaces].flatMap((one) =>
    one.state === 'lost' && one.fault.blocker !== undefined
      ? [{ pid: one.fault.blocker, because: one.fault.what }]
      : [],
  );
  const blocked = fresh(readings.primary, now)?.blocked ?? [];
  if (!isBlocked(blocked)) return held;
  const longest = formatAge(longestWait(blocked));
  const known = rootBlockers(blocked).map(({ pid, waiting }) => ({
    pid,
    because: `${formatCounted(waiting, 'session waits', 'sessions wait')} for pid ${pid}, the longest for ${longest}`,
  }));
  return [...held, ...known];
}

/** Failures of surfaces above the threshold whose most frequent message has this cause in the runbook. */
export function byCause(
  world: World,
  cause: NonNullable<ReturnType<typeof causeOf>>['id'],
  action: BuiltInActionId,
  title: string,
  target: Target = {},
  fills?: Target,
): readonly Remedy[] {
  const failing = failingSurfaces(world);
  const of = failing.filter(({ topError }) => causeOf(topError)?.id === cause);
  // Less than half of the failing surfaces: another cause weighs more.
  if (of.length === 0 || of.length * 2 < failing.length) return [];
  const because = `${of.map(({ id }) => id).join(', ')}: “${of[0]?.topError ?? ''}”`;
  return [{ action, target, fills: fills ?? {}, title, because, concerns: ['metric/studyFailures'] }];
}
