// What a row of the benchmark is. rows/NAME.ts exports one; bench.ts only selects and prints them.

export type Measure = {
  /** Unique in the whole table: docs/performance.md is compared by it. */
  figure: string;
  is: string;
  /** What a user would use instead, measured in the same run; or the budget. */
  beside: string;
  /** The figure divided by what is beside it: less is better. Undefined where that is not installed. */
  ratio: number | undefined;
  /** The largest ratio wanted; undefined: none. */
  goal: number | undefined;
};

export type BenchOptions = {
  /** Repetitions of what is short; the median counts. */
  runs: number;
  pods: number;
  /** Finished jobs beside those of a calm day. */
  jobs: number;
  /** Cockpits at once. */
  cockpits: number;
  /** Hosts at once, with a cockpit each. */
  hosts: number;
  /** Of the long log. */
  lines: number;
};

export type BenchRow = {
  /** For `--only`. */
  name: string;
  measure(options: BenchOptions): Promise<readonly Measure[]>;
};
