// Whatever part of a drill is killed without a chance to clean up, nothing of it runs on, and nothing of it stays on
// the disk. (`drill --serve` alone: drill.test.ts.)
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { launcher, remains } from '../support/drill.ts';
import { alive, childrenOf, TerminalUnderTest } from '../support/terminal.ts';

let temporary = '';
let terminal: TerminalUnderTest;
/** Every process of the drill, from the launcher down. */
let family: readonly number[] = [];

beforeEach(() => {
  temporary = mkdtempSync(path.join(tmpdir(), 'bentham-killed-'));
  chmodSync(temporary, 0o777);
});
afterEach(async () => {
  await terminal.close();
  for (const pid of family.filter(alive)) process.kill(pid, 'SIGKILL');
  rmSync(temporary, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
});

const descendants = (pid: number): number[] => [pid, ...childrenOf(pid).flatMap(descendants)];

/** Below a shell that goes on, so that it is not the terminal's end that ends the others. */
async function practise(node = process.execPath): Promise<void> {
  terminal = new TerminalUnderTest({
    program: 'bash',
    args: ['--norc', '--noprofile', '-c', `'${node}' '${launcher}' drill; echo over; read -r`],
    environment: { HOME: temporary, TMPDIR: temporary },
    columns: 120,
    rows: 40,
  });
  await terminal.shows(/✓ primary/, 60_000);
  family = descendants(childrenOf(terminal.pid)[0] ?? 0);
  expect(family.length).toBeGreaterThan(3);
  expect(remains(temporary)).not.toEqual([]);
}

async function expectNothingLeft(): Promise<void> {
  await expect.poll(() => family.filter(alive), { timeout: 30_000 }).toEqual([]);
  await expect.poll(() => remains(temporary), { timeout: 30_000 }).toEqual([]);
  const kept = readdirSync(temporary).filter((name) => name !== 'node-compile-cache' && !name.startsWith('.'));
  expect(kept).toEqual([]);
}

const kill = (pid = 0) => process.kill(pid, 'SIGKILL');

test('the cockpit of a drill', async () => {
  await practise();
  kill(family[0]);
  await terminal.shows(/^over$/m);
  await expectNothingLeft();
});

const systemNode = ['/usr/bin/node', '/usr/local/bin/node'].find(existsSync);

test.runIf(systemNode)('the launcher, which is a separate process below an old Node', async () => {
  await practise(systemNode);
  kill(family[0]);
  await expectNothingLeft();
  // What it had started was not killed, and so has given the terminal back.
  await expect.poll(() => terminal.fullScreen).toBe(false);
});

test('the embedded Bentham: the cockpit names what failed, and ends with its terminal', async () => {
  await practise();
  const [cockpit = 0] = family;
  const serving = childrenOf(cockpit);
  expect(serving).toHaveLength(1);
  kill(serving[0]);
  await terminal.press('R').shows(/● (gateway|primary|redis|cluster) +connection refused/);
  expect(alive(cockpit)).toBe(true);
  terminal.hangUp();
  await expectNothingLeft();
});
