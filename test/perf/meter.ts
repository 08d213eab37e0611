// Measures processes as Linux counts them. The machine is shared: CPU time says more than the clock on the wall.
import { execFile, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { formatBytes, formatCount } from '../../src/core/text/format.ts';
import { TerminalUnderTest } from '../support/terminal.ts';

export const launcher = fileURLToPath(new URL('../../bin/bentham-cockpit.cjs', import.meta.url));

/** The command as it is installed: what it sets before Node starts counts too. */
export const command = fileURLToPath(new URL('../../bin/bentham-cockpit', import.meta.url));

/** The kernel's clock ticks in a second (USER_HZ). */
const ticks = 100;

function ticksOf(pid: number | 'self', first: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[first]) + Number(fields[first + 1]);
}

/** CPU seconds (user and system) of a running process and its threads so far. */
export const cpuOf = (pid: number): number => ticksOf(pid, 11) / ticks;

/** CPU seconds of all children of this process that have ended, and of theirs. */
const cpuOfEnded = () => ticksOf('self', 13) / ticks;

const sizeOf = (pid: number, field: 'VmRSS' | 'VmHWM'): number => {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1]) * 1024;
};

/** Bytes of memory that a process has now. */
export const memoryOf = (pid: number): number => sizeOf(pid, 'VmRSS');

/** The most bytes of memory that it ever had. */
export const peakOf = (pid: number): number => sizeOf(pid, 'VmHWM');

export const median = (all: readonly number[]): number =>
  all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? Number.NaN;

export const wait = (span: number) => new Promise((resolve) => setTimeout(resolve, span));

export type Cost = {
  /** Seconds. */
  cpu: number;
  /** Seconds. */
  wall: number;
  /** Bytes, looked at every 50 ms; 0 for what was shorter. */
  peak: number;
  code: number | null;
};

/** Runs a program to its end and throws away what it prints. No other child may end meanwhile. */
export async function costOf(
  file: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Cost> {
  const [cpu, begun] = [cpuOfEnded(), performance.now()];
  const child = spawn(file, [...args], { stdio: 'ignore', env: { ...process.env, ...environment } });
  let peak = 0;
  const timer = setInterval(() => {
    try {
      peak = Math.max(peak, peakOf(child.pid ?? 0) || 0);
    } catch {
      // It has just ended.
    }
  }, 50);
  const code = await new Promise<number | null>((resolve, reject) => child.once('error', reject).once('exit', resolve));
  clearInterval(timer);
  return { cpu: cpuOfEnded() - cpu, wall: (performance.now() - begun) / 1000, peak, code };
}

/** The medians of several runs of each, taken in turns, so that a busy moment meets all of them. */
export async function inTurns(runs: number, ...all: (() => Promise<Cost>)[]): Promise<Cost[]> {
  const costs: Cost[][] = all.map(() => []);
  for (let i = 0; i < runs; i += 1) for (const [at, run] of all.entries()) costs[at]?.push(await run());
  return costs.map((each) => ({
    // A short program takes less than some ticks: the mean tells them apart, the median cannot.
    cpu: each.reduce((sum, { cpu }) => sum + cpu, 0) / each.length,
    wall: median(each.map(({ wall }) => wall)),
    peak: median(each.map(({ peak }) => peak)),
    code: each.at(-1)?.code ?? null,
  }));
}

const execute = promisify(execFile);

export const isInstalled = (program: string): Promise<boolean> =>
  execute('sh', ['-c', 'command -v "$1"', 'sh', program]).then(
    () => true,
    () => false,
  );

export const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
export const ms = (n: number) => `${n < 100 ? n.toFixed(1) : formatCount(Math.round(n))} ms`;
export const seconds = (n: number) => (n < 1 ? ms(n * 1000) : `${n.toFixed(1)} s`);
export const bytes = (n: number) => formatBytes(Math.round(n));

/** A cockpit in a terminal, complete: every source has answered. */
export async function completeCockpit(environment: Readonly<Record<string, string>>): Promise<TerminalUnderTest> {
  const terminal = new TerminalUnderTest({ program: command, environment });
  try {
    await terminal.shows('DRILL');
    await terminal.hides('no answer yet', 180_000);
    return terminal;
  } catch (error) {
    await end(terminal);
    throw error;
  }
}

export async function end(terminal: TerminalUnderTest): Promise<void> {
  terminal.signal('SIGTERM');
  await terminal.ends().catch(() => undefined);
  await terminal.close();
}

/** The share of a core that a running process takes over a while. */
export async function shareOf(pid: number, span: number): Promise<number> {
  const [before, begun] = [cpuOf(pid), performance.now()];
  await wait(span);
  return ((cpuOf(pid) - before) * 1000) / (performance.now() - begun);
}

/** The share of a core that a full-screen program takes that nobody touches; undefined where it is not installed. */
export async function idleShare(program: string, args: readonly string[], environment: Record<string, string>) {
  if (!(await isInstalled(program))) return undefined;
  const terminal = new TerminalUnderTest({ program, args, environment, columns: 120, rows: 40 });
  try {
    await wait(5000);
    return await shareOf(terminal.pid, 20_000);
  } finally {
    await end(terminal);
  }
}
