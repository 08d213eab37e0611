// An incident as `incident export` wrote it: its lines as they were signed, to be checked without the journal.
import * as z from 'zod';
import { type Entry, identityOf, inOrder } from '../../core/incident/event.ts';
import { formatCounted, formatInstant } from '../../core/text/format.ts';
import { stripControl } from '../../core/text/text.ts';
import type { Instant } from '../../core/time.ts';
import { readBounded, unreadable } from '../../disk/bounded-file.ts';
import type { Result } from '../source.ts';
import { type CheckedLine, checkRows, receivedProblems } from './check-lines.ts';
import { longestFile } from './line.ts';
import { safe } from './sanitize-entry.ts';
import { type SignedBy, signersOf, type Trust } from './signers.ts';
import type { KeptLine } from './verify.ts';

/** What is needed of an export; the rest is for people. */
const exportFile = z.object({
  id: z.string().max(100),
  exportedAt: z.iso.datetime(),
  entries: z.array(z.unknown()),
  lines: z.array(z.string()),
});

export type ExportReport = {
  incident: string;
  exportedAt: Instant;
  entries: number;
  signers: readonly SignedBy[];
  problems: readonly string[];
  lines: readonly CheckedLine[];
};

/** Reads and checks an export. */
export async function readExport(file: string, trust: Trust, now: Instant = Date.now()): Promise<Result<ExportReport>> {
  const where = stripControl(file, 300);
  const fault = (what: string, hint: string): Result<ExportReport> => ({
    ok: false,
    fault: { kind: 'malformed', where, what, hint },
  });
  let json: unknown;
  try {
    json = JSON.parse((await readBounded(file, longestFile)).toString('utf8'));
  } catch (error) {
    const what = error instanceof SyntaxError ? 'is not JSON, or only a part of it' : unreadable(error);
    return fault(what, 'give a file of incident export');
  }
  const read = exportFile.safeParse(json);
  if (!read.success) return fault('is not a signed export', 'make one with incident export --format json');
  const { id, exportedAt, entries, lines: rows } = read.data;
  const { lines, problems } = checkRows(rows, now);
  const others = lines
    .filter(({ entry }) => entry.incident !== id)
    .map(({ row }) => `line ${row} is of another incident`);
  const told = JSON.stringify(plain(inOrder(lines.map(({ entry }) => entry))));
  const differs = told === JSON.stringify(entries) ? [] : ['its entries are not those of its lines'];
  return {
    ok: true,
    value: {
      incident: stripControl(id, 100),
      exportedAt: Date.parse(exportedAt),
      entries: lines.length,
      signers: signersOf(lines, trust),
      problems: [...problems, ...receivedProblems(lines), ...others, ...differs],
      lines,
    },
  };
}

/** Entries as an export has them: nothing that is known only where they are read. */
export function plain(entries: readonly Entry[]): readonly object[] {
  return entries.map(({ own: _, ...entry }) => safe(entry));
}

export type Comparison = {
  /** Entries that the export has, and the journal does not have, or has differently. */
  problems: readonly string[];
  /** Entries that were added since. */
  notes: readonly string[];
};

/** What became of the entries of an export. */
export function compare(exported: ExportReport, journal: readonly KeptLine[]): Comparison {
  const here = new Map(journal.map(({ entry, hash }) => [identityOf(entry), hash]));
  const there = new Set(exported.lines.map(({ entry }) => identityOf(entry)));
  const problems = exported.lines.flatMap(({ entry, hash }) => {
    const found = here.get(identityOf(entry));
    if (found === hash) return [];
    return [`${nameOf(entry)} ${found === undefined ? 'is missing' : 'was changed'}`];
  });
  const added = journal.filter(({ entry }) => entry.incident === exported.incident && !there.has(identityOf(entry)));
  const earlier = added.filter(({ entry }) => entry.at < exported.exportedAt);
  const notes = [
    ...(added.length > 0 ? [`${formatCounted(added.length, 'entry', 'entries')} added since the export`] : []),
    ...earlier.map(({ entry }) => `${nameOf(entry)} was added since, with a time before the export`),
  ];
  return { problems, notes };
}

const nameOf = ({ id, at, writer }: Entry): string =>
  stripControl(`entry ${id} of ${formatInstant(at)} by ${writer.name}`, 200);
