// What the facts that cockpits share must look like: another program, or another version, may have written them. Strict:
// what is not expected is refused, and the cockpit asks itself.
import * as z from 'zod';
import { allMeanings } from '../../core/platform/mapping.ts';
import type { Connections, Database, Redis, RefusedCalls, Traffic, Upkeep, Writes } from '../../core/world/facts.ts';
import { type Fault, faultKinds } from '../../core/world/reading.ts';
import { lastInstant } from '../journal/plausible.ts';

/** Every part of a fact: a part that its type has and its schema lacks does not compile. */
export type Parts<T> = { [K in keyof Required<T>]: z.ZodType<T[K]> };

export const instant = z.number().min(0).max(lastInstant);
export const amount = z.number().min(-1e18).max(1e18);
export const word = z.string().max(4000);
/** Longer lists are not shared. */
export const list = <T extends z.ZodType>(of: T) => z.array(of).max(5000);

export const fault: z.ZodType<Fault> = z.object({
  kind: z.enum(faultKinds),
  where: word,
  what: word,
  short: word.optional(),
  hint: word,
  code: word.optional(),
  blocker: amount.optional(),
  isLoading: z.literal(true).optional(),
} satisfies Parts<Fault>);

const connections = z.strictObject({
  used: amount,
  active: amount,
  idle: amount,
  idleInTransaction: amount,
  limit: amount,
  nearest: z.strictObject({ whose: word, used: amount, limit: amount }).optional(),
} satisfies Parts<Connections>);

const why = z.enum(['login', 'expired', 'limit', 'full', 'closed', 'connect']);

const writes = z.strictObject({
  readOnly: list(z.strictObject({ by: z.enum(['server', 'database', 'role']), role: word })),
  standbys: z.strictObject({ needed: amount, there: amount.optional() }).optional(),
  waiting: z.strictObject({ commits: amount, longest: amount, on: z.enum(['standby', 'disk']) }).optional(),
  refused: word.optional(),
  unable: z
    .strictObject({
      op: z.enum(['INSERT', 'UPDATE']),
      table: word,
      schema: word,
      why: z.enum(['schema', 'grant', 'policy']),
      roles: list(word),
    })
    .optional(),
  failing: z.strictObject({ rollbacks: amount, of: amount, within: amount }).optional(),
  lockedOut: list(z.strictObject({ role: word, why })).optional(),
} satisfies Parts<Writes>);

const upkeep = z.strictObject({
  archive: z
    .strictObject({ idle: z.boolean(), failing: z.boolean(), failures: amount, archived: amount.optional() })
    .optional(),
  damage: z.strictObject({ pages: amount, last: amount.optional() }).optional(),
  prepared: z.strictObject({ id: word, age: amount, others: amount }).optional(),
  sequence: z.strictObject({ name: word, share: amount }).optional(),
} satisfies Parts<Upkeep>);

const slot = z.strictObject({
  name: word,
  kind: word,
  active: z.boolean(),
  bytes: amount.optional(),
  state: word,
  most: amount.optional(),
} satisfies Parts<NonNullable<Database['slots']>[number]>);

const idAge = z.strictObject({
  database: word,
  kind: z.enum(['transactions', 'multixacts']),
  age: amount,
  freezeAt: amount,
});

const databaseParts = z.enum([
  'connections',
  'replication lag',
  'writes',
  'privileges',
  'transactions',
  'replication slots',
  'age of ids',
  'archiver',
  'checksums',
  'prepared transactions',
  'sequences',
  'longest transaction',
  'blocked sessions',
  'sessions',
  'other roles’ sessions',
  'states, transactions and queries of other roles',
  'tables',
  'running vacuums',
  'replication',
]);

export const database: z.ZodType<Database> = z.strictObject({
  where: word,
  database: word,
  version: word,
  latency: amount,
  inRecovery: z.boolean(),
  startedAt: instant.optional(),
  writes: writes.optional(),
  writesUnasked: z.literal(true).optional(),
  connections: connections.optional(),
  lag: z
    .strictObject({
      bytes: amount.optional(),
      ms: amount.optional(),
      streaming: z.boolean(),
      paused: z.literal(true).optional(),
      replicas: amount.optional(),
    })
    .optional(),
  wal: z
    .strictObject({
      receiving: z.boolean(),
      receiver: z.strictObject({ from: word.optional(), silence: amount.optional() }).optional(),
      received: word.optional(),
      replayed: word.optional(),
      waiting: amount.optional(),
    })
    .optional(),
  slots: list(slot).optional(),
  idAges: list(idAge).optional(),
  upkeep: upkeep.optional(),
  busiest: z.strictObject({ share: amount, load: amount, mean: amount, text: word }).optional(),
  busiestUnread: z.literal(true).optional(),
  longestTransaction: z.strictObject({ pid: amount, age: amount, user: word, query: word }).optional(),
  blocked: list(z.strictObject({ pid: amount, blockedBy: list(amount), waiting: amount, query: word })).optional(),
  missing: list(z.strictObject({ part: databaseParts, grant: word })),
} satisfies Parts<Database>);

const refusal = z.union([
  z.strictObject({ why: z.enum(['replica', 'append', 'memory', 'paused']) }),
  z.strictObject({ why: z.literal('save'), perhaps: z.boolean().optional() }),
  z.strictObject({ why: z.literal('replicas'), there: amount, wanted: amount }),
]);

const persistence = z.strictObject({
  savedAt: instant.optional(),
  saved: z.boolean().optional(),
  changes: amount.optional(),
  appendOnly: z.boolean(),
  appended: z.boolean().optional(),
  rewritten: z.boolean().optional(),
} satisfies Parts<NonNullable<Redis['persistence']>>);

export const redis: z.ZodType<Redis> = z.strictObject({
  where: word,
  run: word.optional(),
  version: word,
  latency: amount,
  role: word,
  usedBytes: amount.optional(),
  maxBytes: amount.optional(),
  evictedKeys: amount.optional(),
  evictedPerMinute: amount.optional(),
  linkUp: z.boolean().optional(),
  cluster: z.boolean().optional(),
  slots: z.strictObject({ state: word, assigned: amount, failing: amount, suspected: amount }).optional(),
  nodes: z
    .strictObject({
      seen: list(z.strictObject({ where: word, refusals: list(refusal), usedBytes: amount, maxBytes: amount })),
      silent: list(word),
    })
    .optional(),
  refusals: list(refusal).optional(),
  untold: list(z.strictObject({ what: z.enum(['INFO', 'CLUSTER INFO', 'CLUSTER NODES']), why: word })).optional(),
  clients: amount.optional(),
  maxClients: amount.optional(),
  rejectedPerMinute: amount.optional(),
  rejected: amount.optional(),
  refusedCalls: z
    .strictObject({
      count: amount,
      byCode: list(z.strictObject({ code: word, count: amount })),
    } satisfies Parts<RefusedCalls>)
    .optional(),
  refusing: z.strictObject({ perMinute: amount, code: word.optional() }).optional(),
  systemBytes: amount.optional(),
  replicas: z.strictObject({ connected: amount, late: amount }).optional(),
  loading: z.strictObject({ left: amount.optional() }).optional(),
  policy: word.optional(),
  persistence: persistence.optional(),
} satisfies Parts<Redis>);

const part = z.number().min(0).max(1);

/** Of the gateway's logs. */
export const followed: z.ZodType<Traffic> = z.strictObject({
  p95: amount.optional(),
  errorRate: amount.optional(),
  margins: z
    .strictObject({
      p95: amount.optional(),
      errorRate: amount.optional(),
      counts: z
        .strictObject({ seen: amount, served: amount, failed: amount, limited: amount, refused: amount })
        .optional(),
    })
    .optional(),
  shares: z.strictObject({ failed: part, gaveUp: part, limited: part, refused: part }).optional(),
  served: amount.optional(),
  samples: amount,
  sampling: part,
  window: amount,
  refusals: list(
    z.strictObject({ status: amount, tenant: word.optional(), count: amount, margin: amount.optional() }),
  ).optional(),
  covered: amount.optional(),
  unread: amount.optional(),
  source: z.literal('gateway logs'),
  pods: z.strictObject({ followed: amount, expected: amount }).optional(),
} satisfies Parts<Traffic>);

/** Of Prometheus. */
export const measured: z.ZodType<Pick<Traffic, 'p95' | 'errorRate' | 'samples' | 'sampling' | 'window' | 'source'>> =
  z.strictObject({
    p95: amount.optional(),
    errorRate: amount.optional(),
    samples: amount,
    sampling: amount,
    window: amount,
    source: z.literal('prometheus'),
  });

export const meaning = z.enum(allMeanings);
