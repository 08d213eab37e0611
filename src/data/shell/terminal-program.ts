// A program with the whole terminal: the screen has handed it over.
import { type ChildProcess, spawn } from 'node:child_process';
import { sanitize } from '../../core/text/text.ts';
import { childEnvironment } from '../tools/environment.ts';

/** How a program ended: its exit code, the signal that killed it, or why it did not start. */
export type ProgramEnd = { code: number } | { signal: string } | { failed: string };

/**
 * Runs it to its end, in whatever way; never rejects. The signal kills it. `env`: all that it gets. `leftover`: a directory
 * that is removed if this process is killed meanwhile.
 */
export function runInTerminal(
  [program, ...argv]: readonly [string, ...string[]],
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
  leftover = '',
): Promise<ProgramEnd> {
  if (signal.aborted) return Promise.resolve({ failed: 'the cockpit ends' });
  const child = spawn(program, argv, { env, stdio: 'inherit' });
  const watcher = child.pid === undefined ? undefined : watch(child.pid, leftover);
  const kill = () => child.kill('SIGKILL');
  signal.addEventListener('abort', kill, { once: true });
  return new Promise<ProgramEnd>((resolve) => {
    child.on('error', (error: NodeJS.ErrnoException) =>
      resolve({ failed: error.code === 'ENOENT' ? 'not found' : sanitize(error.message, 200) }),
    );
    child.on('exit', (code, by) => resolve(code === null ? { signal: by ?? 'SIGKILL' } : { code }));
  }).finally(() => {
    watcher?.kill('SIGKILL');
    signal.removeEventListener('abort', kill);
  });
}

/** Waits until its standard input ends, and with it whoever holds the other end. */
const afterwards = 'read -r _; kill "$1"; sleep 1; kill -9 "$1"; [ -z "$2" ] || rm -rf -- "$2"';

/**
 * Ends a program when this process is gone, however that ended: what reads the keyboard beside the shell takes half of its
 * keys. In a session of its own, where no key reaches it.
 */
function watch(pid: number, leftover: string): ChildProcess {
  const env = childEnvironment(process.env);
  const watcher = spawn('sh', ['-c', afterwards, 'sh', String(pid), leftover], {
    env,
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  watcher.on('error', () => {});
  watcher.stdin?.on('error', () => {});
  return watcher;
}

/** In words: `exit code 1`, `killed by SIGKILL`. */
export function endSays(end: ProgramEnd): string {
  if ('code' in end) return `exit code ${end.code}`;
  return 'signal' in end ? `killed by ${end.signal}` : end.failed;
}
