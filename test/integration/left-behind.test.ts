// Programs that leave children behind, ignore their end or write without end: nothing waits for them longer than it may.
// And none stays when the process that started it is killed.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, onTestFinished, test } from 'vitest';
import type { CommandCall } from '../../src/core/actions/call.ts';
import { executeCommand } from '../../src/data/tools/execute.ts';
import { outputOf } from '../../src/data/tools/preflight.ts';
import { printedBy } from '../../src/data/tools/printed.ts';

const { signal } = new AbortController();
/** Longer than any test waits: what holds on to the output ends with it. */
const forLong = 'sleep 300';
const look = (script: string, within = 60_000) => outputOf(['sh', '-c', script], { within }, signal);

let told: string[] = [];
const run = (script: string, within = 60_000) => {
  const call: CommandCall = { tool: 'command', argv: ['sh', '-c', script], within, recordsOutput: true };
  return executeCommand(call, { tell: (lines) => told.push(...lines), signal });
};

let left: number | undefined;
afterEach(() => {
  if (left !== undefined) process.kill(left);
  left = undefined;
  told = [];
});

test('a look is over when its program is, though a child keeps the output open', async () => {
  const found = await look(`${forLong} & echo $!`);
  if (!found.ok) throw new Error(found.fault.what);
  left = Number(found.value.lines[0]);
  expect(left).toBeGreaterThan(1);
  expect(found.value.code).toBe(0);
});

test('a command is done when its program is, though a child in a session of its own keeps the output open', async () => {
  const done = await run(`setsid ${forLong} & echo $!`);
  left = Number(told[0]);
  expect(done).toMatchObject({ outcome: 'done', recorded: `exit code 0; ${left}` });
});

test('a look that ignores its end is killed, and its children with it', async () => {
  const found = await look(`trap "" TERM; echo $$; ${forLong}; ${forLong}`, 500);
  expect(found).toMatchObject({ ok: false, fault: { kind: 'timeout' } });
}, 60_000);

test('a program that is late with its version is killed, and its children with it', async () => {
  const file = path.join(tmpdir(), `late-${process.pid}`);
  const late = printedBy(['sh', '-c', `${forLong} & echo $! > '${file}'; wait`], { timeout: 1000 });
  await expect(late).rejects.toThrow('timed out');
  await expect.poll(() => runs(Number(readFileSync(file, 'utf8')))).toBe(false);
  rmSync(file);
}, 60_000);

test('a look and a command that write without end are stopped', async () => {
  const found = await look('yes', 2000);
  if (found.ok) expect(found.value.lines.length).toBeLessThanOrEqual(500);
  const done = await run('yes', 500);
  expect(done).toMatchObject({ outcome: 'unknown', says: expect.stringContaining('at its time limit') });
}, 60_000);

/** Starts a program in one of the ways of `leaving.ts`, and kills who started it. */
async function killedDuring(what: string, signal: NodeJS.Signals, script: string) {
  const home = mkdtempSync(path.join(tmpdir(), 'bentham-leaving-'));
  const leaving = fileURLToPath(new URL('../support/leaving.ts', import.meta.url));
  const file = path.join(home, 'pid');
  const child = spawn(process.execPath, [leaving, what, `echo $$ > '${home}/new'; ${script}`], {
    env: { ...process.env, TMPDIR: home },
    stdio: 'ignore',
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
    rmSync(home, { recursive: true, force: true });
  });
  await expect.poll(() => existsSync(file), { timeout: 30_000 }).toBe(true);
  const pid = Number(readFileSync(file, 'utf8'));
  expect(runs(pid)).toBe(true);
  child.kill(signal);
  return { home, pid };
}

/** Whether a process is there, and not only waits to be buried. */
function runs(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

const kinds = [
  'a credential plugin',
  'a credential plugin in the terminal',
  'a program that is looked at',
  'a program that tells its version',
  'a session',
  'an editor',
  'a command at its time limit',
];
test.each(kinds.flatMap((what) => (['SIGKILL', 'SIGINT'] as const).map((signal) => [what, signal] as const)))(
  '%s ends when who started it gets %s, and takes its files with it',
  async (what, signal) => {
    const { home, pid } = await killedDuring(what, signal, `trap '' TERM; exec ${forLong}`);
    await expect.poll(() => runs(pid), { timeout: 30_000 }).toBe(false);
    await expect
      .poll(() => readdirSync(home).sort(), { timeout: 30_000 })
      .toEqual(what === 'an editor' ? ['editor', 'pid'] : ['pid']);
  },
  90_000,
);

test('a command that changes something is not cut off in the middle when who started it is killed', async () => {
  const { home } = await killedDuring('a command', 'SIGKILL', 'sleep 2; cd "$TMPDIR" && echo done > whole');
  await expect.poll(() => existsSync(path.join(home, 'whole')), { timeout: 30_000 }).toBe(true);
}, 90_000);
