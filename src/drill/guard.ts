// Nothing outlives the drill. A shell in a session of its own waits on its standard input; when that ends, however the
// drill ended, it stops the servers and removes the directory.
import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

const prefix = 'bentham-drill-';

/** `$1` is the directory; each `*.pid` file in it holds the process id of a server in its first line. */
const script = `
trap '' HUP INT TERM QUIT
while read -r _; do :; done
pids=
for file in "$1"/*/postmaster.pid "$1"/*.pid; do
  [ -r "$file" ] && pids="$pids $(head -n 1 "$file")"
done
[ -n "$pids" ] && kill -QUIT $pids 2>/dev/null
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  [ -n "$pids" ] && kill -0 $pids 2>/dev/null || break
  sleep 0.05
done
[ -n "$pids" ] && kill -KILL $pids 2>/dev/null
rm -rf "$1"
`;

export type Guarded = {
  /** Everything the drill writes lies in it. */
  directory: string;
  /** Stops the servers, removes the directory, and resolves when both are done. */
  end(): Promise<void>;
};

/** Makes the drill's directory and its guard. */
export async function guardedDirectory(): Promise<Guarded> {
  await sweep();
  const directory = await mkdtemp(path.join(os.tmpdir(), prefix));
  // The database runs as another user than root and has to get through.
  await chmod(directory, 0o711);
  const shell = spawn('/bin/sh', ['-c', script, 'drill-guard', directory], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    cwd: '/',
  });
  shell.stdin.on('error', () => {});
  shell.unref();
  return { directory, end: () => ended(shell) };
}

function ended(shell: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (shell.exitCode !== null || shell.signalCode !== null) return resolve();
    shell.ref();
    shell.once('exit', () => resolve());
    shell.stdin?.end();
  });
}

/** Removes what a drill left whose guard was killed too: directories that no guard names. Other users' are theirs. */
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
    if (!commands.some((command) => command.includes(directory)))
      await rm(directory, { recursive: true, force: true }).catch(() => {});
  }
}
