// Embedded Benthams, started as a user would; the rows of one run share the calm one.
import { spawn } from 'node:child_process';
import { launcher } from './meter.ts';

export type Drill = { environment: Record<string, string>; stop(): Promise<void> };

export async function startDrill(...args: readonly string[]): Promise<Drill> {
  const child = spawn(process.execPath, [launcher, 'drill', 'calm', '--serve', ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const environment: Record<string, string> = {};
  let rest = '';
  await new Promise<void>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the drill ended with ${code}`)));
    child.stdout.on('data', (data) => {
      const lines = `${rest}${data}`.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const [, name, value] = /^export ([A-Z0-9_]+)='(.*)'$/.exec(line) ?? [];
        if (name && value !== undefined) environment[name] = value.replaceAll(`'\\''`, `'`);
        if (line === 'ready') resolve();
      }
    });
  });
  const stop = () =>
    new Promise<void>((resolve) => {
      child.removeAllListeners('exit');
      child.once('exit', () => resolve());
      child.stdin.end();
    });
  return { environment, stop };
}

let calm: Promise<Drill> | undefined;

/** The calm drill of this run; `stopCalmDrill` ends it. */
export function calmDrill(): Promise<Drill> {
  calm ??= startDrill();
  return calm;
}

export async function stopCalmDrill(): Promise<void> {
  const drill = await calm?.catch(() => undefined);
  await drill?.stop();
}
