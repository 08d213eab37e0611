import type { Call } from './call.ts';
import type { Instant, Ms } from './time.ts';
import type { World } from './world.ts';

/** How much friction a confirmation asks for. */
export type Risk = 'reversible' | 'data' | 'irreversible';

/** A live check's answer, with what it rests on. */
export type Check = { state: 'pass' | 'fail' | 'unknown'; because: string };

/** Every remediation there is (docs/actions.md). Steps of the runbook, metrics and screens name them by id. */
export const actionIds = [
  'restart-deployment',
  'rollback-deployment',
  'scale-deployment',
  'failover-database',
  'retry-jobs',
  'cancel-study',
  'disable-surface',
  'enable-surface',
  'test-surface',
  'create-api-key',
  'revoke-api-key',
  'rotate-api-key',
  'cleanup-sessions',
  'refresh-sessions',
  'analyze-tables',
  'vacuum-table',
  'cancel-query',
  'end-session',
  'evict-redis',
  'cleanup-evidence',
  'restore-evidence',
  'list-snapshots',
  'restore-database',
  'rotate-database-credentials',
  'deploy',
  'notify',
] as const;
export type ActionId = (typeof actionIds)[number];

/** What a plan shows and then runs. */
export type Plan = {
  /** In words and numbers: what will be different. */
  impact: readonly string[];
  calls: readonly Call[];
  /** How to undo it, in words; absent when it cannot be undone. */
  undo?: string;
  /** Who answered just now: environment, cluster, database. */
  answered: readonly string[];
  /** A fingerprint of what the plan rests on; a different one at execution means the world moved. */
  rests: string;
  expires: Instant;
};

/** What to type or choose before a plan can be made; prompts and command-line flags derive from it. */
export type Field = {
  name: string;
  /** As asked: `which deployment?` */
  ask: string;
  kind: 'text' | 'number' | 'choice';
  optional?: boolean;
  /** Completion from live data. */
  choices?(world: World): readonly string[];
};

export type Target = Readonly<Record<string, string>>;

export type Action = {
  id: ActionId;
  title: string;
  risk: Risk;
  fields: readonly Field[];
  /** What to type to confirm a `data` or `irreversible` action: the target's own name. */
  names(target: Target): string;
  /** Why the key does nothing now. */
  unavailable?(world: World, target: Target): string | undefined;
  /** Proof afterwards. */
  verify(world: World, target: Target, startedAt: Instant): Check;
  within: Ms;
};
