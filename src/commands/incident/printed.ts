// What the incident commands print.
import type { JournalReport } from '../../data/journal/verify.ts';

/** Of everything that is printed as JSON. Grows only by additions; anything else makes it 2. */
export const recordVersion = 1;

/** What to print, and the exit code: 0 found, 1 a problem in the record, 2 nothing there. */
export type Printed = {
  text: string;
  code: 0 | 1 | 2;
  /** For programs and files: UTF-8 everywhere. */
  data?: true;
};

/** Every problem of the journal's files. */
export const problemsOf = (report: JournalReport): readonly string[] =>
  report.files.flatMap((f) => f.problems.map((problem) => `${f.file}: ${problem}`));
