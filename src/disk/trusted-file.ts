// Files whose content is run: only this user or root may be able to change them, or to put another one in their place.
import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, realpathSync, type Stats } from 'node:fs';
import path from 'node:path';
import { quote } from '../core/text/shell.ts';
import { stripControl } from '../core/text/text.ts';
import { isMissing, unreadable } from './bounded-file.ts';

const { O_NOFOLLOW = 0, O_NONBLOCK = 0, O_RDONLY } = constants;

/** `missing`: there is no such file. `refused`: why it is not read, and the command that would put it right. */
export type TrustedFile = { text: string } | { missing: true } | { refused: string };

/** The text of a file of at most `most` bytes that nobody else can write, in directories that nobody else can write. */
export function readTrusted(file: string, most: number): TrustedFile {
  try {
    const there = lstatSync(file);
    const wrong = wrongFile(there, file) ?? wrongPlace(path.resolve(file)) ?? wrongPlace(realpathSync(file));
    if (wrong !== undefined) return { refused: wrong };
    if (there.size > most)
      return { refused: `is longer than ${Math.round(most / 1000)} kB: check that this is the right file` };
    const handle = openSync(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    try {
      const now = fstatSync(handle);
      const changed = wrongFile(now, file);
      if (changed !== undefined) return { refused: changed };
      const buffer = Buffer.alloc(most + 1);
      let length = 0;
      while (length <= most) {
        const read = readSync(handle, buffer, length, buffer.length - length, null);
        if (read === 0) break;
        length += read;
      }
      if (length > most) return { refused: 'grows while it is read' };
      return { text: buffer.toString('utf8', 0, length) };
    } finally {
      closeSync(handle);
    }
  } catch (error) {
    return isMissing(error) ? { missing: true } : { refused: unreadable(error) };
  }
}

const shown = (name: string) => quote(stripControl(name, 300));

function wrongFile(stat: Stats, file: string): string | undefined {
  if (stat.isSymbolicLink()) return 'is a symbolic link: name the file itself';
  if (!stat.isFile()) return 'is not a plain file';
  if (!isOurs(stat)) return `belongs to another user: replace it with a file of your own`;
  if (stat.mode & 0o022) return `can be written by others: chmod go-w ${shown(file)}`;
  if (stat.nlink > 1) return 'has a second hard link: replace it with a copy';
  return undefined;
}

function wrongPlace(file: string): string | undefined {
  for (const [at, directory] of ancestorsOf(file).entries()) {
    const wrong = wrongDirectory(directory, at === 0);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

/** `direct`: the file stands in it, so not even a sticky one will do. Links are followed: what they lead to is checked too. */
function wrongDirectory(directory: string, direct: boolean): string | undefined {
  const stat = lstatSync(directory);
  const name = shown(directory);
  if (!isOurs(stat)) return `stands below ${name}, which belongs to another user: move it`;
  if (stat.isSymbolicLink()) return undefined;
  const isSticky = (stat.mode & 0o1000) !== 0;
  if ((stat.mode & 0o022) === 0 || (isSticky && !direct)) return undefined;
  return `stands below ${name}, which others can write: chmod go-w ${name}, or move it`;
}

function isOurs({ uid }: Stats): boolean {
  const me = process.getuid?.();
  return me === undefined || uid === me || uid === 0;
}

/** All directories above, the nearest first. */
function ancestorsOf(of: string): readonly string[] {
  const all: string[] = [];
  for (let at = path.dirname(of); ; at = path.dirname(at)) {
    all.push(at);
    if (at === path.dirname(at)) return all;
  }
}
