// A program may leave children behind that keep its output open: whoever waits for the end of that waits for them.
import type { ChildProcess } from 'node:child_process';
import { type Ms, second } from '../../core/time.ts';

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

/** Its output ends a moment after the program does. Of a program that was killed the rest of its group is killed, too. */
export function endsWithProgram(running: Running): void {
  const { nodeChildProcess: program } = running;
  program.once('exit', (_, signal) => {
    if (signal) signalGroup(running, 'SIGKILL');
    const late = setTimeout(() => {
      program.stdout?.destroy();
      program.stderr?.destroy();
    }, lingers);
    program.once('close', () => clearTimeout(late));
  });
}
