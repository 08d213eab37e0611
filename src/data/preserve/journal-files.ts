// The journal's files as they are: each line is signed, and would not be if anything of it changed. What they hold was
// redacted when it was written.
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { sanitize } from '../../core/text/text.ts';
import { openPrivate, readFrom } from '../../disk/private-files.ts';
import { type Collecting, fullReason } from './collecting.ts';
import { fileNameOf } from './names.ts';

const chunk = 1024 * 1024;

/** Bytes of all of them; nothing where there is no journal. */
export async function journalBytes(directory: string): Promise<number> {
  let bytes = 0;
  for (const file of await journalFiles(directory)) {
    try {
      const { handle, stat } = await openPrivate(path.join(directory, file));
      bytes += stat.size;
      await handle.close();
    } catch {
      // The archive says why it lacks it.
    }
  }
  return bytes;
}

/** Saves each as `journal/FILE`, as far as it is written now. */
export async function saveJournal(directory: string, collecting: Collecting): Promise<void> {
  const { archive } = collecting;
  for (const file of await journalFiles(directory)) {
    const name = `journal/${fileNameOf(file)}`;
    if (archive.has(name)) continue;
    const part = await archive.part(name, { anew: true });
    try {
      const { handle, stat } = await openPrivate(path.join(directory, file));
      try {
        let partial: string | undefined;
        for (let at = 0; at < stat.size && !partial; ) {
          const bytes = await readFrom(handle, at, Math.min(chunk, stat.size - at));
          if (bytes.length === 0) break;
          if (collecting.takes(bytes.length)) await part.write(bytes, { same: 0 });
          else partial = fullReason;
          at += bytes.length;
        }
        await archive.close(part, partial);
      } finally {
        await handle.close();
      }
    } catch (error) {
      await archive.drop(part);
      if (isDisk(error)) throw error;
      archive.lacks(name, sanitize(error instanceof Error ? error.message : error, 200));
    }
  }
}

async function journalFiles(directory: string): Promise<readonly string[]> {
  const all = await readdir(directory).catch(() => []);
  return all.filter((name) => /\.(jsonl|pub)$/.test(name)).toSorted();
}

/** Of the archive's own disk: nothing more can be written. */
export function isDisk(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^(ENOSPC|EDQUOT|EIO|EROFS)$/.test(String(error.code));
}
