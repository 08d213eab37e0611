// What `evidence verify` does: one pass over the archive, and the two hashes that it may be compared with.
import path from 'node:path';
import { complain, print, tell } from '../../config/output.ts';
import { type Measured, measured, type Progress } from '../../core/actions/progress.ts';
import { glyph } from '../../core/health/status.ts';
import type { ArchiveProblem, ArchiveReport } from '../../core/preserve/archive.ts';
import { problemSays } from '../../core/preserve/problems.ts';
import { formatBytes, formatCounted } from '../../core/text/format.ts';
import { stripControl } from '../../core/text/text.ts';
import { second } from '../../core/time.ts';
import { paced } from '../../data/looked-through.ts';
import { checkedArchive } from '../../data/preserve/verify-file.ts';
import { isMissing, readBounded } from '../../disk/bounded-file.ts';
import { progressTeller } from '../run/progress.ts';

const reportVersion = 1;

/** `0`: intact and complete. `1`: intact, and it lacks files. `2`: not what its manifest says. `3`: not read. */
export type ExitCode = 0 | 1 | 2 | 3;

export async function verifyEvidence(
  given: string,
  { sha256, json = false }: { sha256?: string; json?: boolean },
): Promise<ExitCode> {
  const file = path.resolve(given);
  const checked = await checkedArchive(file, { told: process.stderr.isTTY ? paced(countTeller()) : undefined });
  if (!checked.ok) {
    const { where, what, hint } = checked.fault;
    if (json) print(JSON.stringify({ version: reportVersion, file, error: what }, null, 2));
    else complain(`${where}: ${what}; ${hint}`);
    return 3;
  }
  const problems = [...checked.value.problems, ...(await otherHashes(checked.value, sha256))];
  const report = { ...checked.value, problems };
  const code = codeOf(report);
  print(json ? asJson(report, code) : asText(report));
  return code;
}

function codeOf({ problems, manifest }: ArchiveReport): ExitCode {
  if (problems.length > 0) return 2;
  return manifest?.complete ? 0 : 1;
}

/** The hash that was given, and the one beside the archive, where it is another one. */
async function otherHashes({ file, sha256 }: ArchiveReport, given: string | undefined): Promise<ArchiveProblem[]> {
  const problems: ArchiveProblem[] = [];
  if (given !== undefined && given.trim().toLowerCase() !== sha256)
    problems.push({ kind: 'other-hash', what: '--sha256' });
  const beside = `${file}.sha256`;
  try {
    const [hash = ''] = (await readBounded(beside, 4096)).toString('utf8').trim().split(/\s+/, 1);
    if (hash.toLowerCase() !== sha256) problems.push({ kind: 'other-hash', what: stripControl(beside, 300) });
  } catch (error) {
    if (!isMissing(error))
      problems.push({ kind: 'other-hash', what: `${stripControl(beside, 300)}, which cannot be read` });
  }
  return problems;
}

function asJson(report: ArchiveReport, code: ExitCode): string {
  return JSON.stringify({ version: reportVersion, ...report, intact: report.problems.length === 0, code }, null, 2);
}

function asText(report: ArchiveReport): string {
  const { file, bytes, sha256, files, contentBytes, manifest, problems } = report;
  const lines = [
    `${stripControl(file, 300)}  ${formatBytes(bytes)}`,
    `  sha256 ${sha256}`,
    ...(manifest
      ? [`  ${manifest.environment}, ${manifest.content}, begun ${manifest.begun}, ended ${manifest.ended}`]
      : []),
  ];
  const count = `${formatCounted(files, 'file')}, ${formatBytes(contentBytes)} unpacked`;
  if (problems.length > 0)
    return [
      ...lines,
      ...problems.slice(0, mostShown).map((one) => `${glyph.critical} ${problemSays(one)}`),
      ...more(problems.length),
    ].join('\n');
  const { missing = [], partial = [] } = manifest ?? {};
  return [
    ...lines,
    `${glyph.ok} ${count}: every file has the hash that the manifest says`,
    ...missing.slice(0, mostShown).map(({ name, why }) => `${glyph.warning} missing: ${name}: ${why}`),
    ...more(missing.length),
    ...partial.slice(0, mostShown).map(({ name, partial: why }) => `${glyph.warning} partial: ${name}: ${why}`),
    ...more(partial.length),
    'The hashes are those of the archive itself: compare its SHA-256 with the incident journal (incident show).',
  ].join('\n');
}

/** On a terminal: how far the reading of a large archive is, with its pace. */
function countTeller(): (progress: Progress) => void {
  const say = progressTeller();
  let counted: Measured | undefined;
  return (progress) => {
    const now = Date.now();
    counted = measured(counted, progress, now);
    const far = now - counted.from.at >= second ? say({ measured: counted }, now) : undefined;
    if (far !== undefined) tell(`  … ${far}`);
  };
}

/** Lines of one kind. */
const mostShown = 50;

const more = (count: number): readonly string[] => (count > mostShown ? [`  … ${count - mostShown} more`] : []);
