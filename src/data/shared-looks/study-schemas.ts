// The same for facts of the platform's tables, and for backups.
import * as z from 'zod';
import type { Backups } from '../../core/health/backups.ts';
import type { Form } from '../../core/platform/form.ts';
import type { PoolCount } from '../../core/platform/pool.ts';
import type { Doubt, Unclear } from '../../core/platform/unclear.ts';
import type { Studies, Study, Surface, Surfaces } from '../../core/world/facts.ts';
import { amount, fault, instant, list, meaning, type Parts, word } from './schemas.ts';

const count = z.strictObject({ value: amount, exact: z.boolean(), margin: amount.optional() });
const owner = z.enum(['study', 'job']);

const doubt: z.ZodType<Doubt> = z.union([
  z.strictObject({ why: z.enum(['unread', 'uncounted', 'unclear', 'hidden']), of: owner }),
  z.strictObject({ why: z.literal('lacks'), of: owner, table: word, meaning }),
]);

const unclear = z.strictObject({
  of: owner,
  table: word,
  label: word.nullable(),
  count: amount,
  margin: amount.optional(),
  exact: z.boolean(),
} satisfies Parts<Unclear>);

const table = {
  name: word,
  there: z.boolean(),
  others: list(word).optional(),
  columns: z.record(word, z.strictObject({ name: word, type: word })),
};
const states = z.strictObject({ labels: list(word), declared: z.boolean(), coded: word.optional() });
const withStates = z.strictObject({ ...table, states });
const without = z.strictObject(table);

const form = z.strictObject({
  schema: word,
  study: withStates,
  job: withStates,
  apiKey: without,
  tenant: without,
  account: without,
  session: without,
  cost: without,
} satisfies Parts<Form>);

const study = z.strictObject({
  id: word,
  tenant: word,
  status: word,
  completion: amount.optional(),
  failedJobs: amount,
  totalJobs: amount,
  jobsUncounted: z.boolean().optional(),
  createdAt: amount,
  progressedAt: amount,
  deadline: amount.optional(),
} satisfies Parts<Study>);

const oldest = z.strictObject({ job: word, study: word, surface: word, since: amount });

export const studies: z.ZodType<Studies> = z.strictObject({
  queueDepth: count.optional(),
  countedAt: z.strictObject({ queueDepth: instant, lastHour: instant }).optional(),
  partial: list(word).optional(),
  form: form.optional(),
  unclear: list(unclear).optional(),
  doubts: z
    .strictObject({ queueDepth: doubt.optional(), active: doubt.optional(), lastHour: doubt.optional() })
    .optional(),
  active: list(study),
  activeCount: count,
  held: count.optional(),
  overdue: count.optional(),
  stuckJobs: z.strictObject({ count, oldest: oldest.optional() }).optional(),
  stuckUncounted: z.literal(true).optional(),
  finishedLastHour: amount,
  failedLastHour: amount,
  mostlyFailedLastHour: amount,
  unclearLastHour: amount.optional(),
  lastHourExact: z.boolean().optional(),
  newLastTenMinutes: amount,
  newestCreatedAt: amount.optional(),
} satisfies Parts<Studies>);

const pool = z.strictObject({ group: word.optional(), state: word, count: amount } satisfies Parts<PoolCount>);

const surface = z.strictObject({
  id: word,
  failures: amount,
  finished: amount,
  unclear: amount.optional(),
  margin: amount.optional(),
  failuresMargin: amount.optional(),
  jobsMargin: amount.optional(),
  unclearMargin: amount.optional(),
  affectedStudies: amount,
  topError: word.optional(),
  topErrorCount: amount.optional(),
  topErrorMargin: amount.optional(),
  accounts: list(pool).optional(),
  sessions: list(pool).optional(),
  created: z.strictObject({ failures: amount, studies: amount, margin: amount.optional() }).optional(),
  lastFailedAt: amount.optional(),
  lastDoneAt: amount.optional(),
} satisfies Parts<Surface>);

export const surfaces: z.ZodType<Surfaces> = z.strictObject({
  surfaces: list(surface),
  messages: list(z.strictObject({ error: word, count: amount, margin: amount.optional() })).optional(),
  doubt: doubt.optional(),
  lastFinished: z.strictObject({ at: amount, study: word }).optional(),
  lastFinishedAt: amount.optional(),
  estimated: z.boolean(),
  countedAt: instant.optional(),
  pools: z.strictObject({ accounts: z.boolean(), sessions: z.boolean() }).optional(),
} satisfies Parts<Surfaces>);

/** A part of the backups, which may have been refused alone. */
const answer = <T extends z.ZodType>(value: T) =>
  z.union([z.strictObject({ ok: z.literal(true), value }), z.strictObject({ ok: z.literal(false), fault: fault })]);

const snapshot = z.strictObject({
  id: word,
  at: amount,
  kind: z.enum(['hourly', 'daily', 'other']),
  status: word,
  bytes: amount.optional(),
});

export const backups: z.ZodType<Backups> = z.strictObject({
  snapshots: answer(list(snapshot)),
  redis: answer(z.strictObject({ newest: amount.optional(), objects: amount })),
  evidence: answer(
    z.strictObject({
      versioning: z.boolean(),
      objectLock: z.boolean(),
      mode: word.optional(),
      days: amount.optional(),
    }),
  ),
} satisfies Parts<Backups>);
