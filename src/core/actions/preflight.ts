// Preflight and verification: everything that an action may ask the platform. Reads only.

import type { Tables } from '../platform/tables.ts';
import type { ArchivePlace, ArchiveReport, Content, Preservable } from '../preserve/archive.ts';
import type { OnCall, Page, Pager, PagerUser } from '../queries/pager.ts';
import type { ApiStudy } from '../queries/study.ts';
import type { Instant, Ms } from '../time.ts';
import type { Database, Gateway, Redis } from '../world/facts.ts';
import type { Targets } from '../world/targets.ts';
import type { World } from '../world/world.ts';
import type { Answer } from './answer.ts';
import type { KubernetesCall, SqlValue } from './call.ts';
import type { Difference } from './difference.ts';
import type {
  DeletedFound,
  EvidenceAsk,
  EvidenceFound,
  EvidenceVersion,
  ObjectLock,
  Uploaded,
} from './evidence-found.ts';
import type { Room } from './room.ts';

export type { Answer } from './answer.ts';
export type * from './evidence-found.ts';

/** The configured targets of actions. */
export type ActionContext = {
  /** In words, on every confirmation. */
  environment: string;
  targets: Targets;
  /** Schema of studies, jobs, results and api_keys. */
  schema: string;
  /** `pnpm admin:*` and `pnpm test:surface`: the words before, and where they run. */
  admin: {
    command: readonly [string, ...string[]];
    directory?: string;
    /** Our environment variables that these commands and the failover script get. */
    environment: readonly string[];
  };
  kubectl: string;
  /** The orchestrator writes what it knows of studies so often: a change is read back after that. */
  checkpoint: Ms;
};

/** A permission or tool that must be present. */
export type Need =
  | {
      kind: 'kubernetes';
      verb: 'get' | 'list' | 'create' | 'patch' | 'update';
      group: string;
      resource: string;
      subresource?: string;
      name?: string;
      /** '' for objects without a namespace. */
      namespace: string;
    }
  | {
      kind: 'table';
      schema: string;
      /** The runbook's name; it means the table of this database. */
      table: string;
      privileges: readonly ('SELECT' | 'UPDATE' | 'INSERT' | 'MAINTAIN')[];
      /** A missing table is not a missing privilege: the plan lists the existing ones. */
      mayBeAbsent?: true;
    }
  /** pg_signal_backend, or the same role as the session. */
  | { kind: 'signal' }
  /** A program; with `script`, one that runs it from package.json: `pnpm admin:surface`. */
  | { kind: 'tool'; command: string; directory?: string; script?: { name: string; by: readonly string[] } }
  | { kind: 'script'; path: string; directory?: string }
  | { kind: 'channel'; channel: 'pagerduty' | 'slack-alerts' | 'slack-ops' }
  /** PagerDuty's REST API: a token, and who changes pages. */
  | { kind: 'pager' };

/** A pod of a deployment, of any revision. */
export type DeploymentPod = {
  name: string;
  /** '' where it has none. */
  replicaSet: string;
  ready: boolean;
  terminating: boolean;
  restarts: number;
  /** CrashLoopBackOff, Unschedulable …, and what the kubelet or the scheduler says of it. */
  reason?: string | undefined;
  message?: string | undefined;
};

export type DeploymentState = {
  name: string;
  uid: string;
  /** Counts changes of the specification; `observed` is what the controller has seen. */
  generation: number;
  observed: number;
  desired: number;
  updated: number;
  /** By its status and by its pods' own Ready conditions: the worse of both. */
  ready: number;
  available: number;
  /** Why its pods are not ready: CrashLoopBackOff, or its status contradicts them. */
  reasons: readonly string[];
  /** All pods, old and new. */
  replicas: number;
  revision: number;
  images: readonly string[];
  paused: boolean;
  /** Why its rollout cannot go on, in the controller's words; `stuckBy` says how sure that is. */
  stuck?: string | undefined;
  /** `deadline`: it took too long. `create`: pods, or their replica set, are refused now; that is tried again. */
  stuckBy?: 'deadline' | 'create' | undefined;
  recreate: boolean;
  /** Empty where many deployments were asked for. */
  pods: readonly DeploymentPod[];
};

export type Revision = {
  revision: number;
  images: readonly string[];
  /** kubernetes.io/change-cause. */
  cause?: string;
  createdAt: Instant;
  replicas: number;
  /** Its name. */
  replicaSet: string;
  active: boolean;
  /** How its pods fail, now or within the last hour: `CrashLoopBackOff`. */
  failed?: string | undefined;
  /** How its pods would differ from the current ones. */
  differs: readonly Difference[];
};

/** Whether a change would be taken. `full`: a quota has no room for it. `untold`: the server could not try it. */
export type DryRun =
  | { taken: true }
  | { taken: false; why: string; hint: string; full?: true | undefined }
  | { taken: 'untold'; why: string };

/** Whether something is allowed. `untold`: it cannot be checked in advance. */
export type Permission = { may: true } | { may: false; why: string; hint: string } | { may: 'untold'; why: string };

export type Autoscaler = { name: string; min: number; max: number };

export type ToolOutput = { code: number; lines: readonly string[] };

/** `bytes` is absent if MEMORY USAGE is not allowed. */
export type RedisKey = { key: string; bytes?: number; idle: Ms };

/** Keys that begin with `prefix` and that nobody has used for `idle`; at most `most`, from a cursor of SCAN on. */
export type IdleKeys = { prefix: string; idle: Ms; most: number; cursor: string };

export type RedisScan = {
  /** Keys that have been idle for long enough. */
  idle: readonly RedisKey[];
  /** Scanned keys of the prefix. */
  matched: number;
  /** Scanned keys in total, about: SCAN takes COUNT for a hint, and counts nothing itself. */
  scanned: number;
  /** The cursor of SCAN at which it can go on; absent where it came to its end. */
  resume?: string | undefined;
  /** Why idle times, or sizes, are unavailable; absent if they are available. */
  untold?: { by: 'permission' | 'policy' | 'error'; says: string };
  unsized?: string;
};

/** `key`: what all pages about it share. */
export type OpenIncident = { says: string; key: string };

export type SqlRow = Readonly<Record<string, unknown>>;

/** A row before the change, saved for undo. */
export type KeptRows = { columns: readonly string[]; rows: readonly (readonly (string | null)[])[] };

export interface Preflight {
  readonly context: ActionContext;
  now(): Instant;
  /** The incident that is open: `SEV1 Complete API outage, open for 7 m 3 s`. */
  incident(): OpenIncident | undefined;
  /** Whether it is allowed or present; the fault says what is missing and how to get it. */
  allows(need: Need): Promise<Answer<true>>;
  /** The identity of the cluster. */
  cluster(): Promise<Answer<{ context: string; server: string; user?: string }>>;
  deployments(): Promise<Answer<readonly DeploymentState[]>>;
  deployment(name: string): Promise<Answer<DeploymentState>>;
  /** Newest first. */
  revisions(name: string): Promise<Answer<readonly Revision[]>>;
  autoscaler(name: string): Promise<Answer<Autoscaler | undefined>>;
  /** A kind such as kubectl's `deployment.apps`, from the API server's discovery. */
  resource(kind: string): Promise<Answer<{ group: string; resource: string; namespaced: boolean }>>;
  /** Whether the API server would accept a change: the same request as a dry run. */
  dryRun(call: KubernetesCall): Promise<Answer<DryRun>>;
  /** What a pod of it needs, as it is or as a revision of it was, and what its namespace and the nodes leave. */
  room(name: string, revision?: number): Promise<Answer<Room>>;
  /** Whether the API server would take a new pod of it. */
  trialPod(name: string, revision?: number): Promise<Answer<DryRun>>;
  /** Deployments whose pods reference a secret by its id, or the Kubernetes Secret named after it. */
  mentioning(text: string): Promise<Answer<readonly string[]>>;
  /** The identity of a database server. */
  database(
    server: 'primary' | 'replica',
  ): Promise<Answer<{ database: string; server: string; user: string; inRecovery: boolean }>>;
  /** The full facts of a database server, as the cockpit's source reads them. */
  server(server: 'primary' | 'replica'): Promise<Answer<Database>>;
  /** Both health paths of the gateway, as the cockpit's source reads them. */
  gateway(): Promise<Answer<Gateway>>;
  /** A study as the gateway's API tells it. */
  apiStudy(study: string): Promise<Answer<ApiStudy>>;
  /** Tables, columns and states of studies and jobs, as the primary has them. */
  tables(): Promise<Answer<Tables>>;
  /** Rows of a read-only statement. Texts are sanitized, except with `raw`. */
  rows(
    server: 'primary' | 'replica',
    text: string,
    parameters: readonly SqlValue[],
  ): Promise<Answer<readonly SqlRow[]>>;
  /** A health path of a gateway; `fresh`: requested now, not taken from a recent answer. */
  health(
    url: string,
    fresh?: boolean,
  ): Promise<Answer<{ statusCode: number; healthy: boolean; services: Readonly<Record<string, boolean>> }>>;
  /** Runs a read-only command, such as kubectl diff. */
  output(
    argv: readonly [string, ...string[]],
    where?: {
      directory?: string;
      environment?: Readonly<Record<string, string>>;
      inherits?: readonly string[];
      /** Default: a minute. */
      within?: Ms;
    },
  ): Promise<Answer<ToolOutput>>;
  /** The health of the platform, as `status --all` shows it; readings may be older than now. */
  world(): Promise<World>;
  redis(): Promise<Answer<Redis>>;
  /** A bounded scan for at most `most` keys that begin with `prefix` and have been idle for `idle`. */
  redisKeys(wanted: IdleKeys): Promise<Answer<RedisScan>>;
  /** For how long keys are idle; a key that does not exist is left out. */
  redisIdle(keys: readonly string[]): Promise<Answer<ReadonlyMap<string, Ms>>>;
  /** Whether Redis allows us a command. */
  redisMay(...command: readonly [string, ...string[]]): Promise<Answer<Permission>>;
  evidence(wanted: EvidenceAsk): Promise<Answer<EvidenceFound>>;
  versions(key: string): Promise<Answer<readonly EvidenceVersion[]>>;
  /** What lies deleted below a prefix, of at most `most` objects behind the key `after`. */
  deletedEvidence(wanted: Omit<EvidenceAsk, 'before' | 'until'>): Promise<Answer<DeletedFound>>;
  /** Where an archive goes: a directory, or our own; and what was begun there of the same and can be continued. */
  archivePlace(
    directory: string | undefined,
    of: { content: Content; since: Instant | undefined; incident: string | undefined },
  ): Promise<Answer<ArchivePlace>>;
  /** How much there is to save; logs from `since` on. */
  preservable(since: Instant | undefined): Promise<Answer<Preservable>>;
  /** Reads an archive of this machine as a whole. */
  archive(file: string): Promise<Answer<ArchiveReport>>;
  objectLock(bucket: string): Promise<Answer<ObjectLock>>;
  /** Whether an object is the file of this machine, byte for byte, and how it is locked. */
  uploaded(file: string, bucket: string, key: string): Promise<Answer<Uploaded>>;
  /** Keys and prefixes one level below a prefix, deleted ones too. */
  evidenceNames(below: string): Promise<Answer<readonly string[]>>;
  snapshots(): Promise<
    Answer<{
      newestRestorable?: Instant;
      oldestRestorable?: Instant;
      snapshots: readonly { id: string; at: Instant; status: string }[];
    }>
  >;
  /** An RDS cluster; undefined when there is none of that name. */
  rdsCluster(id: string): Promise<Answer<{ status: string; percent?: string } | undefined>>;
  secret(
    id: string,
  ): Promise<
    Answer<{ versions: readonly { id: string; stages: readonly string[]; at?: Instant }[]; changedAt?: Instant }>
  >;
  /** Whether the role can log in with the password in the secret. The password is not returned. */
  secretOpens(id: string, role: string): Promise<Answer<{ opens: boolean; why: string }>>;
  /** PagerDuty: who is on call, and the open pages of the service. */
  pager(): Promise<Answer<Pager>>;
  /** A page by its id, its number or its dedup_key; undefined: there is none. */
  page(ref: string): Promise<Answer<Page | undefined>>;
  /** Users of PagerDuty, all or those whose name or address has these words. */
  pagerUsers(words?: string): Promise<Answer<readonly PagerUser[]>>;
  /** On-calls of an escalation policy, now and in the next two weeks. */
  onCalls(policy: string): Promise<Answer<readonly OnCall[]>>;
  /** The notes of a page, by its id. */
  pageNotes(page: string): Promise<Answer<readonly { id: string; content: string }[]>>;
  /** The rows that a run changed, before the change. */
  kept(run: string): Promise<Answer<KeptRows>>;
}
