// What can be known of lines, each for itself and in their chain.
import { formatCounted } from '../../core/text/format.ts';
import type { Instant } from '../../core/time.ts';
import { beginning, chainsOf, inFile, inIncident, isAuthentic, type Line, type Link, readLine } from './line.ts';
import { implausible } from './plausible.ts';

/** A line that was checked. `counts`: it has effect as far as its author may write it. */
export type CheckedLine = Line & { row: number; text: string; counts: boolean; authentic: boolean };

export type CheckedRows = { lines: readonly CheckedLine[]; problems: readonly string[] };

/** Tells which of the lines of a file have a wrong signature. */
export type Forged = (lines: readonly Line[]) => ReadonlySet<Line>;

/** Checks each row for itself: its form, its hash, its time and its signature, or those as `forged` tells. */
export function checkRows(rows: readonly string[], now: Instant, forged?: Forged): CheckedRows {
  const problems: string[] = [];
  const read = rows.map(readLine);
  const wrong = forged?.(read.filter((line) => line !== undefined));
  const lines = rows.flatMap((text, index): CheckedLine[] => {
    const row = index + 1;
    const line = read[index];
    if (!line) problems.push(`line ${row} is not an entry`);
    if (!line) return [];
    const authentic = wrong ? line.signed !== undefined && line.intact && !wrong.has(line) : isAuthentic(line);
    const why = implausible(line.entry, now);
    if (!line.intact) problems.push(`line ${row} was changed after it was written`);
    else if (line.signed && !authentic) problems.push(`line ${row} has a wrong signature`);
    if (why) problems.push(`line ${row} has no effect: it ${why}`);
    const counts = why === undefined && line.intact && (authentic || !line.signed);
    return [{ ...line, row, text, counts, authentic }];
  });
  return { lines, problems };
}

/** What is wrong with lines that one writer wrote one after the other. */
export function chainProblems(lines: readonly CheckedLine[]): readonly string[] {
  const problems: string[] = [];
  let previous: CheckedLine | undefined;
  for (const line of lines) {
    problems.push(...linkProblems(line, previous, inFile));
    const at = `line ${line.row}`;
    if (previous && line.entry.id <= previous.entry.id) problems.push(`${at} is older than the line before it`);
    if (previous && line.entry.writer.session !== previous.entry.writer.session)
      problems.push(`${at} is from another writer`);
    else if (previous && line.entry.writer.key !== previous.entry.writer.key)
      problems.push(`${at} is signed with another key than the line before it`);
    previous = line;
  }
  return problems;
}

/** What is wrong with lines that were received from several writers, in any order: each incident of each is a chain. */
export function receivedProblems(lines: readonly CheckedLine[]): readonly string[] {
  return chainsOf(lines).flatMap((chain) => {
    // Old lines have no number of their own in an incident.
    const numbered = chain.filter(({ part }) => part);
    return numbered.flatMap((line, index) => linkProblems(line, numbered[index - 1], inIncident));
  });
}

function linkProblems(
  line: CheckedLine,
  previous: CheckedLine | undefined,
  linkOf: (line: Line) => Link,
): readonly string[] {
  const at = `line ${line.row}`;
  const [number, before] = linkOf(line);
  const expected = previous ? linkOf(previous)[0] + 1 : 1;
  const missing = number - expected;
  if (missing > 0) return [`${at}: ${formatCounted(missing, 'entry is', 'entries are')} missing before it`];
  if (missing < 0) return [`${at} is repeated or out of order`];
  return before === (previous?.hash ?? beginning) ? [] : [`${at} does not follow the line before it`];
}
