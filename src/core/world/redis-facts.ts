// Redis as a fact.
import type { Instant, Ms } from '../time.ts';

/** INFO persistence. */
export type RedisPersistence = {
  /** When it last saved all to its file. */
  savedAt?: Instant;
  /** How the last save ended; absent where there was none. */
  saved?: boolean;
  /** Changes since then: what a crash would lose without an append-only file. */
  changes?: number;
  appendOnly: boolean;
  /** Whether the append-only file can be written. */
  appended?: boolean;
  /** Whether its last rewrite ended well. */
  rewritten?: boolean;
};

/** Why writes are refused. `perhaps`: the setting that decides it may not be read. */
export type RedisRefusal =
  | { why: 'replica' | 'append' | 'memory' | 'paused' }
  | { why: 'save'; perhaps?: boolean }
  | { why: 'replicas'; there: number; wanted: number };

/** Another primary of a cluster, by its address. */
export type RedisNode = { where: string; refusals: readonly RedisRefusal[]; usedBytes: number; maxBytes: number };

/** The other primaries of a cluster; `silent`: addresses of those that did not answer us. */
export type RedisNodes = { seen: readonly RedisNode[]; silent: readonly string[] };

/** Commands of clients, and logins, that it refused since its start; `byCode`: its errors since then, by their code. */
export type RefusedCalls = { count: number; byCode: readonly { code: string; count: number }[] };

/** CLUSTER INFO: its state, and slots of 16,384. */
export type RedisCluster = { state: string; assigned: number; failing: number; suspected: number };

export type Redis = {
  where: string;
  /** INFO's run_id: which start of which server answered. */
  run?: string;
  version: string;
  latency: Ms;
  role: string;
  /** Absent, as all below: INFO is not allowed. */
  usedBytes?: number;
  /** 0: no limit is set, so a percentage is unknown. */
  maxBytes?: number;
  evictedKeys?: number;
  /** Keys evicted in a minute, between this query and the one before; absent at the first. */
  evictedPerMinute?: number;
  /** On a replica: whether its connection to the primary is up. */
  linkUp?: boolean;
  /** True for a node of a Redis Cluster: every number is this node's. */
  cluster?: boolean;
  /** What the cluster as a whole serves. */
  slots?: RedisCluster;
  nodes?: RedisNodes;
  /** Why it refuses writes; empty or absent if it accepts them. */
  refusals?: readonly RedisRefusal[];
  /** Commands that it refuses us, so that their facts are unknown. */
  untold?: readonly { what: 'INFO' | 'CLUSTER INFO' | 'CLUSTER NODES'; why: string }[];
  clients?: number;
  /** Connections it may have; servers before 7 do not tell it. */
  maxClients?: number;
  /** Connections refused in a minute, between this look and the one before; absent at the first. */
  rejectedPerMinute?: number;
  rejected?: number;
  refusedCalls?: RefusedCalls;
  /** Commands and logins refused in a minute, between this look and the one before, and with what; absent at the first. */
  refusing?: { perMinute: number; code?: string };
  /** Memory of its host. */
  systemBytes?: number;
  /** Of a primary: replicas that are connected, and those that are not online or heard nothing for long. */
  replicas?: { connected: number; late: number };
  /** It reads its data from disk; `left`: its own estimate. */
  loading?: { left?: Ms };
  /** maxmemory-policy. */
  policy?: string;
  /** What it writes to its own disk; absent where it does not tell. */
  persistence?: RedisPersistence;
};
