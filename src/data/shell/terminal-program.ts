// A program with the whole terminal: the screen has handed it over.
import { spawn } from 'node:child_process';
import { sanitize } from '../../core/text/text.ts';
import { endWithUs } from '../tools/left-behind.ts';

/** How a program ended: its exit code, the signal that killed it, or why it did not start. */
export type ProgramEnd = { code: number } | { signal: string } | { failed: string };

/**
 * Runs it to its end, in whatever way; never rejects. The signal kills it, and so does the end of this process: what reads
 * the keyboard beside the shell takes half of its keys. `env`: all that it gets. `leftover`: a directory that is removed if
 * this process is killed meanwhile.
 */
export function runInTerminal(
  [program, ...argv]: readonly [string, ...string[]],
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
  leftover = '',
): Promise<ProgramEnd> {
  if (signal.aborted) return Promise.resolve({ failed: 'the cockpit ends' });
  const child = spawn(program, argv, { env, stdio: 'inherit' });
  const stopWatch = child.pid === undefined ? undefined : endWithUs(child.pid, { leftover });
  const kill = () => child.kill('SIGKILL');
  signal.addEventListener('abort', kill, { once: true });
  return new Promise<ProgramEnd>((resolve) => {
    child.on('error', (error: NodeJS.ErrnoException) =>
      resolve({ failed: error.code === 'ENOENT' ? 'not found' : sanitize(error.message, 200) }),
    );
    child.on('exit', (code, by) => resolve(code === null ? { signal: by ?? 'SIGKILL' } : { code }));
  }).finally(() => {
    stopWatch?.();
    signal.removeEventListener('abort', kill);
  });
}

/** In words: `exit code 1`, `killed by SIGKILL`. */
export function endSays(end: ProgramEnd): string {
  if ('code' in end) return `exit code ${end.code}`;
  return 'signal' in end ? `killed by ${end.signal}` : end.failed;
}
