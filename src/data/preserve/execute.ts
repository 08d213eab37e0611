// Carries out `preserve`: an archive is begun or continued, and has its name only when it is whole.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat } from 'node:fs/promises';
import path from 'node:path';
import type { Settings } from '../../config/settings.ts';
import type { PreserveCall } from '../../core/actions/call.ts';
import { formatBytes, formatCounted } from '../../core/text/format.ts';
import { sanitize } from '../../core/text/text.ts';
import { writeNew } from '../../disk/new-file.ts';
import { Distrusted } from '../../disk/private-files.ts';
import type { CallResult, ExecutionContext } from '../call-result.ts';
import { addManifest, collect } from './collect.ts';
import { Collecting } from './collecting.ts';
import { isDisk } from './journal-files.ts';
import { PartialArchive } from './partial-archive.ts';
import { prepareDirectory, scopeOf } from './place.ts';

/** Beside the archive, for sha256sum -c. */
const sumOf = (archive: string): string => `${archive}.sha256`;

export async function preserve(call: PreserveCall, context: ExecutionContext): Promise<CallResult> {
  const { settings, signal, tell, progress, world } = context;
  const { archive: file, mostBytes, within, aboutBytes } = call;
  if (signal.aborted) return { outcome: 'cancelled', says: 'stopped before any file was written' };
  let archive: PartialArchive | undefined;
  try {
    const wrong = prepareDirectory(path.dirname(file), settings.journal.directory);
    if (wrong) throw wrong;
    if (await lstat(file).catch(() => undefined)) return failed(`${file} already exists`, 'plan again');
    archive = await PartialArchive.open(file, begunOf(call, settings));
    let logs = '';
    const collecting = new Collecting(
      archive,
      { mostBytes, within },
      {
        stopped: signal,
        report: (bytes) =>
          progress?.(`${formatBytes(bytes)} of about ${formatBytes(Math.max(bytes, aboutBytes))}${logs}`, {
            done: bytes,
            unit: 'bytes',
          }),
      },
    );
    const counted = (done: number, of: number) => {
      logs = `, ${done} of ${formatCounted(of, 'log')}`;
    };
    const isWhole = await collect(collecting, { settings, world, counted });
    if (!isWhole) {
      const { bytes } = archive;
      await archive.end();
      return failed(`stopped; ${formatBytes(bytes)} are kept`, 'run it again to continue');
    }
    progress?.('writing the manifest, and the archive’s SHA-256');
    const { files, missing } = await addManifest(collecting, settings);
    await archive.finish();
    const sha256 = await hashOf(file);
    const sum = await writeNew(sumOf(file), `${sha256}  ${path.basename(file)}\n`);
    if ('problem' in sum) tell([`no ${path.basename(sumOf(file))}: ${sum.problem}`]);
    tell(missing.map(({ name, why }) => sanitize(`missing: ${name}: ${why}`, 300)).slice(0, 50));
    tell(
      files
        .flatMap(({ name, partial }) => (partial ? [sanitize(`partial: ${name}: ${partial}`, 300)] : []))
        .slice(0, 50),
    );
    return { outcome: 'done', says: `wrote ${file}, sha256 ${sha256}` };
  } catch (error) {
    await archive?.end().catch(() => undefined);
    if (error instanceof Distrusted) return failed(error.message, error.hint);
    const says = sanitize(error instanceof Error ? error.message : error, 300);
    const hint = isDisk(error) ? 'free space, then run it again to continue' : 'run it again to continue';
    return failed(says, hint);
  }
}

const failed = (says: string, hint: string): CallResult => ({ outcome: 'failed', says, hint });

const begunOf = ({ content, since, incident }: PreserveCall, settings: Settings) => ({
  kind: 'begun' as const,
  version: 1 as const,
  content,
  at: Date.now(),
  since,
  incident,
  scope: scopeOf(settings),
});

/** The SHA-256 of a file, read as a stream. */
export async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  return hash.digest('hex');
}
