// The benchmark's rows, in the order of its table.
import type { BenchRow } from '../row.ts';
import { cockpits, hosts } from './cockpits.ts';
import { idle } from './idle.ts';
import { incident } from './incident.ts';
import { keys } from './keys.ts';
import { logScreen } from './log-screen.ts';
import { logs, slowReader } from './logs.ts';
import { pods } from './pods.ts';
import { sql, sqlBare, sqlCockpits, sqlJobs } from './sql.ts';
import { start } from './start.ts';
import { status } from './status.ts';

export const rows: readonly BenchRow[] = [
  start,
  status,
  idle,
  keys,
  incident,
  sql,
  sqlJobs,
  sqlBare,
  sqlCockpits,
  cockpits,
  hosts,
  logs,
  slowReader,
  logScreen,
  pods,
];
