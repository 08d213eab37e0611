// Jobs, cron jobs and volume claims as an on-call asks for them.
import type { V1CronJob, V1Job, V1PersistentVolumeClaim } from '@kubernetes/client-node';
import { quantityOf } from '../../core/text/quantity.ts';
import { type Instant, second } from '../../core/time.ts';
import type { BatchJob, Claim, CronJob } from '../../core/world/facts.ts';
import { type ApiObject, clause, count, instant, items, words } from './api-object.ts';
import { nextDue } from './cron-schedule.ts';
import { ownerOf } from './owner.ts';

/** A job; undefined when it has no name. */
export function toJob({ metadata, spec, status }: ApiObject<V1Job>): BatchJob | undefined {
  const name = words(metadata?.name);
  if (!name) return undefined;
  const holds = (...types: string[]) =>
    items(status?.conditions).find((c) => c.status === 'True' && types.includes(String(c.type)));
  // FailureTarget and SuccessCriteriaMet come first, while the pods end.
  const failed = holds('Failed') ?? holds('FailureTarget');
  const complete = holds('Complete', 'SuccessCriteriaMet');
  const owner = ownerOf(metadata);
  const startedAt = instant(status?.startTime);
  const limit = spec?.activeDeadlineSeconds;
  const endedAt = instant(status?.completionTime) ?? instant((failed ?? complete)?.lastTransitionTime);
  const reason = words(failed?.reason, 100);
  const why = words(failed?.message);
  return {
    kind: 'Job',
    name,
    cronJob: owner?.kind === 'CronJob' ? owner.name : undefined,
    state: failed ? 'failed' : complete ? 'complete' : isHeld(spec) ? 'suspended' : 'running',
    reason: reason || undefined,
    why: why || undefined,
    active: count(status?.active),
    failed: count(status?.failed),
    retries: retriesOf(spec),
    startedAt,
    endsBy: startedAt === undefined || typeof limit !== 'number' ? undefined : startedAt + limit * second,
    endedAt,
    createdAt: instant(metadata?.creationTimestamp) ?? 0,
  };
}

type JobSpec = ApiObject<V1Job>['spec'];

/** Suspended, or without any pod at a time: `parallelism: 0` pauses a job as well. */
const isHeld = (spec: JobSpec) => spec?.suspend === true || spec?.parallelism === 0;

/** With a limit for each index the server sets backoffLimit to the greatest number. */
function retriesOf(spec: JobSpec): number | undefined {
  if (typeof spec?.backoffLimitPerIndex === 'number') return undefined;
  return typeof spec?.backoffLimit === 'number' ? spec.backoffLimit : 6;
}

/** A cron job; undefined when it has no name. */
export function toCronJob({ metadata, spec, status }: ApiObject<V1CronJob>): CronJob | undefined {
  const name = words(metadata?.name);
  if (!name) return undefined;
  const scheduledAt = instant(status?.lastScheduleTime);
  const succeededAt = instant(status?.lastSuccessfulTime);
  const createdAt = instant(metadata?.creationTimestamp) ?? 0;
  const due = (after: Instant | undefined) =>
    after === undefined ? undefined : nextDue(words(spec?.schedule) ?? '', after, words(spec?.timeZone));
  return {
    kind: 'CronJob',
    name,
    dueAt: due(scheduledAt ?? createdAt),
    behindAt: due(due(succeededAt ?? scheduledAt ?? createdAt)),
    suspended: spec?.suspend === true,
    active: items(status?.active).length,
    scheduledAt,
    succeededAt,
    createdAt,
  };
}

/** A volume claim; undefined when it has no name. */
export function toClaim({ metadata, spec, status }: ApiObject<V1PersistentVolumeClaim>): Claim | undefined {
  const name = words(metadata?.name);
  if (!name) return undefined;
  return {
    kind: 'PersistentVolumeClaim',
    name,
    phase: words(status?.phase, 60) ?? '',
    createdAt: instant(metadata?.creationTimestamp) ?? 0,
    deletedAt: instant(metadata?.deletionTimestamp),
    resize: resizeOf({ spec, status }),
  };
}

/** What became of a request for more room; undefined where it has what was requested. */
function resizeOf({ spec, status }: Pick<ApiObject<V1PersistentVolumeClaim>, 'spec' | 'status'>): Claim['resize'] {
  const asked = spec?.resources?.requests?.storage;
  const [to, has] = [quantityOf(asked), quantityOf(status?.capacity?.storage)];
  if (to === undefined || has === undefined || to <= has) return undefined;
  const holds = (...types: string[]) =>
    items(status?.conditions).find((c) => c.status === 'True' && types.includes(String(c.type)));
  const failed = holds('ControllerResizeError', 'NodeResizeError');
  // ControllerResizeInfeasible, NodeResizeInfeasible; before 1.31 ControllerResizeFailed, NodeResizeFailed.
  const gaveUp = /(Infeasible|Failed)$/.test(words(status?.allocatedResourceStatuses?.storage, 60) ?? '');
  const step = failed ?? holds('FileSystemResizePending', 'Resizing');
  return {
    state: failed || gaveUp ? 'failed' : step?.type === 'FileSystemResizePending' ? 'remount' : 'waits',
    to: words(asked, 40) ?? '',
    since: instant(step?.lastTransitionTime),
    why: clause(step?.message),
  };
}
