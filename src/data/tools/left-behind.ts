// What programs leave behind: children that keep the output open, for whose end nobody should wait; and themselves, where
// this process is killed.
import { type ChildProcess, spawn } from 'node:child_process';
import { Socket } from 'node:net';
import { type Ms, second } from '../../core/time.ts';
import { childEnvironment } from './environment.ts';

/** For what the program wrote last. */
const lingers: Ms = second;

type Running = { pid?: number | undefined; nodeChildProcess: ChildProcess };

/** Signals the whole process group of a program that leads one. */
export function signalGroup({ pid }: Pick<Running, 'pid'>, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal);
  } catch {
    // It has ended already.
  }
}

/**
 * `$1` is a process, or a group below zero, `$2` the seconds that it has, `$3` a directory. Standard input ends with whoever
 * holds the other end, however that ends.
 */
const afterwards = `
read -r _
left=$2
while [ "$left" -gt 0 ] && kill -0 "$1" 2>/dev/null; do
  sleep 1
  left=$((left - 1))
done
kill -TERM "$1" 2>/dev/null && sleep 1 && kill -9 "$1" 2>/dev/null
[ -z "$3" ] || rm -rf -- "$3"
`;

type Guarding = {
  /** For how long it may go on without us. */
  grace?: Ms | undefined;
  /** A directory that goes with it. */
  leftover?: string | undefined;
};

/**
 * Ends a process, or a group (below zero), when this process is gone, also after SIGKILL: a shell in a session of its own
 * waits for that. The function that it gives ends the watch.
 */
export function endWithUs(target: number, { grace = 0, leftover = '' }: Guarding = {}): () => void {
  const args = ['-c', afterwards, 'sh', String(target), String(Math.ceil(grace / second)), leftover];
  const guard = spawn('sh', args, {
    env: childEnvironment(process.env),
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  guard.on('error', () => {});
  guard.stdin?.on('error', () => {});
  guard.unref();
  if (guard.stdin instanceof Socket) guard.stdin.unref();
  return () => guard.kill('SIGKILL');
}

/**
 * Its output ends a moment after the program does. Of a program that was killed the rest of its group is killed, too; so is
 * the group once this process is gone, after the time that `grace` gives it.
 */
export function endsWithProgram(running: Running, grace?: Ms): void {
  const { nodeChildProcess: program, pid } = running;
  const stopWatch = pid === undefined ? undefined : endWithUs(-pid, { grace });
  program.once('exit', (_, signal) => {
    stopWatch?.();
    if (signal) signalGroup(running, 'SIGKILL');
    const late = setTimeout(() => {
      program.stdout?.destroy();
      program.stderr?.destroy();
    }, lingers);
    program.once('close', () => clearTimeout(late));
  });
}
