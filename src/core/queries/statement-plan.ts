// The plan of a statement that runs now: planned again, never executed.
import type { Ms } from '../time.ts';

export type PlanNode = {
  depth: number;
  /** `Seq Scan`, `Nested Loop` … */
  type: string;
  /** `on jobs`, `using jobs_status on jobs`. */
  on: string;
  /** Cost up to its last row, in the planner's units; rows and bytes of each that it expects. */
  cost: number;
  rows: number;
  width: number;
  /** Filters and conditions without literals: `Filter: (status = ?)`. */
  details: readonly string[];
};

/** Why there is no plan. */
export type NoPlan =
  | 'gone'
  | 'idle'
  | 'hidden'
  | 'other-database'
  | 'truncated'
  | 'not-plannable'
  | 'other-rights'
  | 'own-functions'
  | 'refused';

export type StatementPlan = {
  where: string;
  pid: number;
  user: string;
  /** Without literals. */
  text: string;
  /** How long it runs. */
  running?: Ms | undefined;
  /** The statement has parameters: the plan is the one for any values. */
  generic: boolean;
  /** The session runs nothing now: it is the statement that it ran last. */
  last: boolean;
  nodes: readonly PlanNode[];
  /** The plan has more nodes than are shown. */
  more: boolean;
  none?: { code: NoPlan; what: string; remedy: string } | undefined;
};

export const mostNodes = 200;

/** A node that reads a table of this many rows from end to end. */
export const largeScan = 10_000;

/** The nodes to look at first: a large table read from end to end, or rows of a filter that no index helps. */
export const isLargeScan = ({ type, rows, details }: PlanNode, cost: number): boolean =>
  /^(?:Parallel )?Seq Scan$/.test(type) && (rows >= largeScan || (details.length > 0 && cost >= 1000));
