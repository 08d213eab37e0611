// Cleans up after the drill. A shell in its own session waits for the end of its standard input; then, however the drill
// ended, it stops the servers and removes the directory.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { access, constants, readdir, readFile, stat, statfs } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type Ms, minute } from './time.ts';

const prefix = 'bentham-drill-';

/**
 * `$1` is the directory, `$2` a pattern for its content; with `$3` the directory exists already. Otherwise the guard
 * creates it, so that no directory exists without a guard; its mode lets the database's user through. A server may have
 * started so shortly before the end that its process id is unknown: the guard finds PostgreSQL's processes by the directory
 * in their command lines or, below initdb and for redis-server, in their environment. A server that initdb was setting up (--boot, --single)
 * ends when its input ends: after a signal it would leave its shared memory behind. A killed server leaves it, too; its
 * file names the segment (PostgreSQL documentation, 66.1, postmaster.pid).
 */
const script = `
trap '' HUP INT TERM QUIT PIPE
if [ -z "$3" ]; then
  mkdir -m 711 "$1" 2>/dev/null || exit 1
  echo made
fi
exec >/dev/null
while read -r _; do :; done
of() {
  found=
  for file in $(grep -lsE "$1" /proc/[0-9]*/cmdline); do
    pid=\${file#/proc/}
    pid=\${pid%/cmdline}
    grep -qs -- "$2" "$file" "/proc/$pid/environ" && found="$found $pid"
  done
}
forget() {
  for file in "$1"/*/postmaster.pid; do
    mine=$(sed -n '7s/^ *[0-9]* *//p' "$file" 2>/dev/null)
    [ -n "$mine" ] && while read -r _ id _ _ _ _ attached _; do
      [ "$id" = "$mine" ] && [ "$attached" = 0 ] && ipcrm -m "$id" 2>/dev/null
    done < /proc/sysvipc/shm
  done
}
round=0
while [ $round -lt 200 ]; do
  of 'bin/initdb' "$2"
  [ -z "$found" ] || kill -KILL $found 2>/dev/null
  of '(bin/(postgres|initdb)|redis-server)' "$2"
  if [ -z "$found" ]; then
    forget "$1"
    rm -rf "$1" 2>/dev/null
    [ -e "$1" ] || exit 0
  elif [ $round -gt 80 ]; then
    kill -KILL $found 2>/dev/null
  elif [ $((round % 10)) -eq 0 ]; then
    for pid in $found; do
      grep -qsE -e '--(boot|single)' "/proc/$pid/cmdline" || kill -QUIT "$pid" 2>/dev/null
    done
  fi
  round=$((round + 1))
  sleep 0.05
done
`;

export type Guarded = {
  /** Everything the drill writes lies in it. */
  directory: string;
  /** Stops the servers, removes the directory, and resolves when both are done. */
  end(): Promise<void>;
};

const megabytes = (bytes: number) => `${Math.ceil(bytes / 1024 ** 2)} MB`;

/** Creates the drill's directory and its guard. Throws if `room` (bytes) is not available. */
export async function guardedDirectory(room = 0): Promise<Guarded> {
  const place = os.tmpdir();
  const elsewhere = 'Set another directory: TMPDIR=… bentham-cockpit drill';
  const refused = (error: NodeJS.ErrnoException): never => {
    throw new Error(`the drill cannot write to ${place} (${error.code}). ${elsewhere}`);
  };
  const { bavail, bsize } = await statfs(place).catch(refused);
  if (bavail * bsize < room)
    throw new Error(`the drill needs ${megabytes(room)}; ${place} has ${megabytes(bavail * bsize)} free. ${elsewhere}`);
  await access(place, constants.W_OK).catch(refused);
  await sweep();
  const directory = path.join(place, `${prefix}${randomBytes(6).toString('base64url')}`);
  const shell = startGuard(directory);
  if (!(await made(shell))) throw new Error(`the drill cannot write to ${place}. ${elsewhere}`);
  return { directory, end: () => ended(shell) };
}

/** `there`: another guard, which has ended, created the directory. */
function startGuard(directory: string, there = false): ChildProcess {
  const inside = `${directory.replace(/[.*[\]^$\\]/g, '\\$&')}[/]`;
  const shell = spawn('/bin/sh', ['-c', script, 'drill-guard', directory, inside, ...(there ? ['there'] : [])], {
    stdio: ['pipe', 'pipe', 'ignore'],
    detached: true,
    cwd: '/',
  });
  shell.stdin?.on('error', () => {});
  shell.stdout?.on('error', () => {});
  shell.unref();
  return shell;
}

/** Whether the guard has created its directory. */
async function made(shell: ChildProcess): Promise<boolean> {
  const said = new Promise<boolean>((resolve) => {
    shell.stdout?.once('data', () => resolve(true));
    shell.once('error', () => resolve(false));
    shell.once('exit', () => resolve(false));
  });
  const answer = await said;
  shell.stdout?.destroy();
  return answer;
}

function ended(shell: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (shell.exitCode !== null || shell.signalCode !== null) return resolve();
    shell.ref();
    shell.once('exit', () => resolve());
    shell.stdin?.end();
  });
}

/** A directory is made a moment before its guard. */
const young: Ms = minute;

/** Cleans up after drills whose guard was killed, too: directories that no guard names. Leaves those of other users. */
async function sweep(): Promise<void> {
  const names = (await readdir(os.tmpdir())).filter((name) => name.startsWith(prefix));
  if (names.length === 0) return;
  const commands = await Promise.all(
    (await readdir('/proc').catch(() => []))
      .filter((name) => /^\d+$/.test(name))
      .map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  for (const name of names) {
    const directory = path.join(os.tmpdir(), name);
    const found = await stat(directory).catch(() => undefined);
    const ours = found !== undefined && found.uid === process.getuid?.();
    if (!ours || Date.now() - found.ctimeMs < young) continue;
    if (!commands.some((command) => command.includes(directory))) startGuard(directory, true).stdin?.end();
  }
}
