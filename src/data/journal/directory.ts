// The journal's directory: private to one user, and refused if others can read or reach it.
import { lstatSync, mkdirSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { JournalTrouble } from '../../core/incident/context.ts';
import { quote } from '../../core/text/shell.ts';
import { sanitize, stripControl } from '../../core/text/text.ts';
import type { Fault } from '../../core/world/reading.ts';
import { Distrusted, distrust, lookAt, openToOthers } from '../../disk/private-files.ts';

export type Place = {
  directory: string;
  /** Configured once for a shared journal; refused. */
  group?: string;
};

/** Makes the directory if it is missing, and says why it cannot be used. */
export function prepare(place: Place): JournalTrouble | undefined {
  try {
    const directory = resolve(place.directory);
    if (place.group === undefined && lstatSync(directory, { throwIfNoEntry: false }) === undefined)
      mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch (error) {
    return diskFault(error, place.directory);
  }
  return inspect(place);
}

/**
 * Why the directory cannot be used; nothing is made or changed. `closed`: the bits of its mode that must not be set, for
 * those who only read.
 */
export function inspect({ directory: given, group }: Place, closed = openToOthers): JournalTrouble | undefined {
  const directory = resolve(given);
  const where = stripControl(directory, 300);
  const refused = ({ message, hint }: Distrusted): JournalTrouble => ({
    kind: 'forbidden',
    where,
    what: message,
    hint,
    distrusted: true,
  });
  if (group !== undefined)
    return refused(
      new Distrusted(
        `a group journal (${stripControl(group, 60)}) is not supported`,
        'remove journal.group, and set journal.directory to a directory of your own; others share an incident by incident.relay',
      ),
    );
  try {
    const stat = lstatSync(directory);
    if (stat.isSymbolicLink())
      return refused(new Distrusted('is a symbolic link', 'set journal.directory to the directory itself'));
    if (stat.isDirectory() && stat.uid !== (process.getuid?.() ?? stat.uid))
      return refused(new Distrusted('belongs to another user', 'set journal.directory to a directory of your own'));
    const wrong = distrust(stat, directory, { kind: 'directory', closed }) ?? exposedAbove(directory);
    // A directory of the system: root could do what the hint says, and harm everybody.
    if (wrong && dirname(directory) === dirname(dirname(directory)))
      return refused(new Distrusted(wrong.message, 'set journal.directory to a directory of your own'));
    return wrong && refused(wrong);
  } catch (error) {
    return diskFault(error, directory);
  }
}

/**
 * Who can write the directory above can put another one in the place of this one; who owns a link above can point it
 * elsewhere. What is put there by way of directories farther above belongs to another user, and is refused for that.
 */
function exposedAbove(directory: string): Distrusted | undefined {
  const me = process.getuid?.();
  if (me === undefined) return undefined;
  // In a user namespace the system's own files belong to the owner of the root directory.
  const trusted = new Set([me, 0, statSync('/').uid]);
  const foreign = (at: string) =>
    new Distrusted(`its parent ${at} belongs to another user`, 'set journal.directory to a directory of your own');
  for (let at = dirname(directory); at !== dirname(at); at = dirname(at)) {
    const stat = lstatSync(at);
    if (stat.isSymbolicLink() && !trusted.has(stat.uid)) return foreign(stripControl(at, 300));
  }
  const parent = realpathSync.native(dirname(directory));
  const { uid, mode } = lstatSync(parent);
  const where = stripControl(parent, 300);
  if (!trusted.has(uid)) return foreign(where);
  // The sticky bit: no user can replace the files of another.
  if (mode & 0o1000) return undefined;
  // A group of one's own choice on one's own directory is one's own affair.
  const writes = mode & 0o002 ? 'everybody' : mode & 0o020 && uid !== me ? 'a group' : undefined;
  if (!writes) return undefined;
  const closes = `chmod ${mode & 0o002 ? 'o-w' : 'g-w'} ${quote(where)}, or set journal.directory to another place`;
  return new Distrusted(`its parent ${where} is writable by ${writes}`, closes);
}

/** What lies beside the journal's files and is refused: locks, presence, kept rows, keys. Each with its command. */
export function refusedBeside({ directory }: Place): readonly { what: string; hint: string }[] {
  return ['locks', 'here', 'kept', 'keys', 'received'].flatMap((name) => {
    const path = join(resolve(directory), name);
    const stat = lookAt(path);
    const wrong = stat && distrust(stat, path, { kind: 'directory', closed: openToOthers });
    return wrong ? [{ what: `${name} ${wrong.message}`, hint: wrong.hint }] : [];
  });
}

/** The code of an error of the system; '' for any other. */
export const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '');

/** What an error of the file system means for the journal. */
export function diskFault(error: unknown, directory: string): JournalTrouble {
  const where = stripControl(directory, 300);
  if (error instanceof Distrusted)
    return { kind: 'forbidden', where, what: error.message, hint: error.hint, distrusted: true };
  const known: Record<string, [Fault['kind'], string, string]> = {
    ENOSPC: ['refused', 'the disk is full', 'free disk space; unwritten entries are kept in memory and written then'],
    EDQUOT: [
      'refused',
      'the disk quota is used up',
      'free disk space; unwritten entries are kept in memory and written then',
    ],
    EFBIG: ['refused', 'file size limit reached', 'raise the file size limit (ulimit -f)'],
    EROFS: ['forbidden', 'the file system is read-only', 'choose another journal.directory'],
    EACCES: ['forbidden', 'permission denied', 'change its permissions, or choose another journal.directory'],
    EPERM: ['forbidden', 'not permitted', 'change its permissions, or choose another journal.directory'],
    ENOENT: [
      'unreachable',
      'the directory no longer exists',
      'restore it; unwritten entries are kept in memory and written then',
    ],
    EEXIST: ['malformed', 'is not a directory', 'set journal.directory to a directory'],
    ENOTDIR: ['malformed', 'is not a directory', 'set journal.directory to a directory'],
    ELOOP: ['forbidden', 'is a symbolic link', 'remove the link, or choose another journal.directory'],
    EIO: ['unreachable', 'disk I/O error', 'check the disk, or choose another journal.directory'],
    ESTALE: ['unreachable', 'the network file system is gone', 'remount it, or choose another journal.directory'],
    EMFILE: ['refused', 'too many open files', 'raise the limit (ulimit -n)'],
  };
  const [kind, what, hint] = known[codeOf(error)] ?? [
    'unreachable',
    sanitize(error instanceof Error ? error.message : error, 200),
    'choose another journal.directory',
  ];
  return { kind, where, what, hint };
}

/** The fault of writing where one only observes. */
export function onlyObserves({ directory }: Place): JournalTrouble {
  const where = stripControl(directory, 300);
  return { kind: 'forbidden', where, what: 'this cockpit only observes', hint: 'start it without --observe' };
}
