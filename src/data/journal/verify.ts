// Whether the journal is as it was written: what can be known of each file, and what cannot.
import { lstatSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Entry } from '../../core/incident/event.ts';
import { stripControl } from '../../core/text/text.ts';
import type { Instant } from '../../core/time.ts';
import { readPrivate, writableByOthers } from '../../disk/private-files.ts';
import type { Result } from '../source.ts';
import { codeOf, diskFault, inspect } from './directory.ts';
import { KeyFiles } from './key-files.ts';
import { beginning, type Line, longestFile, readLine } from './line.ts';
import { implausible } from './plausible.ts';
import { safe } from './sanitize-entry.ts';

export type FileReport = {
  file: string;
  session?: string;
  entries: number;
  /** Changed, missing or truncated entries. */
  problems: readonly string[];
  /** What is so, and is no proof of anything: a torn last line, a missing end. */
  notes: readonly string[];
};

export type JournalReport = {
  directory: string;
  files: readonly FileReport[];
  /** In order, of every file, what could be read. */
  entries: readonly Entry[];
};

/** What no check of these files can tell. */
export const cannotKnow: readonly string[] = [
  'A user who can write to the directory can rewrite a whole file with new hashes; compare with an earlier export.',
  'Missing entries at the end of a file are not detected if no other file mentions them.',
  'A removed file is not detected if no other file mentions it.',
  'Times come from the clock of each host.',
];

type Read = { report: FileReport; lines: readonly (Line & { row: number; counts: boolean })[] };

/** Reads and checks every file of a journal's directory. */
export async function verifyJournal(directory: string, now: Instant = Date.now()): Promise<Result<JournalReport>> {
  let names: string[];
  try {
    lstatSync(directory);
    // A copy may be open to be read; what others can write says nothing.
    const fault = inspect({ directory }, writableByOthers);
    if (fault) return { ok: false, fault };
    names = (await readdir(directory)).filter((name) => name.endsWith('.jsonl')).sort();
  } catch (error) {
    const fault = diskFault(error, directory);
    if (codeOf(error) !== 'ENOENT') return { ok: false, fault };
    const hint = 'check --profile and journal.directory';
    return { ok: false, fault: { ...fault, kind: 'unconfigured', what: 'no journal yet', hint } };
  }
  const files: Read[] = [];
  for (const name of names) files.push(await readJournalFile(join(directory, name), stripControl(name, 120), now));
  const keys = new KeyFiles(directory);
  await keys.read();
  const entries = files
    .flatMap(({ lines }) => lines.filter(({ counts }) => counts).map((line) => safe(line.entry)))
    .map((entry) => (keys.isOwn(entry.writer.key) ? { ...entry, own: true as const } : entry));
  return { ok: true, value: { directory: stripControl(directory, 300), files: witnessed(files), entries } };
}

async function readJournalFile(path: string, file: string, now: Instant): Promise<Read> {
  let text: string;
  try {
    text = await readPrivate(path, longestFile);
  } catch (error) {
    const { what, hint, distrusted } = diskFault(error, path);
    const problem = `cannot be read: ${what}${distrusted ? `; ${hint}` : ''}`;
    return { report: { file, entries: 0, problems: [problem], notes: [] }, lines: [] };
  }
  const rows = text.split('\n');
  const tail = rows.pop() ?? '';
  const problems: string[] = [];
  const notes: string[] = [];
  const lines: (Line & { row: number; counts: boolean })[] = [];
  let previous: Line | undefined;
  rows.forEach((row, index) => {
    const at = `line ${index + 1}`;
    const line = readLine(row);
    if (!line) {
      problems.push(`${at} is not an entry`);
      return;
    }
    const expected = previous ? previous.seq + 1 : 1;
    if (!line.intact) problems.push(`${at} was changed after it was written`);
    if (line.seq > expected)
      problems.push(
        `${at}: ${line.seq - expected} ${line.seq - expected === 1 ? 'entry is' : 'entries are'} missing before it`,
      );
    else if (line.seq < expected) problems.push(`${at} is repeated or out of order`);
    else if (line.prev !== (previous?.hash ?? beginning)) problems.push(`${at} does not follow the line before it`);
    if (previous && line.entry.id <= previous.entry.id) problems.push(`${at} is older than the line before it`);
    if (previous && line.entry.writer.session !== previous.entry.writer.session)
      problems.push(`${at} is from another writer`);
    const why = implausible(line.entry, now);
    if (why) problems.push(`${at} has no effect: it ${why}`);
    previous = line;
    lines.push({ ...line, row: index + 1, counts: why === undefined });
  });
  if (tail !== '')
    notes.push(`the last line is incomplete (${tail.length} characters): the writer stopped while writing`);
  const last = lines.at(-1);
  if (!last) notes.push('has no entries');
  else if (last.entry.event.kind !== 'journal' || last.entry.event.what !== 'closed')
    notes.push('has no closing line: still running, killed, or truncated');
  const session = lines[0]?.entry.writer.session;
  return { report: { file, session: session || undefined, entries: lines.length, problems, notes }, lines };
}

/** Adds what other files saw of each: lines that were there, and are not any more. */
function witnessed(files: readonly Read[]): readonly FileReport[] {
  const bySession = new Map(files.flatMap((one) => (one.report.session ? [[one.report.session, one] as const] : [])));
  const extra = new Map<string, Set<string>>();
  const add = (file: string, problem: string) => extra.set(file, (extra.get(file) ?? new Set()).add(problem));
  const lost: string[] = [];
  for (const { report, lines } of files)
    for (const line of lines)
      for (const [session, [count, hash]] of Object.entries(line.seen)) {
        const seen = bySession.get(session);
        if (!seen)
          lost.push(
            `a file of session ${stripControl(session, 40)} is missing: ${report.file} read ${count} of its lines`,
          );
        else if (seen.lines.length < count)
          add(seen.report.file, `is truncated: ${report.file} read ${count} lines, ${seen.lines.length} remain`);
        else if (seen.lines[count - 1]?.hash !== hash)
          add(seen.report.file, `line ${count} differs from the one that ${report.file} read`);
      }
  const reports = files.map(({ report }) => ({
    ...report,
    problems: [...report.problems, ...(extra.get(report.file) ?? [])],
  }));
  const gone = [...new Set(lost)];
  return gone.length === 0 ? reports : [...reports, { file: '(missing)', entries: 0, problems: gone, notes: [] }];
}
