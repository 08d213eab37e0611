// Files that are one user's alone. Nothing is followed, waited for or put right: what is not as it should be is refused,
// with the command that would put it right.
import { closeSync, constants, fstatSync, lstatSync, mkdirSync, openSync, readSync, type Stats } from 'node:fs';
import { type FileHandle, lstat, open, rm } from 'node:fs/promises';
import { quote } from '../core/text/shell.ts';
import { stripControl } from '../core/text/text.ts';

/** Why a file or directory is not touched, and the command that would put it right. */
export class Distrusted extends Error {
  readonly hint: string;

  constructor(what: string, hint: string) {
    super(what);
    this.hint = hint;
  }
}

/** Writable by a group or by others. */
export const writableByOthers = 0o022;
/** Anything at all for a group or for others. */
export const openToOthers = 0o077;

export type Demand = {
  kind: 'file' | 'directory';
  /** Bits of the mode that must not be set. */
  closed: number;
  /** Names that a file may have at most. */
  names?: number;
};

const aFile: Demand = { kind: 'file', closed: writableByOthers, names: 1 };

/** The command that takes something out of the way, and keeps it. */
export function moveAway(path: string): string {
  return `move it away: mv ${quote(stripControl(path, 300))} ${quote(stripControl(`${path}.refused`, 310))}`;
}

/** What is wrong with it; `path` is for the words. */
export function distrust(stat: Stats, path: string, { kind, closed, names = 1 }: Demand): Distrusted | undefined {
  const where = quote(stripControl(path, 300));
  const me = process.getuid?.();
  if (stat.isSymbolicLink()) return new Distrusted('is a symbolic link', `remove the link: rm ${where}`);
  if (kind === 'directory' ? !stat.isDirectory() : !stat.isFile())
    return stat.isCharacterDevice() || stat.isBlockDevice()
      ? new Distrusted('is a device', `name another ${kind}`)
      : new Distrusted(`is not a ${kind}`, moveAway(path));
  if (me !== undefined && stat.uid !== me) return new Distrusted('belongs to another user', moveAway(path));
  if (stat.mode & closed & 0o007)
    return new Distrusted('is accessible to all users', `restrict it: chmod go-rwx ${where}`);
  if (stat.mode & closed & 0o020) return new Distrusted('is writable by a group', `restrict it: chmod go-rwx ${where}`);
  if (stat.mode & closed & 0o070)
    return new Distrusted('is accessible to a group', `restrict it: chmod go-rwx ${where}`);
  if (kind === 'file' && stat.nlink > names) {
    const copy = quote(stripControl(`${path}.copy`, 310));
    return new Distrusted(
      'has a second hard link',
      `replace it with a copy: cp -p ${where} ${copy} && mv ${copy} ${where}`,
    );
  }
  return undefined;
}

/** Not on every system; there they are nothing. */
const { O_NOFOLLOW = 0, O_NONBLOCK = 0, O_RDONLY, O_WRONLY, O_CREAT, O_EXCL } = constants;

/** Opens a file without following a link or waiting for a pipe, and checks it. Throws `Distrusted`. */
export async function openPrivate(
  path: string,
  flags: number = O_RDONLY,
  demand: Partial<Demand> = {},
): Promise<{ handle: FileHandle; stat: Stats }> {
  const demanded = { ...aFile, ...demand };
  // Opening a device may already do something.
  const there = await lstat(path).catch(() => undefined);
  const wrong = there && distrust(there, path, demanded);
  if (wrong) throw wrong;
  const handle = await open(path, flags | O_NOFOLLOW | O_NONBLOCK, 0o600);
  try {
    const stat = await handle.stat();
    const now = distrust(stat, path, demanded);
    if (now) throw now;
    return { handle, stat };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** The text of a file of at most `longest` bytes. */
export async function readPrivate(path: string, longest: number, demand: Partial<Demand> = {}): Promise<string> {
  const { handle, stat } = await openPrivate(path, O_RDONLY, demand);
  try {
    if (stat.size > longest) throw new Distrusted('is too large', moveAway(path));
    return (await readFrom(handle, 0, stat.size)).toString('utf8');
  } finally {
    await handle.close();
  }
}

/**
 * The same for a small file that is read again and again: blocking, it takes a twentieth of the CPU time. Undefined: it is
 * missing, longer than `longest` bytes, or not trusted.
 */
export function readSmallPrivate(path: string, longest: number): { text: string; stat: Stats } | undefined {
  try {
    const there = lstatSync(path, { throwIfNoEntry: false });
    if (!there || distrust(there, path, aFile)) return undefined;
    const file = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    try {
      const stat = fstatSync(file);
      if (distrust(stat, path, aFile) || stat.size > longest) return undefined;
      const bytes = Buffer.alloc(stat.size);
      return { text: bytes.toString('utf8', 0, readSync(file, bytes)), stat };
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
}

/** `length` bytes from `offset` on, or what is there of them. */
export async function readFrom(handle: FileHandle, offset: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await handle.read(buffer, done, length - done, offset + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return buffer.subarray(0, done);
}

/** Writes a file of this user's and flushes it to the disk. What is there under its name is removed first. */
export async function replacePrivate(path: string, text: string): Promise<void> {
  const make = () => openPrivate(path, O_WRONLY | O_CREAT | O_EXCL);
  const { handle } = await make().catch(async (error: unknown) => {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    await rm(path, { force: true });
    return make();
  });
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Brings the names in a directory to the disk: a new file's name has to reach it too. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, O_RDONLY | O_NOFOLLOW);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** What is there; undefined: nothing, or it cannot be looked at (no permission above it, a file system that is gone). */
export function lookAt(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/**
 * Makes a directory for this user alone if it is missing. Throws `Distrusted` for what is there instead; `name`: what the
 * directory is called in the words.
 */
export function privateDirectory(path: string, name?: string): void {
  const wrong = distrust(madeDirectory(path), path, { kind: 'directory', closed: openToOthers });
  if (wrong) throw name === undefined ? wrong : new Distrusted(`${name} ${wrong.message}`, wrong.hint);
}

/** What is there, made where nothing is. It mostly is there: the error of making it again would cost more than a look. */
function madeDirectory(path: string): Stats {
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there) return there;
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  return lstatSync(path);
}

/** The same, without making it; false: it is not there. */
export function isPrivateDirectory(path: string): boolean {
  const stat = lookAt(path);
  return stat !== undefined && distrust(stat, path, { kind: 'directory', closed: openToOthers }) === undefined;
}
