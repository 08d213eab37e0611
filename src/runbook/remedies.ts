// Which remedy the evidence points to: a table, the most urgent first. Steps, the list of actions, the palette and the
// rows of the panes put it before the others. Nothing here runs by itself.
import type { ActionId, Check, Target } from '../core/actions/action.ts';
import { failingRevision } from '../core/health/failing-revision.ts';
import { evaluateFailover } from '../core/health/failover.ts';
import { fixFirst } from '../core/health/fix-first.ts';
import { type Known, nothingKnown } from '../core/incident/checklist.ts';
import { formatPercent } from '../core/text/format.ts';
import { known as fresh } from '../core/world/reading.ts';
import type { World } from '../core/world/world.ts';
import { failingSurfaces, judged, metricEvidence } from './evidence.ts';
import { isConcernReadSince } from './read-since.ts';
import type { Remedy } from './remedy.ts';
import { blockers, byCause, concernsOf, deployments, fewerReplicas, replicasOf, scaleUp } from './remedy-evidence.ts';
import { beforeRestart, restartOf } from './restart-advice.ts';
import { standings } from './surface-since.ts';

const fails = ({ state }: Check) => state === 'fail';

/** `evidence`: when it applies. */
type Rule = { evidence: string; action: ActionId; find(world: World, known: Known): readonly Remedy[] };

const restart = (world: World, name: string, because: string): Remedy => ({
  action: 'restart-deployment',
  target: { deployment: name },
  title: `restart ${name}`,
  because,
  concerns: concernsOf(world, name),
});

function tooManyRequests(world: World): readonly Remedy[] {
  const name = world.scope.deployments.executor;
  const fills = fewerReplicas(world, name);
  return byCause(world, 'rate-limited', 'scale-deployment', `scale ${name} down`, { deployment: name }, fills);
}

/** The rules, the most urgent first. */
export const remedyRules: readonly Rule[] = [
  {
    evidence: 'the primary is proven down, here and by the platform, and the replica receives nothing',
    action: 'failover-database',
    find(world) {
      const { answer, because } = evaluateFailover(world);
      const concerns = [
        'backend/primary',
        'backend/replica',
        'backend/gateway',
        'metric/p95',
        'metric/errorRate',
      ] as const;
      return answer === 'yes'
        ? [{ action: 'failover-database', target: {}, title: 'fail over to the replica', because, concerns }]
        : [];
    },
  },
  {
    evidence: 'the newest revision of a deployment fails, and an earlier one is not known to',
    action: 'rollback-deployment',
    find: (world) =>
      deployments(world).flatMap((name) => {
        const bad = failingRevision(world, name);
        if (!bad || (bad.isComplete && !bad.good)) return [];
        return [
          {
            action: 'rollback-deployment',
            target: { deployment: name },
            title: `roll back ${name}${bad.good ? ` to revision ${bad.good.revision}` : ''}`,
            because: bad.says,
            concerns: concernsOf(world, name),
          },
        ];
      }),
  },
  {
    evidence: 'a deployment of Bentham is scaled to 0',
    action: 'scale-deployment',
    find: (world) =>
      deployments(world)
        .filter((name) => replicasOf(world, name) === 0)
        .map((name) => ({
          action: 'scale-deployment',
          target: { deployment: name },
          title: `scale ${name} up`,
          because: 'it is scaled to 0: no pod runs',
          concerns: concernsOf(world, name),
        })),
  },
  {
    evidence: 'statements wait more than a minute for a session, or a table is locked',
    action: 'end-session',
    find: (world) =>
      blockers(world).map(({ pid, because }) => ({
        action: 'end-session',
        target: { pid: String(pid) },
        title: `end session ${pid}`,
        because,
        concerns: ['backend/primary', 'metric/connections'],
      })),
  },
  {
    evidence: 'database connections run out',
    action: 'end-session',
    find(world) {
      const found = metricEvidence(world, 'connections');
      const because = `${found.subject} ${found.because}`;
      const concerns = ['metric/connections', 'backend/primary'] as const;
      return fails(found) ? [{ action: 'end-session', target: {}, title: 'end idle sessions', because, concerns }] : [];
    },
  },
  {
    evidence: 'Redis is nearly full',
    action: 'evict-redis',
    find(world) {
      const found = metricEvidence(world, 'redisMemory');
      const because = `${found.subject} ${found.because}`;
      const concerns = ['metric/redisMemory', 'backend/redis'] as const;
      return fails(found)
        ? [
            {
              action: 'evict-redis',
              target: {},
              fills: { prefix: 'cache:' },
              title: 'evict old data from Redis',
              because,
              concerns,
            },
          ]
        : [];
    },
  },
  {
    evidence: 'pods of a deployment fail, its dependencies answer, and no newer revision is why',
    action: 'restart-deployment',
    find: (world) =>
      deployments(world).flatMap((name) => {
        const { answer, because } = restartOf(world, name);
        return answer === 'yes' ? [restart(world, name, because)] : [];
      }),
  },
  {
    evidence: 'jobs wait, and no executor has finished one for ten minutes',
    action: 'restart-deployment',
    find(world) {
      const name = world.scope.deployments.executor;
      const still = judged(world, 'studies/queue');
      if (!fails(still) || fixFirst('queueDepth', world) || beforeRestart(world, name)) return [];
      return [restart(world, name, still.because)];
    },
  },
  {
    evidence: 'a surface was disabled, and a live test has passed since',
    action: 'enable-surface',
    find: (world, known) =>
      standings(world, known)
        .filter(({ switched, tests }) => switched?.to === 'disabled' && tests?.last.passed)
        .map(({ id }) => ({
          action: 'enable-surface',
          target: { surface: id },
          title: `enable ${id}`,
          because: 'its live test passed',
          concerns: [`surface/${id}`],
        })),
  },
  {
    evidence: 'a surface was disabled, and not tested since',
    action: 'test-surface',
    find: (world, known) =>
      standings(world, known)
        .filter(({ switched, tests }) => switched?.to === 'disabled' && tests === undefined)
        .map(({ id }) => ({
          action: 'test-surface',
          target: { surface: id },
          title: `test ${id} live`,
          because: 'it is disabled, and was not tested since',
          concerns: [`surface/${id}`],
        })),
  },
  {
    evidence: 'most failures say that their session is invalid',
    action: 'cleanup-sessions',
    find: (world) => byCause(world, 'invalid-session', 'cleanup-sessions', 'clean up old sessions'),
  },
  {
    evidence: 'one surface fails, and others work',
    action: 'disable-surface',
    find(world, known) {
      const off = new Set(
        standings(world, known).flatMap(({ id, switched }) => (switched?.to === 'disabled' ? [id] : [])),
      );
      const failing = failingSurfaces(world).filter(({ id }) => !off.has(id));
      const finished = fresh(world.readings.surfaces, world.now)?.surfaces.filter((one) => one.finished > 0) ?? [];
      if (failing.length === 0 || failing.length === finished.length) return [];
      return failing.map(({ id, share }) => ({
        action: 'disable-surface',
        target: { surface: id },
        title: `disable ${id}`,
        because: `${formatPercent(share)} of its jobs fail`,
        concerns: [`surface/${id}`, 'metric/studyFailures'],
      }));
    },
  },
  {
    evidence: 'most failures say that requests are too many',
    action: 'scale-deployment',
    find: tooManyRequests,
  },
  {
    evidence: 'jobs queue up, and what the executors need answers',
    action: 'scale-deployment',
    find(world) {
      const name = world.scope.deployments.executor;
      // More executors send more requests where there are too many already.
      return tooManyRequests(world).length > 0 ? [] : scaleUp(world, 'queueDepth', name);
    },
  },
  {
    evidence: 'the API is slow, and what it needs answers',
    action: 'scale-deployment',
    find: (world) => scaleUp(world, 'p95', world.scope.deployments.gateway),
  },
];

/** The remedy that is this action, on this target or on none that differs. */
export const remedyFor = (all: readonly Remedy[], action: ActionId, target: Target): Remedy | undefined =>
  all.find(
    (one) =>
      one.action === action &&
      Object.entries(target).every(([name, value]) => one.target[name] === undefined || one.target[name] === value),
  );

/** Whether it was done to this object, and worked, and its evidence was not read as a whole since. */
function isAnswered({ action, target, concerns }: Remedy, world: World, { ran }: Known): boolean {
  const values = Object.values(target);
  const isSame = (object: string) =>
    values.length === 0 ? !object.includes('/') : values.some((value) => object.endsWith(`/${value}`));
  const last = ran.findLast((one) => one.action === action && isSame(one.object));
  const [concern] = concerns;
  if (!last?.worked || concern === undefined) return false;
  return !isConcernReadSince(concern, world, last.at);
}

const found = new WeakMap<World, WeakMap<Known, readonly Remedy[]>>();

/** What the evidence points to, the most urgent first; empty where nothing does. */
export function remedies(world: World, known: Known = nothingKnown): readonly Remedy[] {
  const before = found.get(world) ?? new WeakMap<Known, readonly Remedy[]>();
  found.set(world, before);
  const made =
    before.get(known) ??
    remedyRules.flatMap((rule) => rule.find(world, known)).filter((one) => !isAnswered(one, world, known));
  before.set(known, made);
  return made;
}
