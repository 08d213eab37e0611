// The place that settings are read in: environment, home, directory, disk.
import { statSync } from 'node:fs';
import { isMissing, readBoundedSync } from '../disk/bounded-file.ts';

/** Settings are some kilobytes: a log or a device given by mistake must not hold the program up. */
const longest = 1024 * 1024;

/** The few files that settings come from. Replaced in tests. */
export type Disk = {
  /** The text; undefined when there is no such file. Throws when it cannot be read. */
  read(path: string): string | undefined;
  /** Permission bits of a plain file (`0o600`); undefined when there is none. */
  mode(path: string): number | undefined;
};

export type Environment = Readonly<Record<string, string | undefined>>;

/** Where configuration is read from. */
export type Place = { home: string; cwd: string; disk: Disk };

export const realDisk: Disk = {
  read(path) {
    try {
      return readBoundedSync(path, longest).toString('utf8');
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  },
  mode(path) {
    const stat = statSync(path, { throwIfNoEntry: false });
    return stat?.isFile() ? stat.mode & 0o777 : undefined;
  },
};

/** A path under the home directory with ~. */
export function shorten(file: string, home: string): string {
  return home !== '/' && file.startsWith(`${home}/`) ? `~${file.slice(home.length)}` : file;
}
