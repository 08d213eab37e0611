// The place that settings are read in: environment, home, directory, disk.
import { closeSync, openSync, readSync, statSync } from 'node:fs';

/** The few files that settings come from. Replaced in tests. */
export type Disk = {
  /** The text; undefined when there is no such file. Throws when it cannot be read. */
  read(path: string): string | undefined;
  /** Permission bits of a plain file (`0o600`); undefined when there is none. */
  mode(path: string): number | undefined;
};

export type Environment = Readonly<Record<string, string | undefined>>;

/** Where configuration is looked for. */
export type Place = { home: string; cwd: string; disk: Disk };

export const realDisk: Disk = {
  read(path) {
    try {
      return beginning(path).toString('utf8');
    } catch (error) {
      if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
        return undefined;
      throw error;
    }
  },
  mode(path) {
    const stat = statSync(path, { throwIfNoEntry: false });
    return stat?.isFile() ? stat.mode & 0o777 : undefined;
  },
};

/** Settings are some kilobytes. A log or a device given by mistake must not hold the program up. */
const longest = 1024 * 1024;

/** The whole of a file, pipes too (`--config <(…)`). Throws EFBIG when it is longer than settings ever are. */
function beginning(path: string): Buffer {
  const file = openSync(path, 'r');
  try {
    const chunks: Buffer[] = [];
    let size = 0;
    for (;;) {
      const chunk = Buffer.alloc(64 * 1024);
      const read = readSync(file, chunk);
      if (read === 0) return Buffer.concat(chunks, size);
      size += read;
      if (size > longest) throw Object.assign(new Error('too long'), { code: 'EFBIG' });
      chunks.push(chunk.subarray(0, read));
    }
  } finally {
    closeSync(file);
  }
}

/** Why a file could not be read, in few words. */
export function unreadable(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'EACCES' || code === 'EPERM') return 'cannot be read: permission denied';
  if (code === 'EISDIR') return 'is a directory, not a file';
  if (code === 'EFBIG') return 'is longer than 1 MB: is it the right file?';
  return `cannot be read${code ? ` (${code})` : ''}`;
}

/** A path under the home directory with ~. */
export function shorten(file: string, home: string): string {
  return home !== '/' && file.startsWith(`${home}/`) ? `~${file.slice(home.length)}` : file;
}
