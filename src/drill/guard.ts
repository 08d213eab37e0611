// Nothing outlives the drill. A shell in a session of its own waits on its standard input; when that ends, however the
// drill ended, it stops the servers and removes the directory.
import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdtemp, readdir, readFile, stat, statfs } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { formatBytes } from '../core/text/format.ts';
import { type Ms, minute } from '../core/time.ts';

const prefix = 'bentham-drill-';

/**
 * `$1` is the directory, `$2` a pattern for what lies in it. A server may have been started so shortly before the end
 * that nobody knows its process id: PostgreSQL's processes are found by the directory in their command lines.
 */
const script = `
trap '' HUP INT TERM QUIT
while read -r _; do :; done
round=0
while [ $round -lt 100 ]; do
  servers=$(grep -lsE 'bin/(postgres|initdb)' /proc/[0-9]*/cmdline)
  found=
  for file in $(grep -ls -- "$2" $servers /dev/null); do
    pid=\${file#/proc/}
    found="$found \${pid%/cmdline}"
  done
  if [ -z "$found" ]; then
    rm -rf "$1" 2>/dev/null
    [ -e "$1" ] || exit 0
  elif [ $round -lt 8 ]; then
    kill -QUIT $found 2>/dev/null
  else
    kill -KILL $found 2>/dev/null
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
      `the drill takes ${formatBytes(room)}, and ${place} has ${formatBytes(bavail * bsize)} free. ${elsewhere}`,
    );
  await sweep();
  const directory = await mkdtemp(path.join(place, prefix)).catch(refused);
  const shell = startGuard(directory);
  // The database runs as another user than root and has to get through.
  await chmod(directory, 0o711);
  return { directory, end: () => ended(shell) };
}

function startGuard(directory: string): ChildProcess {
  const inside = `${directory.replace(/[.*[\]^$\\]/g, '\\$&')}[/]`;
  const shell = spawn('/bin/sh', ['-c', script, 'drill-guard', directory, inside], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    cwd: '/',
  });
  shell.stdin?.on('error', () => {});
  shell.unref();
  return shell;
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
    if (!commands.some((command) => command.includes(directory))) startGuard(directory).stdin?.end();
  }
}
