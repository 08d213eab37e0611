// Programs that leave children behind, ignore their end or write without end: nothing waits for them longer than it may.
import { afterEach, expect, test } from 'vitest';
import type { CommandCall } from '../../src/core/actions/call.ts';
import { executeCommand } from '../../src/data/tools/execute.ts';
import { outputOf } from '../../src/data/tools/preflight.ts';

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

test('a look and a command that write without end are stopped', async () => {
  const found = await look('yes', 2000);
  if (found.ok) expect(found.value.lines.length).toBeLessThanOrEqual(500);
  const done = await run('yes', 500);
  expect(done).toMatchObject({ outcome: 'unknown', says: expect.stringContaining('at its time limit') });
}, 60_000);
