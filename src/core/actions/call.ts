// A change is data before it runs: the same value is shown, copied, journaled and executed.
import type { Content } from '../preserve/archive.ts';
import type { Instant, Ms } from '../time.ts';

/** Parameters of a statement. Lists are sent as one array parameter. */
export type SqlValue = string | number | boolean | null | readonly (string | number | null)[];

/** One statement with what fills it in. Identifiers in the text are quoted where it is made. */
export type Statement = { text: string; parameters: readonly SqlValue[] };

export type KubernetesChange =
  | { verb: 'restart'; deployment: string }
  | { verb: 'rollback'; deployment: string; toRevision: number }
  | { verb: 'scale'; deployment: string; replicas: number };

export type KubernetesCall = {
  tool: 'kubernetes';
  do: KubernetesChange;
  namespace: string;
  /** Refused if the object was replaced or its specification changed. */
  when: { uid: string; generation: number };
};

export type SqlCall = {
  tool: 'sql';
  server: 'primary' | 'replica';
  change: Statement;
  /**
   * Run first, in the same transaction: gives the rows that will be changed, locked (`FOR UPDATE`). Nothing is changed
   * unless there are exactly `expectRows` of them.
   */
  lock?: Statement;
  /** The locked rows are written to the journal's directory before they are changed, for undo. */
  keep?: boolean;
  /** Roll back unless the change affects exactly this many rows. */
  expectRows?: number;
  /** VACUUM cannot run inside a transaction. */
  transaction: boolean;
  /** VACUUM and ANALYZE: the server reports their progress. */
  progress?: true;
  /** How long the statement may take on the server. */
  within?: Ms;
};

export type CommandCall = {
  tool: 'command';
  argv: readonly [string, ...string[]];
  /** Where it runs; default: the current directory. */
  directory?: string;
  /** Variables that are set for it. */
  environment?: Readonly<Record<string, string>>;
  /** Environment variables that it needs in addition to the common ones: names, or prefixes such as `AWS_*`. */
  inherits?: readonly string[];
  within: Ms;
  /** It talks to an API server: after a lost connection its outcome is unknown. */
  reaches?: 'kubernetes';
  /** Its output contains a new secret: shown once, never recorded. */
  reveals?: boolean;
  /** The end of its output is recorded with its exit code. */
  recordsOutput?: true;
};

export type S3Change =
  | { verb: 'delete'; keys: readonly string[] }
  | { verb: 'restore-version'; key: string; versionId: string }
  | { verb: 'restore-versions'; versions: readonly { key: string; versionId: string }[] }
  /** A file of this machine, in parts. `lock`: where the bucket does not set a retention itself. */
  | { verb: 'upload'; file: string; key: string; lock?: { mode: 'GOVERNANCE'; until: Instant } | undefined };

/** Saves what an incident leaves behind into one file of this machine. Reads the platform, and changes nothing there. */
export type PreserveCall = {
  tool: 'preserve';
  /** Absolute path: `…/NAME.tar.gz`. Where it was begun before, it is continued. */
  archive: string;
  content: Content;
  /** Logs from then on; absent: all that is kept. */
  since?: Instant | undefined;
  /** Unpacked. Together they are a bound, whatever the platform sends. */
  mostBytes: number;
  within: Ms;
  /** What there is, estimated: for the progress. */
  aboutBytes: number;
  /** The incident, in words. */
  incident?: string | undefined;
};

export type Channel = 'pagerduty' | 'slack-alerts' | 'slack-ops';

/** The body as it goes out. A webhook's address and PagerDuty's routing key are secrets and never part of a call. */
export type ChannelCall =
  | { tool: 'channel'; channel: 'pagerduty'; url: string; body: string }
  | { tool: 'channel'; channel: 'slack-alerts' | 'slack-ops'; body: string };

/** A request to the gateway's API, with the admin API key, which is part of no call. */
export type ApiCall = { tool: 'api'; method: 'DELETE' | 'POST'; url: string };

/** A request to PagerDuty's REST API in the name of `from`, with the token, which is part of no call. */
export type PagerCall = {
  tool: 'pagerduty';
  method: 'PUT' | 'POST';
  url: string;
  from?: string | undefined;
  body: string;
};

/** Waits until rollouts are complete; fails as soon as one cannot complete. Changes nothing. */
export type RolloutCall = {
  tool: 'rollout';
  deployments: readonly string[];
  namespace: string;
  within: Ms;
};

export type Call =
  | KubernetesCall
  | RolloutCall
  | SqlCall
  | CommandCall
  /** Must answer 2xx before the calls after it are made. */
  | { tool: 'http'; url: string }
  | ApiCall
  | PagerCall
  | PreserveCall
  | { tool: 's3'; bucket: string; do: S3Change }
  | { tool: 'redis'; command: readonly [string, ...string[]] }
  | { tool: 'rds'; do: { verb: 'restore-to-point-in-time'; source: string; target: string; at?: string } }
  /** The password is made while it is performed, set in the database and then in the secret. It is never in a call. */
  | { tool: 'secrets'; do: { verb: 'rotate-password'; secretId: string; username: string } }
  | ChannelCall;
