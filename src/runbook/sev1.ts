import type { Check } from '../core/actions/action.ts';
import { evaluateFailover } from '../core/health/failover.ts';
import { evaluateWrites } from '../core/health/writes.ts';
import type { Checklist, Evidence, Known, Recommendation, Step } from '../core/incident/checklist.ts';
import { formatClock } from '../core/text/format.ts';
import { isPlain, quote } from '../core/text/shell.ts';
import { known as fresh, newest } from '../core/world/reading.ts';
import type { Targets } from '../core/world/targets.ts';
import type { World } from '../core/world/world.ts';
import {
  errors,
  health,
  newStudies,
  platformDatabase,
  primary,
  redis,
  replica,
  troubled,
  troubledPods,
  workload,
} from './evidence.ts';
import { deployment, kubectl, psql, redisCli } from './manual-commands.ts';
import { recommendRestart } from './restart-advice.ts';

/** Above this share of 5xx, in percent, the API is down: one in twenty requests may still succeed by chance. */
export const allRequests = 95;

/** The first step of every outage: acknowledge and notify. */
const acknowledge: Step = {
  id: 'sev1/acknowledge',
  say: 'Acknowledge the alert and notify stakeholders',
  evidence: (_, known) => [
    known.acknowledged
      ? {
          subject: 'alert',
          state: 'pass',
          because: `acknowledged by ${known.acknowledged.by}`,
          at: known.acknowledged.at,
        }
      : { subject: 'alert', state: 'fail', because: 'not acknowledged yet' },
    known.notified.length > 0
      ? {
          subject: 'people',
          state: 'pass',
          because: `notified on ${[...new Set(known.notified.map((n) => n.channel))].join(', ')}`,
          at: Math.max(...known.notified.map((n) => n.at)),
        }
      : { subject: 'people', state: 'fail', because: 'no message sent yet' },
  ],
  offers: [{ action: 'notify', title: 'acknowledge and notify' }],
  goes: { screen: 'notify', title: 'write the message' },
};

/** Only if the primary is proven down, from here and by the platform, and the replica receives nothing from it. */
export function recommendFailover(world: World): Recommendation {
  const { answer, because } = evaluateFailover(world);
  return { answer, because };
}

/** After a verified failover: the new primary, and what is left to do. */
function failedOver(world: World, { ran }: Known): Evidence | undefined {
  const done = ran.findLast(({ action, worked }) => action === 'failover-database' && worked);
  if (!done) return undefined;
  const now = fresh(world.readings.primary, world.now);
  const isBack = now !== undefined && !now.inRecovery && evaluateWrites(now)?.verdict !== 'critical';
  const left = isBack ? 'database.primary answers' : 'point database.primary and the applications at it';
  const because = `failed over ${formatClock(done.at)}, the former replica takes writes; ${left}`;
  return { subject: 'failover', state: 'pass', because, at: done.at };
}

/** What is seen of the database; after a failover the former replica is no replica any more. */
function databaseSeen(world: World, known: Known, ...more: readonly Evidence[]): readonly Evidence[] {
  const over = failedOver(world, known);
  return over ? [over, primary(world), ...more] : [primary(world), ...more, ...replica(world)];
}

/** Whether the database answers; if not, whether a failover is recommended. */
function failoverCheck(world: World, known: Known): Check {
  const over = failedOver(world, known);
  if (over) return over;
  const { answer, because, objections } = evaluateFailover(world);
  if (objections.some(({ code }) => code === 'primary-answers')) return { state: 'pass', because };
  const misplaced = objections.some(({ code }) => code === 'primary-in-recovery');
  return { state: answer === 'yes' || misplaced ? 'fail' : 'unknown', because };
}

/** What the gateway's deployment selects its pods by; the runbook's label where that is not known. */
function gatewaySelector({ deployments }: Targets, world: World): string {
  const all = newest(world.readings.deployments)?.value ?? [];
  return all.find(({ name }) => name === deployments.gateway)?.selector ?? `app=${deployments.gateway}`;
}

const isScaledToZero = ({ readings, scope }: World) =>
  newest(readings.deployments)?.value.some((d) => d.name === scope.deployments.gateway && d.desired === 0) ?? false;

const gateway = ({ scope }: World) => ({ deployment: scope.deployments.gateway });

/** An unhealthy pod, if its name is valid. */
function podToType(world: World): string {
  const [first] = troubled(world, 'gateway');
  return first && isPlain(first.name) ? first.name : '<pod-name>';
}

export const sev1: Checklist = {
  id: 'sev1',
  title: 'Complete API outage',
  from: 'runbook',
  section: 'Incident Response',
  severity: 1,
  about: 'The platform is down: the API does not answer, or answers 5xx to all requests.',
  symptoms: [
    { id: 'sev1/health', say: 'Health check failing', check: health },
    { id: 'sev1/errors', say: 'All API requests returning 5xx', check: (world) => errors(world, allRequests) },
    { id: 'sev1/new-studies', say: 'No new studies being created', check: newStudies },
  ],
  steps: [
    acknowledge,
    {
      id: 'sev1/gateway-status',
      say: 'Check API gateway status',
      evidence: (world) => [workload(world, 'gateway'), ...troubledPods(world, 'gateway'), health(world)],
      byHand: (t, world) => [
        kubectl(t, 'get pods', ['-l', gatewaySelector(t, world)]),
        kubectl(t, `describe pod ${podToType(world)}`),
      ],
      goes: { screen: 'pods', title: 'the pods' },
    },
    {
      id: 'sev1/database',
      say: 'Check database connectivity',
      evidence: (world, known) => databaseSeen(world, known),
      check: primary,
      offers: [{ action: 'end-session', title: 'end a session', ifPointedTo: true }],
      byHand: (t) => [psql(t.primary, 'SELECT 1')],
      goes: { screen: 'sessions', title: 'the sessions' },
    },
    {
      id: 'sev1/redis',
      say: 'Check Redis',
      evidence: (world) => [redis(world)],
      offers: [{ action: 'evict-redis', title: 'evict old data', ifPointedTo: true }],
      byHand: (t) => [redisCli(t, 'ping')],
    },
    {
      id: 'sev1/restart-gateway',
      say: 'Restart API gateway if needed',
      decision: {
        question: 'restart the API gateway?',
        recommend: recommendRestart,
        remedy: 'restart-deployment',
        instead: ['rollback-deployment', 'scale-deployment'],
      },
      evidence: (world) => [workload(world, 'gateway'), health(world)],
      offers: [
        { action: 'restart-deployment', title: 'restart gateway', target: gateway },
        { action: 'rollback-deployment', title: 'roll back gateway', key: 'f', target: gateway },
        { action: 'scale-deployment', title: 'scale gateway', key: 'd', onlyWhile: isScaledToZero, target: gateway },
      ],
      byHand: (t) => [kubectl(t, `rollout restart ${deployment(t.deployments.gateway)}`)],
    },
    {
      id: 'sev1/failover',
      say: 'Fail over to the replica if the database is down',
      more: [
        'Promotes the replica to primary. This is irreversible: data that the replica has not received is lost.',
        'Fence the old primary first: if it comes back as a primary, both take writes (split-brain).',
        'If the replica still receives WAL, its primary is alive: fix the connection to it, do not promote.',
      ],
      decision: {
        question: 'promote the replica to primary? (irreversible)',
        recommend: recommendFailover,
        remedy: 'failover-database',
      },
      evidence: (world, known) => databaseSeen(world, known, platformDatabase(world)),
      check: failoverCheck,
      offers: [{ action: 'failover-database', title: 'fail over' }],
      byHand: (t) => [quote(t.failoverScript)],
    },
  ],
};
