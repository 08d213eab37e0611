import { firstSays, fixFirst } from '../core/health/fix-first.ts';
import { type Metric, metrics } from '../core/health/metrics.ts';
import type { Checklist, Decision, Evidence, Offer, Recommendation, Step } from '../core/incident/checklist.ts';
import type { MetricId } from '../core/world/thresholds.ts';
import type { World } from '../core/world/world.ts';
import { metricEvidence, surfaces, workload } from './evidence.ts';
import { deployment, kubectl, redisCli } from './manual-commands.ts';

/** Whether the metric is breached decides whether its remedy is needed. */
const recommend =
  (id: MetricId) =>
  (world: World): Recommendation => {
    const found = metricEvidence(world, id);
    if (found.state === 'unknown') return { answer: 'unsure', because: `${found.subject}: ${found.because}` };
    const first = found.state === 'fail' ? fixFirst(id, world) : undefined;
    if (first?.unread) return { answer: 'unsure', instead: firstSays(first), because: first.because };
    if (first) return { answer: 'no', instead: firstSays(first), because: first.because };
    return found.state === 'fail'
      ? { answer: 'yes', because: `${found.subject} ${found.because}` }
      : { answer: 'no', because: `${found.subject} ${found.because}` };
  };

/** The question of a metric's step, and the evidence for it. */
type Remedy = Pick<Step, 'offers' | 'byHand' | 'goes' | 'more'> &
  Pick<Decision, 'remedy' | 'instead'> & { question?: string; also?(world: World): readonly Evidence[] };

/** A step for one line of the runbook's metrics table. */
function remedyStep({ id, title, action }: Metric): Step {
  const does = action.toLowerCase().replace(/^scale api/, 'scale API');
  const { also, remedy, instead, question = `${does}?`, ...rest } = remedies[id] ?? {};
  return {
    id: `sev4/${id}`,
    say: `${title}: ${does}`,
    decision: { question, recommend: recommend(id), remedy, instead },
    evidence: (world) => [metricEvidence(world, id), ...(also?.(world) ?? [])],
    check: (world) => metricEvidence(world, id),
    ...rest,
  };
}

const scale = (title: string, role: 'gateway' | 'executor'): Offer => ({
  action: 'scale-deployment',
  title,
  target: (world) => ({ deployment: world.scope.deployments[role] }),
});

/** A metric without an entry asks for its action. */
const remedies: Partial<Record<MetricId, Remedy>> = {
  p95: {
    question: 'scale the API nodes?',
    offers: [scale('scale API nodes', 'gateway')],
    remedy: 'scale-deployment',
    more: ['If one SQL statement takes most of the time, more API nodes do not help: find its missing index.'],
    goes: { screen: 'statements', title: 'the slow statements' },
    also: (world) => [workload(world, 'gateway')],
    byHand: (t) => [kubectl(t, `scale ${deployment(t.deployments.gateway)} --replicas=<count>`)],
  },
  errorRate: {
    question: 'investigate the errors?',
    byHand: (t) => [`${kubectl(t, `logs ${deployment(t.deployments.gateway)}`)} | grep '"level":50'`],
    goes: {
      screen: 'logs',
      of: ({ scope }) => ({ deployment: scope.deployments.gateway }),
      filter: 'level=error',
      title: 'the errors in the logs',
    },
  },
  connections: {
    question: 'is a larger pool needed?',
    more: ['First check for idle sessions that hold connections.'],
    offers: [{ action: 'end-session', title: 'end a session' }],
    instead: ['end-session'],
    goes: { screen: 'sessions', title: 'the sessions' },
  },
  redisMemory: {
    question: 'evict old data?',
    offers: [{ action: 'evict-redis', title: 'evict old data' }],
    remedy: 'evict-redis',
    byHand: (t) => [`${redisCli(t, 'INFO memory')} | grep used_memory_human`],
  },
  queueDepth: {
    question: 'scale the executors?',
    offers: [scale('scale executors', 'executor')],
    remedy: 'scale-deployment',
    also: (world) => [workload(world, 'executor')],
    byHand: (t) => [kubectl(t, `scale ${deployment(t.deployments.executor)} --replicas=<count>`)],
  },
  studyFailures: {
    question: 'check the surface adapters?',
    also: (world) => surfaces(world, 3),
    goes: { screen: 'surfaces', title: 'the surfaces' },
  },
};

export const sev4: Checklist = {
  id: 'sev4',
  title: 'Low impact',
  from: 'ours',
  section: 'Incident Response',
  severity: 4,
  about: 'Slow response times, cosmetic issues: the platform works. From the runbook’s metrics table.',
  symptoms: [
    { id: 'sev4/slow', say: 'Slow response times', check: (world) => metricEvidence(world, 'p95') },
    ...metrics
      .filter(({ id }) => id !== 'p95')
      .map(({ id, title }) => ({
        id: `sev4/${id}-high`,
        say: `${title} above its threshold`,
        check: (world: World) => metricEvidence(world, id),
      })),
  ],
  steps: [
    {
      id: 'sev4/what',
      say: 'Find the breached thresholds, and since when',
      more: ['If users cannot work, this is not low impact: raise the severity.'],
      evidence: (world) => metrics.map((m) => metricEvidence(world, m.id)),
      goes: { screen: 'metrics', title: 'the metrics' },
    },
    ...metrics.map(remedyStep),
    {
      id: 'sev4/watch',
      say: 'Watch the metrics for 15 minutes',
      evidence: (world) => metrics.map((m) => metricEvidence(world, m.id)),
      waits: { for: 'the metrics to stay below their thresholds', remind: 15 * 60_000 },
    },
  ],
};
