// How jobs, cron jobs and volume claims are judged.
import { formatCounted, formatInstant } from '../text/format.ts';
import type { Instant } from '../time.ts';
import type { BatchJob, Claim, CronJob, Pod, Workload } from '../world/facts.ts';
import { podTrouble, reasonsOf } from './pods.ts';
import { decide, type Evaluation, type RuleId } from './rules/index.ts';
import { endsLate, longRun, patience, resizeWithin, startsLate } from './rules/namespace.ts';

/** A finished job is fine; one that failed counts until a later run of its cron job ends well. */
export function evaluateJob(
  job: BatchJob,
  all: readonly Workload[],
  pods: readonly Pod[],
  now: Instant,
  refused?: string,
): Evaluation {
  const reasons = reasonsOf(pods, now);
  const tell = (rule: RuleId, ...words: readonly (string | undefined)[]): Evaluation => {
    const said = words.filter((word) => word !== undefined);
    return {
      ...decide(rule),
      says: `Job ${[...said, ...reasons.slice(0, 2)].join(', ')}`,
      state: [job.state, job.reason ?? '', String(job.failed), ...reasons],
    };
  };
  if (job.state === 'complete' || job.state === 'suspended') return tell('job/ok', job.state);
  if (job.state === 'failed') {
    if (endedWellSince(job, all)) return tell('job/ok', 'failed, a later run completed');
    return tell('job/failed', `failed${job.reason ? `: ${job.reason}` : ''}`, job.why);
  }
  const tries = job.failed > 0 ? triesSay(job) : undefined;
  if (job.endsBy !== undefined && now - job.endsBy > patience)
    return tell('job/overdue', 'running past its deadline', tries);
  if (job.retries !== undefined && job.failed > job.retries)
    return tell('job/out-of-retries', 'out of retries, not marked as failed', tries);
  if (job.active === 0 && now - (job.startedAt ?? job.createdAt) > patience)
    return tell('job/no-pod', refused ? `FailedCreate: ${refused}` : 'has no pod', tries);
  if (pods.some((p) => podTrouble(p, now) !== 'pod/ok')) return tell('job/pod', 'running', tries);
  if (now - (job.startedAt ?? job.createdAt) > longRun) return tell('job/long', 'running for more than 12 h', tries);
  return tell(tries ? 'job/retries' : 'job/ok', 'running', tries);
}

function triesSay({ failed, retries }: BatchJob): string {
  if (retries === undefined) return `${formatCounted(failed, 'attempt')} failed`;
  return `${failed} of ${retries + 1} attempts failed`;
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
export function evaluateCronJob(one: CronJob, now: Instant): Evaluation {
  if (one.suspended) return { ...decide('cronjob/ok'), says: 'CronJob suspended' };
  const { scheduledAt, succeededAt, active, dueAt, behindAt } = one;
  const ended = scheduledAt !== undefined && active === 0 && now - scheduledAt > patience;
  if (ended && succeededAt !== undefined && succeededAt < scheduledAt)
    return { ...decide('cronjob/failed'), says: 'CronJob: its last run did not complete' };
  if (dueAt !== undefined && active === 0 && now - dueAt > startsLate)
    return { ...decide('cronjob/missed'), says: `CronJob: did not run at ${formatInstant(dueAt)}, when it was due` };
  // With Forbid nothing runs meanwhile, with Allow runs pile up, with Replace none gets to its end.
  if (behindAt !== undefined && active > 0 && now - behindAt > endsLate) {
    const last = succeededAt === undefined ? '' : `, the last to complete ended at ${formatInstant(succeededAt)}`;
    return { ...decide('cronjob/hangs'), says: `CronJob: its run does not end${last}` };
  }
  return { ...decide('cronjob/ok'), says: 'CronJob' };
}

/** Only a bound claim can be used, and one to be deleted not for long; any other phase is unknown. */
export function evaluateClaim({ phase, deletedAt, resize }: Claim, now: Instant): Evaluation {
  if (deletedAt !== undefined && now - deletedAt > patience)
    return { ...decide('claim/deleted'), says: 'PersistentVolumeClaim Terminating: deleted once no pod uses it' };
  const says = `PersistentVolumeClaim ${phase || 'without a phase'}`;
  const grows = resize && phase === 'Bound' ? evaluateResize(resize, now) : undefined;
  if (grows) return grows;
  if (phase === 'Bound') return { ...decide('claim/ok'), says };
  if (phase === 'Pending') return { ...decide('claim/pending'), says };
  return { ...decide(phase === 'Lost' ? 'claim/lost' : 'claim/unknown'), says };
}

/** A claim that does not get the room that was requested; undefined while it may still come. */
function evaluateResize({ state, to, since, why }: NonNullable<Claim['resize']>, now: Instant): Evaluation | undefined {
  const because = why ? `: ${why}` : '';
  if (state === 'failed')
    return { ...decide('claim/resize-failed'), says: `PersistentVolumeClaim cannot grow to ${to}${because}` };
  if (since !== undefined && now - since <= resizeWithin) return undefined;
  const waits =
    state === 'remount' ? 'until a pod mounts it again' : since === undefined ? 'nobody resizes it' : 'still';
  return { ...decide('claim/resize-waits'), says: `PersistentVolumeClaim waits to grow to ${to}, ${waits}${because}` };
}
