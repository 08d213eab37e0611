// Whole cockpits on one incident over a real Redis: control is had by one of them.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { endRedis, installed, started } from '../support/redis-server.ts';
import { nowhere, TerminalUnderTest } from '../support/terminal.ts';

const races = 4;

let home = '';
const terminals: TerminalUnderTest[] = [];

beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'bentham-room-'));
});
afterEach(async () => {
  for (const one of terminals.splice(0)) await one.close();
  await endRedis();
  rmSync(home, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
});

const journalOf = (name: string) => path.join(home, name, 'journal');

/** A person on a host of their own. */
async function cockpit(name: string, port: number): Promise<TerminalUnderTest> {
  const terminal = new TerminalUnderTest({
    args: ['join', `redis://127.0.0.1:${port}`],
    columns: 120,
    rows: 40,
    environment: {
      ...nowhere(path.join(home, name)),
      BENTHAM_JOURNAL_DIRECTORY: journalOf(name),
      BENTHAM_JOURNAL_NAME: name,
    },
  });
  terminals.push(terminal);
  return terminal;
}

/** Joins, and is admitted by Ana, who is in control. */
async function joined(name: string, ana: TerminalUnderTest, port: number): Promise<TerminalUnderTest> {
  const one = await cockpit(name, port);
  await one.shows('step 1 of');
  await one.settles();
  await press(ana, 'p');
  await ana.shows(new RegExp(`not admitted +${name}`));
  // Below it are the keys that are known.
  await press(ana, 'G');
  for (let row = 0; row < 5 && !/▌.*not admitted/.test(ana.text); row += 1) await press(ana, 'k');
  await ana.shows(new RegExp(`▌.*not admitted +${name}`));
  await press(ana, 'A');
  await ana.shows(`Compare this key with ${name}`);
  await press(ana, 'y');
  await ana.shows(new RegExp(`[^t] admitted +${name}`));
  await press(ana, 'esc');
  await one.shows('control: ana');
  return one;
}

/** In the words of the screen. */
const isInControl = (one: TerminalUnderTest) => /control: you\b/.test(one.lines[1] ?? '');

async function press(one: TerminalUnderTest, ...keys: string[]): Promise<void> {
  for (const key of keys) {
    one.press(key);
    await one.settles();
  }
}

describe.skipIf(!installed)('with redis-server', () => {
  test('of two cockpits that take control at once, again and again, one has it, and all three see the same', async () => {
    const { port, cli } = await started();
    const ana = await cockpit('ana', port);
    await ana.shows('no incident is open');
    await press(ana, 'i');
    await ana.shows('suggested SEV1');
    await ana.rests();
    await press(ana, 'enter');
    await ana.shows('y take it');
    await press(ana, 'y');
    await ana.shows('control: you');
    const others = [await joined('ben', ana, port), await joined('eve', ana, port)];
    const all = [ana, ...others];
    for (let race = 0; race < races; race += 1) {
      // Who is in control has nothing to take.
      const both = all.filter((one) => !isInControl(one));
      expect(both).toHaveLength(2);
      await Promise.all(both.map((one) => press(one, 'W')));
      for (const one of both) await one.shows('y take control');
      for (const one of both) one.press('y');
      await expect.poll(() => both.filter(isInControl).length).toBe(1);
      await expect.poll(() => all.filter(isInControl).length).toBe(1);
    }
    const fences = [...cli('--raw', 'xrange', ...streams(cli)).matchAll(/"kind":"wheel"[^}]*"fence":(\d+)/g)].map(
      ([, fence]) => fence,
    );
    expect(fences.length).toBeGreaterThanOrEqual(races);
    expect(new Set(fences).size).toBe(fences.length);
  });
});

/** The arguments of xrange for the one stream of an incident. */
function streams(cli: (...words: string[]) => string): [string, string, string] {
  const [key = ''] = cli('--raw', 'keys', '*:incident:*').split('\n');
  return [key, '-', '+'];
}

test.skipIf(installed)('skipped without redis-server: apt install redis-server', () => {});
