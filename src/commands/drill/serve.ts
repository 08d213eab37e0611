// `drill --serve`: runs the embedded Bentham until it is stopped, or until its parent process ends.

import { fstatSync } from 'node:fs';
import { type DrillOptions, startDrill } from '../../../simulator/drill.ts';
import { complain } from '../../config/output.ts';

/** Prints `export NAME='value'` lines, then `ready`; ends at a signal, or when a pipe on standard input ends. */
export async function serve(options: DrillOptions): Promise<void> {
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve());
    // A terminal stays open, and so does /dev/null; a pipe is a lifeline.
    if (isLifeline()) {
      process.stdin.on('close', resolve);
      process.stdin.on('error', () => resolve());
      process.stdin.resume();
    }
    process.stdout.on('error', () => resolve());
  });
  const drill = await Promise.race([stopped, startDrill(options)]).catch((error: unknown) => {
    complain(error instanceof Error ? error.message : String(error));
    process.exit(3);
  });
  // Stopped before it was ready: the reaper ends what has started once this process is gone.
  if (!drill) process.exit(0);
  const lines = Object.entries(drill.environment).map(
    ([name, value]) => `export ${name}='${value.replaceAll("'", `'\\''`)}'\n`,
  );
  process.stdout.write(`${lines.join('')}ready\n`);
  await stopped;
  await drill.stop();
  // An input that is still open would keep the process.
  process.stdin.destroy();
}

function isLifeline(): boolean {
  try {
    const stat = fstatSync(0);
    return stat.isFIFO() || stat.isSocket();
  } catch {
    return false;
  }
}
