// Logs that come faster than anybody reads, from servers that cut and containers that crash, with lines that want to be
// more than text: every key is answered, the memory stays bounded, and what is not there is said.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PouringPod, PouringServer } from '../support/pouring.ts';
import { nowhere, TerminalUnderTest } from '../support/terminal.ts';

/** Megabytes of each thread's heap: it would end by it if anything piled up. */
const heap = 320;
/** Megabytes of the whole process: two heaps, what is on its way, and the program itself. */
const mostMemory = 900;

const directory = mkdtempSync(path.join(tmpdir(), 'bentham-pouring-'));
const [first, second] = [new PouringPod('executor-7d4f9c-first'), new PouringPod('executor-7d4f9c-other')];
const server = new PouringServer([first, second]);
let terminal: TerminalUnderTest;

beforeAll(async () => {
  await server.start();
  terminal = new TerminalUnderTest({
    args: ['--profile', 'staging'],
    cwd: directory,
    environment: {
      ...nowhere(directory),
      KUBECONFIG: server.settings().kubernetes.kubeconfig ?? '',
      NODE_OPTIONS: `--max-old-space-size=${heap}`,
    },
  });
});
afterAll(async () => {
  await terminal?.close();
  await server.end();
  rmSync(directory, { recursive: true, force: true });
});

/** Megabytes of memory that the program has now. */
function memory(): number {
  const status = readFileSync(`/proc/${terminal.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
}

/** Lets go of the filter; a key right behind `esc` would be another one. */
const cleared = () => terminal.press('esc').shows(/ [\d ,]+ lines +2 streams *$/m);

const sent = () => first.sent + second.sent;

test('keys are handled in order while lines arrive', async () => {
  await terminal.shows('1 HEALTH');
  await terminal.press('l').shows(/following +[\d ,]+ lines\/s/);
  const begun = sent();
  await terminal.press('k').shows(/paused, [\d ,]+ newer/);
  // Newer lines are below: down goes on among them, and only the end follows.
  await terminal.press('k', 'j', 'j').shows(/paused, [\d ,]+ newer/);
  await terminal.press('G').shows(/following +[\d ,]+ lines\/s/);
  // One burst, as over a slow line: each letter arrives in its place, and the filter holds.
  await terminal.type('/level=error "7 of executor"').shows('level=error "7 of executor"');
  await terminal.press('enter').shows(/ error line \d+7 of executor/);
  await terminal.hides(/ info +line/);
  await terminal.press('space').shows(/paused, [\d ,]+ newer/);
  await terminal.press('enter').shows('line of executor-7d4f9c-');
  await terminal.press('esc').shows(/paused, [\d ,]+ newer/);
  await terminal.press('W').settles();
  await terminal.press('W', 'p').shows('with previous');
  await terminal.press('p').hides('with previous');
  await terminal.press('esc').shows(/ info +line/);
  await terminal.press('g').shows(/1 of [\d ,]+ kept/);
  await terminal.press('n').settles();
  await terminal.press('G').shows(/following +[\d ,]+ lines\/s/);
  expect(sent()).toBeGreaterThan(begun);
}, 240_000);

test('after a million lines the memory is the same, and dropped lines are counted', async () => {
  const peaks: number[] = [];
  await expect
    .poll(
      () => {
        peaks.push(memory());
        return sent();
      },
      { timeout: 120_000, interval: 50 },
    )
    .toBeGreaterThan(1_000_000);
  await terminal.shows(/\d[\d ,]+ older lines dropped; the newest are kept/);
  expect(Math.max(...peaks)).toBeLessThan(mostMemory);
  expect(terminal.text).not.toContain('engine stopped');
}, 240_000);

test('hostile lines are shown as text only', async () => {
  await terminal.type('/gnp').press('enter').shows('red gnp.exe');
  expect(terminal.raw).not.toContain('\u001b]0;taken over');
  expect(terminal.raw).not.toContain('\u202e');
  expect(terminal.raw).not.toContain('999;1H');
  await cleared();
  await terminal
    .type('/"no such thing"')
    .press('enter')
    .shows(/TypeError: no such thing +\+2 lines/);
  await cleared();
  await terminal
    .type('/xxxx')
    .press('enter')
    .shows(/info +xxxxxxxxxx/);
  await cleared();
  await terminal
    .type('/broken')
    .press('enter')
    .shows(/broken \ufffd/);
  await terminal.press('esc').shows(/following +[\d ,]+ lines\/s/);
}, 240_000);

test('a restart during a cut loses and repeats no line, and its reason is shown', async () => {
  for (const pod of [first, second]) pod.stopAt(pod.next + 2000);
  await terminal.shows(/following$/m, 60_000);
  first.restart(300, '{"level":60,"msg":"out of memory: this is why"}', 20_000);
  server.tell();
  await terminal.type('/this is why').press('enter').shows('fatal out of memory: this is why', 60_000);
  await terminal.press('esc').shows(/following$/m);
  // On a busy machine nothing may come for a while: what is saved must end with the last line.
  await expect.poll(() => first.sent, { timeout: 60_000 }).toBe(20_000);
  const isPlain = (n: number) => n % 500 !== 0 && n % 100 !== 7;
  const last = isPlain(first.next - 1) ? first.next - 1 : first.next - 2;
  const arrived = new RegExp(`info +line ${last} of`);
  await terminal.type(`/"line ${last} of"`).press('enter').shows(arrived, 60_000);
  await terminal.press('esc').shows(/following$/m);
  await terminal.press('>').shows(/saved [\d ,]+ lines to/, 60_000);
  const [file = ''] = readdirSync(directory).filter((name) => name.startsWith('bentham-logs-'));
  const saved = readFileSync(path.join(directory, file), 'utf8').split('\n');
  expect(saved.filter((line) => line.includes('this is why'))).toHaveLength(1);
  expect(saved.filter((line) => line.includes('log cut'))).not.toHaveLength(0);
  const numbers = saved
    .flatMap((line) => /\binfo +line (\d+) of executor-7d4f9c-first/.exec(line)?.[1] ?? [])
    .map(Number);
  const end = first.next;
  const [begin = 0] = numbers;
  // Every fifth hundredth line is hostile, every hundredth an error, and one was the reason.
  const plain = Array.from({ length: end - begin }, (_, i) => begin + i).filter(
    (n) => isPlain(n) && n !== end - 20_001,
  );
  const there = new Set(numbers);
  expect(plain.filter((n) => !there.has(n))).toEqual([]);
  expect(numbers.length).toBe(there.size);
  expect(there.size).toBeGreaterThan(20_000);
}, 240_000);
