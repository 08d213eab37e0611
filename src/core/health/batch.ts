// How jobs, cron jobs and volume claims are judged.
import { hour, type Instant, type Ms, minute } from '../time.ts';
import type { BatchJob, Claim, CronJob, Pod, Workload } from '../world/facts.ts';
import { podTrouble, reasonsOf } from './pods.ts';
import { type HealthStatus, worst } from './status.ts';

type Judged = { verdict: HealthStatus; says: string };

/** A job that runs longer is told (kubernetes-mixin, KubeJobNotCompleted). */
const longRun: Ms = 12 * hour;
/** What a controller or the kubelet may take to act. */
const patience: Ms = 2 * minute;

/** A finished job is fine; one that failed counts until a later run of its cron job ends well. */
export function evaluateJob(
  job: BatchJob,
  all: readonly Workload[],
  pods: readonly Pod[],
  now: Instant,
  refused?: string,
): Judged {
  const reasons = reasonsOf(pods, now);
  const tell = (verdict: HealthStatus, ...words: readonly (string | undefined)[]): Judged => {
    const said = words.filter((word) => word !== undefined);
    return { verdict, says: `Job ${[...said, ...reasons.slice(0, 2)].join(', ')}` };
  };
  if (job.state === 'complete' || job.state === 'suspended') return tell('ok', job.state);
  if (job.state === 'failed') {
    if (endedWellSince(job, all)) return tell('ok', 'failed, a later run completed');
    return tell('critical', `failed${job.reason ? `: ${job.reason}` : ''}`, job.why);
  }
  const tries = job.failed > 0 ? `${job.failed} of ${job.retries + 1} attempts failed` : undefined;
  if (job.endsBy !== undefined && now - job.endsBy > patience)
    return tell('critical', 'running past its deadline', tries);
  if (job.failed > job.retries) return tell('critical', 'out of retries, not marked as failed', tries);
  if (job.active === 0 && now - (job.startedAt ?? job.createdAt) > patience)
    return tell('critical', refused ? `FailedCreate: ${refused}` : 'has no pod', tries);
  if (worst(pods.map((p) => podTrouble(p, now))) !== 'ok') return tell('critical', 'running', tries);
  if (now - (job.startedAt ?? job.createdAt) > longRun) return tell('warning', 'running for more than 12 h', tries);
  return tell(tries ? 'warning' : 'ok', 'running', tries);
}

function endedWellSince(job: BatchJob, all: readonly Workload[]): boolean {
  if (job.cronJob === undefined) return false;
  const failedAt = job.endedAt ?? job.startedAt ?? job.createdAt;
  return all.some((one) => {
    if (one.kind === 'CronJob') return one.name === job.cronJob && (one.succeededAt ?? 0) > failedAt;
    return (
      one.kind === 'Job' && one.cronJob === job.cronJob && one.state === 'complete' && one.createdAt > job.createdAt
    );
  });
}

/** Its jobs are judged themselves; where none is kept, the last run counts by what the cron job remembers. */
export function evaluateCronJob(one: CronJob, now: Instant): Judged {
  if (one.suspended) return { verdict: 'ok', says: 'CronJob suspended' };
  const { scheduledAt, succeededAt, active } = one;
  const ended = scheduledAt !== undefined && active === 0 && now - scheduledAt > patience;
  if (ended && succeededAt !== undefined && succeededAt < scheduledAt)
    return { verdict: 'critical', says: 'CronJob: its last run did not complete' };
  return { verdict: 'ok', says: 'CronJob' };
}

/** Only a bound claim can be used; a phase that nobody knows is unknown. */
export function evaluateClaim({ phase }: Claim): Judged {
  const says = `PersistentVolumeClaim ${phase || 'without a phase'}`;
  if (phase === 'Bound') return { verdict: 'ok', says };
  if (phase === 'Pending') return { verdict: 'warning', says };
  return { verdict: phase === 'Lost' ? 'critical' : 'unknown', says };
}
