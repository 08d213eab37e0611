/** What the flags of `run` gave, beside the targets' own. */
export type RunFlags = {
  list?: boolean;
  dryRun?: boolean;
  yes?: boolean;
  json?: boolean;
  arm?: string;
  reason?: string;
  target?: string;
} & Readonly<Record<string, unknown>>;
