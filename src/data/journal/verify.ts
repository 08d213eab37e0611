// Whether the journal is as it was written: what can be known of each file, and what cannot.
import { lstatSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ReadonlyList } from '../../core/growing.ts';
import type { Entry } from '../../core/incident/event.ts';
import { stripControl } from '../../core/text/text.ts';
import type { Instant } from '../../core/time.ts';
import { isPrivateDirectory, readPrivate, writableByOthers } from '../../disk/private-files.ts';
import type { Result } from '../source.ts';
import { type CheckedLine, chainProblems, checkRows, receivedProblems } from './check-lines.ts';
import { codeOf, diskFault, inspect } from './directory.ts';
import { KeyFiles } from './key-files.ts';
import { forgedIn, type Line, longestFile } from './line.ts';
import { receivedFolder } from './received.ts';
import { safeEntry } from './sanitize-entry.ts';
import { type SignedBy, signersOf, trustOf } from './signers.ts';

export type FileReport = {
  file: string;
  session?: string;
  entries: number;
  /** Who wrote its entries, and how they are signed. */
  signers: readonly SignedBy[];
  /** Changed, missing or truncated entries. */
  problems: readonly string[];
  /** What is so, and is no proof of anything: a torn last line, a missing end. */
  notes: readonly string[];
};

/** A line as it stands on the disk. */
export type KeptLine = { text: string; hash: string; entry: Entry };

export type JournalReport = {
  directory: string;
  files: readonly FileReport[];
  /** In order, of every file, what could be read and is authentic or not signed. */
  entries: ReadonlyList<Entry>;
  /** The lines of these entries. */
  lines: readonly KeptLine[];
};

/** What no check of these files can tell. */
export const cannotKnow: readonly string[] = [
  'Who has a key can sign a whole file again; compare with an earlier export: --against.',
  'Missing entries at the end of a file are not detected if no other file mentions them.',
  'A removed file is not detected if no other file mentions it.',
  'A key names a person as that person did; compare its characters by phone or in person.',
  'Times come from the clock of each host.',
];

/**
 * How signatures are checked. `each`: every one, so that one that was changed is named. `chains`: the last of each row of
 * linked lines, which covers those before it: enough to know what counts, and much faster.
 */
export type Signatures = 'each' | 'chains';

type Read = { report: FileReport; lines: readonly CheckedLine[] };

/** Reads and checks every file of a journal's directory. */
export async function verifyJournal(
  directory: string,
  now: Instant = Date.now(),
  signatures: Signatures = 'each',
): Promise<Result<JournalReport>> {
  let names: string[];
  try {
    lstatSync(directory);
    // A copy may be open to be read; what others can write says nothing.
    const fault = inspect({ directory }, writableByOthers);
    if (fault) return { ok: false, fault };
    names = await filesOf(directory);
  } catch (error) {
    const fault = diskFault(error, directory);
    if (codeOf(error) !== 'ENOENT') return { ok: false, fault };
    const hint = 'check --profile and journal.directory';
    return { ok: false, fault: { ...fault, kind: 'unconfigured', what: 'no journal yet', hint } };
  }
  const keys = new KeyFiles(directory);
  await keys.read();
  const files: Read[] = [];
  for (const name of names) files.push(await readJournalFile(directory, name, now, signatures));
  const lines = files.flatMap((file) =>
    file.lines
      .filter(({ counts }) => counts)
      .map(({ text, hash, entry }): KeptLine => ({ text, hash, entry: keys.marked(safeEntry(entry)) })),
  );
  const entries = lines.map(({ entry }) => entry);
  const trust = trustOf(entries);
  const signed = witnessed(files).map(
    (report, index): FileReport => ({
      ...report,
      signers: signersOf(files[index]?.lines ?? [], trust),
    }),
  );
  return { ok: true, value: { directory: stripControl(directory, 300), files: signed, entries, lines } };
}

async function filesOf(directory: string): Promise<string[]> {
  const received = join(directory, receivedFolder);
  const others = isPrivateDirectory(received) ? await readdir(received) : [];
  const all = [...(await readdir(directory)), ...others.map((name) => join(receivedFolder, name))];
  return all.filter((name) => name.endsWith('.jsonl')).sort();
}

async function readJournalFile(directory: string, name: string, now: Instant, signatures: Signatures): Promise<Read> {
  const path = join(directory, name);
  const file = stripControl(name, 120);
  let text: string;
  try {
    text = await readPrivate(path, longestFile);
  } catch (error) {
    const { what, hint, distrusted } = diskFault(error, path);
    const problem = `cannot be read: ${what}${distrusted ? `; ${hint}` : ''}`;
    return { report: { file, entries: 0, signers: [], problems: [problem], notes: [] }, lines: [] };
  }
  const rows = text.split('\n');
  const tail = rows.pop() ?? '';
  const isReceived = name.startsWith(receivedFolder);
  const forged = signatures === 'each' ? undefined : (lines: readonly Line[]) => forgedIn(lines, isReceived);
  const { lines, problems } = checkRows(rows, now, forged);
  const notes: string[] = [];
  if (tail !== '')
    notes.push(`the last line is incomplete (${tail.length} characters): the writer stopped while writing`);
  const last = lines.at(-1);
  if (!last) notes.push('has no entries');
  else if (!isReceived && (last.entry.event.kind !== 'journal' || last.entry.event.what !== 'closed'))
    notes.push('has no closing line: still running, killed, or truncated');
  const session = isReceived ? undefined : lines[0]?.entry.writer.session;
  const linked = isReceived ? receivedProblems(lines) : chainProblems(lines);
  const report: FileReport = {
    file,
    session: session || undefined,
    entries: lines.length,
    signers: [],
    problems: [...problems, ...linked],
    notes,
  };
  return { report, lines };
}

/** Adds what other files saw of each: lines that were there, and are not any more. */
function witnessed(files: readonly Read[]): readonly FileReport[] {
  const bySession = new Map(files.flatMap((one) => (one.report.session ? [[one.report.session, one] as const] : [])));
  const extra = new Map<string, Set<string>>();
  const add = (file: string, problem: string) => extra.set(file, (extra.get(file) ?? new Set()).add(problem));
  const lost: string[] = [];
  // What others received does not show how long their files are here.
  for (const { report, lines } of files.filter((one) => one.report.session !== undefined))
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
  if (gone.length === 0) return reports;
  return [...reports, { file: '(missing)', entries: 0, signers: [], problems: gone, notes: [] }];
}
