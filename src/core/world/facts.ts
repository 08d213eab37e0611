// One type per fact. A fact is what one source measures; everything visible is computed from these.

import type { Backups } from '../health/backups.ts';
import type { BusyStatement } from '../health/busiest.ts';
import type { IdAge, Slot } from '../queries/database.ts';
import type { MissingPart } from '../queries/missing.ts';
import type { Instant, Ms } from '../time.ts';
import type { Cluster, Deployment, Pod, Workloads } from './kubernetes-facts.ts';
import type { FaultKind } from './reading.ts';
import type { Redis } from './redis-facts.ts';
import type { Studies, Surfaces } from './study-facts.ts';

export type {
  Autoscaler,
  BatchJob,
  Budget,
  Claim,
  Cluster,
  Controller,
  CronJob,
  Deploy,
  Deployment,
  KeptRevision,
  Node,
  Pod,
  Rollout,
  RolloutState,
  Workload,
  Workloads,
} from './kubernetes-facts.ts';
export type {
  Redis,
  RedisCluster,
  RedisNode,
  RedisNodes,
  RedisPersistence,
  RedisRefusal,
  RefusedCalls,
} from './redis-facts.ts';
export type { Count, StuckJobs, Studies, Study, Surface, Surfaces } from './study-facts.ts';

/** A service's state as the gateway's health body names it. */
export type ServiceHealth = { name: string; healthy: boolean; word: string };

export type HealthEndpoint = {
  url: string;
  /** Absent when no HTTP answer came. */
  statusCode?: number;
  latency: Ms;
  /** The body's own word: healthy, ok, degraded, unhealthy … */
  status?: string;
  services: readonly ServiceHealth[];
  /** What is wrong with the answer itself: `body is not JSON`, `certificate expired`, `refused`. */
  problem?: string;
  /** Not served, or not to us: the other endpoint decides. */
  absent?: boolean;
  /** Why no answer came. Absent where one came, also one that no client can use (a bad certificate). */
  fault?: FaultKind;
  healthy: boolean;
  /** When it answered; the detailed one is asked more often than the other while both are well. */
  at: Instant;
};

/** GET /health and GET /v1/health (runbook, Health Endpoints). */
export type Gateway = { health: HealthEndpoint; detailed: HealthEndpoint };

export type Connections = {
  used: number;
  active: number;
  idle: number;
  idleInTransaction: number;
  /** What applications may use: max_connections less the reserved ones. */
  limit: number;
  /** The fullest limit that a role or the database has of its own: `role bentham`. */
  nearest?: { whose: string; used: number; limit: number };
};

/** One session that waits for another. */
export type Blocked = { pid: number; blockedBy: readonly number[]; waiting: Ms; query: string };

/** What a replica has of its primary's log. Positions are PostgreSQL's own: `0/3000148`. */
export type ReplicaWal = {
  /** Whether it still receives WAL: proof that its primary is alive. */
  receiving: boolean;
  /** Absent where no receiver runs. What is hidden from us is absent in it. */
  receiver?: { from?: string; silence?: Ms };
  /** Absent where it has not streamed since it was started. */
  received?: string;
  replayed?: string;
  /** Bytes received and not replayed: nothing of it is lost. */
  waiting?: number;
};

/** What stops writes on a primary, as far as it is visible. Empty lists and absent parts: nothing. */
export type Writes = {
  /** Sessions begin read-only: all, those of the database, or those of a role. */
  readOnly: readonly { by: 'server' | 'database' | 'role'; role: string }[];
  /** Commits wait for this many standbys; `there` is absent where that is hidden. Absent where they wait for none. */
  standbys?: { needed: number; there?: number };
  /** Commits that have waited for seconds, and on what. */
  waiting?: { commits: number; longest: Ms; on: 'standby' | 'disk' };
  /** The role that applications use, and that cannot change studies or jobs. */
  refused?: string;
  /** What none of the roles that work here may do, and what they lack for it; the first of it. */
  unable?: {
    op: 'INSERT' | 'UPDATE';
    table: string;
    schema: string;
    why: 'schema' | 'grant' | 'policy';
    roles: readonly string[];
  };
  /** Many transactions of the last minute rolled back, and few did before. */
  failing?: { rollbacks: number; of: number; within: Ms };
  /** Roles that work here and may not log in again, and why. */
  lockedOut?: readonly { role: string; why: 'login' | 'expired' | 'limit' | 'full' | 'closed' | 'connect' }[];
};

/** What makes a primary fail later. Absent parts: well, not used, or not to be asked. */
export type Upkeep = {
  /** archive_mode is on. `archived`: since the last success. */
  archive?: { idle: boolean; failing: boolean; failures: number; archived?: Ms };
  /** Pages whose checksum was wrong; `last`: since the last of them. */
  damage?: { pages: number; last?: Ms };
  /** The oldest prepared transaction. */
  prepared?: { id: string; age: Ms; others: number };
  /** The sequence nearest to its end; 1 is its last value. */
  sequence?: { name: string; share: number };
};

export type Database = {
  /** host:port, as it was asked. */
  where: string;
  /** current_database(), as it answered. */
  database: string;
  version: string;
  latency: Ms;
  inRecovery: boolean;
  /** When the server was started: two addresses with the same are the same server. */
  startedAt?: Instant;
  /** Of a primary. */
  writes?: Writes;
  /** Whether it accepts writes could not be queried. */
  writesUnasked?: true;
  connections?: Connections;
  /** On a replica: its own distance. On a primary: of the furthest replica. */
  lag?: {
    /** Absent where it cannot be known: hidden, or cut off from the primary. */
    bytes?: number;
    /** Cut off from the primary: the age of the newest transaction it has. */
    ms?: Ms;
    streaming: boolean;
    /** Replay was paused on it. */
    paused?: true;
    /** On a primary: replicas that are connected. */
    replicas?: number;
  };
  /** Of a replica; absent if not allowed. */
  wal?: ReplicaWal;
  /** Replication slots, those that keep the most log first. */
  slots?: readonly Slot[];
  /** On a primary: the database whose ids are nearest to running out, of each kind. */
  idAges?: readonly IdAge[];
  /** Of a primary. */
  upkeep?: Upkeep;
  longestTransaction?: { pid: number; age: Ms; user: string; query: string };
  /** On a primary: the statement that takes most of its time now; absent where none stands out, or none is counted. */
  busiest?: BusyStatement;
  /** Which statement takes most of its time is not known yet: that takes two counts. */
  busiestUnread?: true | undefined;
  blocked?: readonly Blocked[];
  /** What could not be queried, and the grant that allows it: `lag: grant pg_monitor to bentham`. */
  missing: readonly MissingPart[];
};

/** `count`: of all, also where only some lines were read; `margin`: then, how far off it may be either way. */
export type Refusal = { tenant?: string | undefined; status: number; count: number; margin?: number | undefined };

/** Kinds of requests. `seen`: all; `failed`: answered 5xx, or given up by the client; both are `served`. */
export type RequestKind = 'seen' | 'served' | 'failed' | 'limited' | 'refused';

/** The API's own traffic over the last five minutes. */
export type Traffic = {
  /** Milliseconds. Absent without samples. */
  p95?: Ms;
  /** 0–1, of what was served: the share of answers with status 5xx and of those that the client gave up on. */
  errorRate?: number;
  /** Of sampled logs: how far off each may be, in its unit (95 of 100 samples are nearer); `counts`: in requests. */
  margins?:
    | {
        p95?: Ms | undefined;
        errorRate?: number | undefined;
        counts?: Readonly<Record<RequestKind, number>> | undefined;
      }
    | undefined;
  /** 0–1, of all requests: answered 5xx, given up by the client, refused with 429, refused with another 4xx. */
  shares?: { failed: number; gaveUp: number; limited: number; refused: number };
  /** Requests of people that were not refused; p95 and error rate rest on these. */
  served?: number;
  /** Requests of people seen in the window; probes are none. */
  samples: number;
  /** 1: every line was counted; 0.1: one in ten. */
  sampling: number;
  window: Ms;
  /** Requests refused with 401, 403 or 429, by tenant and status, most first; `tenant` absent: the log names none. */
  refusals?: readonly Refusal[] | undefined;
  /** How far back the logs that were read reach, where that is less than the window. */
  covered?: Ms | undefined;
  /** Pods whose logs were not read to their end in time: the newest lines may be missing. */
  unread?: number | undefined;
  /** `gateway logs` or `prometheus`. */
  source: 'gateway logs' | 'prometheus';
  /** Pods whose logs were followed, and those that should be. */
  pods?: { followed: number; expected: number };
};

export type Facts = {
  cluster: Cluster;
  pods: readonly Pod[];
  deployments: readonly Deployment[];
  workloads: Workloads;
  gateway: Gateway;
  primary: Database;
  replica: Database;
  redis: Redis;
  studies: Studies;
  surfaces: Surfaces;
  traffic: Traffic;
  backups: Backups;
};

export type FactId = keyof Facts;

export const factIds = [
  'cluster',
  'pods',
  'deployments',
  'workloads',
  'gateway',
  'primary',
  'replica',
  'redis',
  'studies',
  'surfaces',
  'traffic',
  'backups',
] as const satisfies readonly FactId[];
