// The journal's place: made with the right permissions, refused when the world can look in.
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { clean, door } from '../../core/text/text.ts';
import type { Fault } from '../../core/world/reading.ts';

export type Place = { directory: string; group?: string };

/** Makes the directory if it is missing, and says why it cannot be used. */
export function prepare({ directory, group }: Place): Fault | undefined {
  const where = clean(directory, 300);
  const fault = (what: string, hint: string, kind: Fault['kind'] = 'forbidden'): Fault => ({ kind, where, what, hint });
  const gid = group === undefined ? undefined : groupId(group);
  if (group !== undefined && gid === undefined)
    return fault(`there is no group ${clean(group, 60)}`, 'make the group, or change journal.group', 'unconfigured');
  try {
    const made = mkdirSync(directory, { recursive: true, mode: gid === undefined ? 0o700 : 0o770 });
    if (made !== undefined && gid !== undefined) {
      chownSync(directory, -1, gid);
      chmodSync(directory, 0o2770);
    }
    const stat = statSync(directory);
    if (!stat.isDirectory()) return fault('is not a directory', 'set journal.directory to a directory', 'malformed');
    if (stat.mode & 0o007) return fault('is open to the world', `close it: chmod o-rwx ${where}`);
    const mine = process.getuid?.();
    if (mine !== undefined && stat.uid !== mine && stat.uid !== 0 && gid === undefined)
      return fault('belongs to another user', 'share it through journal.group, or choose another journal.directory');
    if (gid === undefined) {
      if (stat.mode & 0o020) return fault('can be written by a group', 'name the group: journal.group, or chmod g-w');
    } else if (stat.gid !== gid)
      return fault(`does not belong to the group ${clean(group, 60)}`, `chgrp ${clean(group, 60)} ${where}`);
    return undefined;
  } catch (error) {
    return diskFault(error, where);
  }
}

/** What an error of the file system means for the journal. */
export function diskFault(error: unknown, directory: string): Fault {
  const where = clean(directory, 300);
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const known: Record<string, [Fault['kind'], string, string]> = {
    ENOSPC: ['refused', 'the disk is full', 'make room; what was not written is kept and written then'],
    EDQUOT: ['refused', 'the disk quota is used up', 'make room; what was not written is kept and written then'],
    EFBIG: ['refused', 'the file may not grow any more', 'raise the file size limit (ulimit -f)'],
    EROFS: ['forbidden', 'the file system is read-only', 'choose another journal.directory'],
    EACCES: ['forbidden', 'permission denied', 'change its permissions, or choose another journal.directory'],
    EPERM: ['forbidden', 'not permitted', 'change its permissions, or choose another journal.directory'],
    ENOENT: ['unreachable', 'the directory is gone', 'bring it back; what was not written is kept and written then'],
    EEXIST: ['malformed', 'is not a directory', 'set journal.directory to a directory'],
    ENOTDIR: ['malformed', 'is not a directory', 'set journal.directory to a directory'],
    EIO: ['unreachable', 'the disk does not answer', 'look at the disk; choose another journal.directory'],
    ESTALE: ['unreachable', 'the network disk was lost', 'mount it again, or choose another journal.directory'],
    EMFILE: ['refused', 'too many open files', 'raise the limit (ulimit -n)'],
  };
  const [kind, what, hint] = known[code] ?? [
    'unreachable',
    door(error instanceof Error ? error.message : error, 200),
    'choose another journal.directory',
  ];
  return { kind, where, what, hint };
}

/** The number of a group, from /etc/group or whatever else knows the system's groups. */
export function groupId(name: string): number | undefined {
  if (/^\d+$/.test(name)) return Number(name);
  const find = (text: string) =>
    text
      .split('\n')
      .map((row) => row.split(':'))
      .find(([group]) => group === name)?.[2];
  const local = read(() => readFileSync('/etc/group', 'utf8'));
  const id = (local ? find(local) : undefined) ?? find(read(() => getent(name)) ?? '');
  return id === undefined ? undefined : Number(id);
}

const getent = (name: string): string =>
  execFileSync('getent', ['group', '--', name], {
    encoding: 'utf8',
    timeout: 2000,
    stdio: ['ignore', 'pipe', 'ignore'],
  });

function read(from: () => string): string | undefined {
  try {
    return from();
  } catch {
    return undefined;
  }
}
