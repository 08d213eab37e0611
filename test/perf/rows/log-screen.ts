// The log screen with as many lines as it keeps, while more come than anybody reads: its memory, and how soon a key is
// answered, beside a key in the palette before, when the cockpit has nothing to do.
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build as histogram } from 'hdr-histogram-js';
import { privateDirectory } from '../../../src/disk/private-directory.ts';
import { nowhere, TerminalUnderTest } from '../../support/terminal.ts';
import { bytes, command, end, ms, peakOf, wait } from '../meter.ts';
import type { BenchRow } from '../row.ts';

/** Issue 19. */
const memoryBudget = 250e6;
const frame = 16;
const presses = 100;

/** The row that the selection stands on: while the view is paused nothing else moves it than a key. */
function selectedRow({ emulator }: TerminalUnderTest): number {
  const { active } = emulator.buffer;
  const isMarked = (row: number) => {
    const cell = active.getLine(active.viewportY + row)?.getCell(20);
    return cell !== undefined && (cell.isInverse() !== 0 || !cell.isBgDefault());
  };
  return Array.from({ length: emulator.rows }, (_, row) => row).findIndex((row) => row > 1 && isMarked(row));
}

type Keys = { median: number; p95: number };

/** Milliseconds from each key to the frame in which the selection has moved. */
async function keyToSelection(t: TerminalUnderTest, back: string, forth: string): Promise<Keys> {
  const spans = histogram({ numberOfSignificantValueDigits: 3 });
  for (let i = 0; i < presses; i += 1) {
    await wait(60 + Math.random() * 60);
    const before = selectedRow(t);
    if (before < 0) throw new Error(`no row is selected:\n${t.text}`);
    const begun = performance.now();
    t.press(i % 2 === 0 ? forth : back);
    // Not without a pause: that would take a processor from what is measured.
    while (selectedRow(t) === before && performance.now() - begun < 2000) await wait(1);
    spans.recordValue(Math.round((performance.now() - begun) * 1000));
  }
  return { median: spans.getValueAtPercentile(50) / 1000, p95: spans.getValueAtPercentile(95) / 1000 };
}

const said = ({ median, p95 }: Keys) => `${ms(median)} median, ${ms(p95)} p95`;

export const logScreen: BenchRow = {
  name: 'log-screen',
  async measure() {
    const directory = await privateDirectory('bench');
    const file = fileURLToPath(new URL('../pouring.ts', import.meta.url));
    const server = spawn(process.execPath, [file], { stdio: ['pipe', 'pipe', 'inherit'] });
    const ended = new Promise((resolve) => server.once('exit', resolve));
    try {
      const kubeconfig = await new Promise<string>((resolve, reject) => {
        server.stdout.once('data', (data) => resolve(String(data).trim()));
        server.once('error', reject);
      });
      const t = new TerminalUnderTest({
        program: command,
        args: ['--profile', 'staging'],
        cwd: directory,
        environment: { ...nowhere(directory), KUBECONFIG: kubeconfig },
      });
      try {
        await t.shows('1 HEALTH');
        await t.press(':').shows(': █');
        const calm = await keyToSelection(t, 'up', 'down');
        await t.press('esc').shows('1 HEALTH');
        await t.press('l').shows(/older lines dropped; the newest are kept/, 180_000);
        await wait(10_000);
        await t.press('k').shows(/paused, [\d ,]+ newer/);
        t.press('k', 'k', 'k', 'k');
        await wait(1000);
        const keys = await keyToSelection(t, 'j', 'k');
        const peak = peakOf(t.pid);
        return [
          {
            figure: 'memory of the log screen at full speed',
            is: bytes(peak),
            beside: `budget ${bytes(memoryBudget)}`,
            ratio: peak / memoryBudget,
            goal: 1,
          },
          {
            figure: 'key to frame, the log screen at full speed',
            is: said(keys),
            beside: `60 frames a second: ${frame} ms`,
            ratio: keys.p95 / frame,
            goal: 1,
          },
          {
            figure: 'key to frame, the log screen at full speed and before',
            is: said(keys),
            beside: `in the palette before: ${said(calm)}`,
            ratio: keys.p95 / calm.p95,
            goal: undefined,
          },
        ];
      } finally {
        await end(t);
      }
    } finally {
      server.stdin.end();
      await ended;
      rmSync(directory, { recursive: true, force: true });
    }
  },
};
