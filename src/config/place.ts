// The place that settings are read in: environment, home, directory, disk.
import { readFileSync, statSync } from 'node:fs';

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
      return readFileSync(path, 'utf8');
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

/** Why a file could not be read, in few words. */
export function unreadable(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'EACCES' || code === 'EPERM') return 'cannot be read: permission denied';
  if (code === 'EISDIR') return 'is a directory, not a file';
  return `cannot be read${code ? ` (${code})` : ''}`;
}

/** A path under the home directory with ~. */
export function shorten(file: string, home: string): string {
  return home !== '/' && file.startsWith(`${home}/`) ? `~${file.slice(home.length)}` : file;
}
