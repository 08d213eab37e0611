// Nothing outlives the drill. A shell in a session of its own waits on its standard input; when that ends, however the
// drill ended, it stops the servers and removes the directory.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { access, constants, readdir, readFile, stat, statfs } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type Ms, minute } from './time.ts';

const prefix = 'bentham-drill-';

/**
 * `$1` is the directory, `$2` a pattern for what lies in it; with `$3` it is there already. Else the guard makes it
 * itself, so that there is none without a guard; its mode lets the database through, which is another user. A server may have been started so shortly before the end that nobody
 * knows its process id: PostgreSQL's processes are found by the directory in their command lines or, below initdb, their environment. A server that initdb
 * was setting up (--boot, --single) ends by itself when its input ends: a signal would have it leave its shared memory
 * behind. What had to be killed leaves it too; its file says which (PostgreSQL documentation, 66.1, postmaster.pid).
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
  of 'bin/(postgres|initdb)' "$2"
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

/** Makes the drill's directory and its guard. Throws, in words, where `room` (bytes) is not to be had. */
export async function guardedDirectory(room = 0): Promise<Guarded> {
  const place = os.tmpdir();
  const elsewhere = 'Name another directory: TMPDIR=… bentham-cockpit drill';
  const refused = (error: NodeJS.ErrnoException): never => {
    throw new Error(`the drill cannot write to ${place} (${error.code}). ${elsewhere}`);
  };
  const { bavail, bsize } = await statfs(place).catch(refused);
  if (bavail * bsize < room)
    throw new Error(
      `the drill takes ${megabytes(room)}, and ${place} has ${megabytes(bavail * bsize)} free. ${elsewhere}`,
    );
  await access(place, constants.W_OK).catch(refused);
  await sweep();
  const directory = path.join(place, `${prefix}${randomBytes(6).toString('base64url')}`);
  const shell = startGuard(directory);
  if (!(await made(shell))) throw new Error(`the drill cannot write to ${place}. ${elsewhere}`);
  return { directory, end: () => ended(shell) };
}

/** `there`: the directory was made by another guard, which is gone. */
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

/** Whether the guard has made its directory. */
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

/** Ends what a drill left whose guard was killed too: directories that no guard names. Other users' are theirs. */
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
