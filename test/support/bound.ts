// Programs that a test starts end with its process, however that ends: a run that is killed leaves none of them behind.
import { type ChildProcess, spawn } from 'node:child_process';

/**
 * Kills a process when this one ends. A shell in its own session waits for the end of its standard input, as the drill's
 * guard does (simulator/reaper.ts). Returns what calls that off, for a process that has ended before.
 */
export function endsWithThisProcess(pid: number): () => void {
  const guard = spawn('/bin/sh', ['-c', 'read -r _; kill -KILL "$1"', 'test-guard', String(pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    cwd: '/',
  });
  guard.unref();
  return () => guard.kill('SIGKILL');
}

/** The same of a program that was just started. */
export function bound<Child extends ChildProcess>(child: Child): Child {
  if (child.pid !== undefined) child.once('exit', endsWithThisProcess(child.pid));
  return child;
}
