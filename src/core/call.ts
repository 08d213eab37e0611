// An effect is data before it is an effect: the same value is shown, pasted into a shell, journaled and performed.

/** Scalar parameters of a statement. */
export type SqlValue = string | number | boolean | null | readonly string[];

export type Call =
  | {
      tool: 'kubernetes';
      /** What to do to one object. */
      do:
        | { verb: 'restart'; deployment: string }
        | { verb: 'rollback'; deployment: string; toRevision: number }
        | { verb: 'scale'; deployment: string; replicas: number };
      namespace: string;
      /** Refuse when the object is not at this version any more. */
      resourceVersion?: string;
    }
  | {
      tool: 'sql';
      server: 'primary' | 'replica';
      statement: string;
      parameters: readonly SqlValue[];
      /** Roll back unless exactly so many rows were touched. */
      expectRows?: number;
      /** VACUUM cannot run inside a transaction. */
      transaction: boolean;
    }
  | {
      tool: 'command';
      argv: readonly [string, ...string[]];
      directory: string;
      /** Names of environment variables handed on beside PATH and HOME. */
      environment?: readonly string[];
      /** Never shown, never journaled. */
      secretInput?: { label: string };
    }
  | { tool: 's3'; bucket: string; do: S3Call }
  | { tool: 'redis'; command: readonly [string, ...string[]] }
  | { tool: 'rds'; do: { verb: 'restore-to-point-in-time'; source: string; target: string; at: string } }
  | { tool: 'secrets'; do: { verb: 'update'; secretId: string; username: string } }
  | { tool: 'channel'; channel: 'pagerduty' | 'slack-alerts' | 'slack-ops'; body: string };

export type S3Call =
  | { verb: 'delete'; keys: readonly string[] }
  | { verb: 'restore-version'; key: string; versionId: string };
