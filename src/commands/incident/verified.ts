// What `incident verify` prints: who signed what, and what is wrong.
import { glyph, type HealthStatus } from '../../core/health/status.ts';
import { fingerprint } from '../../core/incident/event.ts';
import { formatCounted, formatInstant } from '../../core/text/format.ts';
import { type Comparison, compare, type ExportReport, readExport } from '../../data/journal/exported.ts';
import { type SignedBy, type Signing, trustOf } from '../../data/journal/signers.ts';
import { cannotKnow, type JournalReport } from '../../data/journal/verify.ts';
import { type Printed, problemsOf, recordVersion } from './printed.ts';

/** Checks the journal, and compares it with an export where one is named. */
export async function verified(report: JournalReport, json: boolean, against?: string): Promise<Printed> {
  let comparison: Comparison | undefined;
  if (against !== undefined) {
    const exported = await readExport(against, trustOf(report.entries));
    if (!exported.ok) return faulty(exported.fault);
    const { problems, notes } = compare(exported.value, report.lines);
    // A changed export proves nothing against the journal.
    comparison = {
      problems: [...exported.value.problems.map((problem) => `the export: ${problem}`), ...problems],
      notes,
    };
  }
  const problems = [...problemsOf(report), ...(comparison?.problems ?? [])];
  const code = problems.length > 0 ? 1 : 0;
  const { directory, files, entries } = report;
  if (json) return asJson({ directory, files, entries: entries.length, against: comparison, cannotKnow }, code);
  const lines = files.flatMap((f) =>
    fileLines({ ...f, heading: `${f.file}  ${formatCounted(f.entries, 'entry', 'entries')}` }),
  );
  if (comparison) lines.push(...fileLines({ ...comparison, signers: [], heading: `compared with ${against ?? ''}` }));
  const where = `${formatCounted(entries.length, 'entry', 'entries')} in ${formatCounted(files.length, 'file')}`;
  return { text: [...lines, sum(problems.length, where), '', ...limits].join('\n'), code };
}

/** Checks an export without its journal. Keys that the journal of this account knows are named. */
export async function verifiedExport(file: string, journal: JournalReport, json: boolean): Promise<Printed> {
  const outcome = await readExport(file, trustOf(journal.entries));
  if (!outcome.ok) return faulty(outcome.fault);
  const { lines: _, ...report }: ExportReport = outcome.value;
  const code = report.problems.length > 0 ? 1 : 0;
  if (json) return asJson({ ...report, exportedAt: new Date(report.exportedAt).toISOString(), cannotKnow }, code);
  const count = formatCounted(report.entries, 'entry', 'entries');
  const heading = `incident ${report.incident}, exported ${formatInstant(report.exportedAt)}  ${count}`;
  const lines = fileLines({ ...report, notes: [], heading });
  return { text: [...lines, sum(report.problems.length, count), '', ...limits].join('\n'), code };
}

const limits = ['Limits of this check:', ...cannotKnow.map((text) => `  ${text}`)];

const faulty = ({ where, what, hint }: { where: string; what: string; hint: string }): Printed => ({
  text: `${where}: ${what}; ${hint}`,
  code: 2,
});

const asJson = (body: object, code: Printed['code']): Printed => ({
  text: JSON.stringify({ version: recordVersion, ...body }, null, 2),
  data: true,
  code,
});

const sum = (problems: number, where: string): string =>
  problems === 0
    ? `${glyph.ok} ${where}: no changed or missing entries found`
    : `${glyph.critical} ${formatCounted(problems, 'problem')}`;

type Checked = { heading: string; signers: readonly SignedBy[]; problems: readonly string[]; notes: readonly string[] };

function fileLines({ heading, signers, problems, notes }: Checked): string[] {
  return [
    `${problems.length > 0 ? glyph.critical : glyph.ok} ${heading}`,
    ...signers.map((one) => `    ${glyph[verdictOf[one.signing]]} ${signerText(one)}`),
    ...problems.map((problem) => `    ${glyph.critical} ${problem}`),
    ...notes.map((note) => `    ${glyph.unknown} ${note}`),
  ];
}

const verdictOf: Readonly<Record<Signing, HealthStatus>> = {
  own: 'ok',
  known: 'ok',
  new: 'unknown',
  none: 'unknown',
  wrong: 'critical',
};

const standing: Readonly<Record<Exclude<Signing, 'none'>, string>> = {
  own: 'your key',
  known: 'known key',
  new: 'new key',
  wrong: 'wrong signature, claims key',
};

function signerText({ signing, key = '', person, user, host, lines }: SignedBy): string {
  const who = `${person} (${user}@${host})`;
  if (signing === 'none') return `${who}  not signed: ${linesText(lines)}`;
  return `${who}  ${standing[signing]} ${fingerprint(key)}: ${linesText(lines)}`;
}

/** `line 3`, `lines 1-12, 14`. */
function linesText(numbers: readonly number[]): string {
  const rows: [number, number][] = [];
  for (const number of numbers) {
    const last = rows.at(-1);
    if (last && number === last[1] + 1) last[1] = number;
    else rows.push([number, number]);
  }
  const shown = rows.slice(0, 10).map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`));
  const more = rows.length > shown.length ? [`and ${rows.length - shown.length} more`] : [];
  return `${numbers.length === 1 ? 'line' : 'lines'} ${[...shown, ...more].join(', ')}`;
}
