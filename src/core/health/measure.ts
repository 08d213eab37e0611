// What a metric measured.

/** A measured number, with what it rests on. */
export type Measure = {
  /** Absent: nothing to measure it from. */
  value?: number;
  /** How many samples, or of how many: `412 requests`, `41 of 97`. */
  basis: string;
  /** False: at least, or an estimate. */
  exact: boolean;
  /** There is nothing to measure, and that is normal: no limit is set, nothing ended. */
  quiet?: true;
  /** What has to be seen beside the value: `37 % refused with 429`. */
  beside?: string;
};
