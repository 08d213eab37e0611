// A long incident: what it takes to print, to open, for a key on its timeline, and for a note.
import { rmSync } from 'node:fs';
import path from 'node:path';
import { formatCount } from '../../../src/core/text/format.ts';
import { privateDirectory } from '../../../src/disk/private-directory.ts';
import { nowhere, TerminalUnderTest } from '../../support/terminal.ts';
import { writeLongIncident } from '../long-incident.ts';
import { bytes, command, costOf, cpuOf, end, launcher, ms, peakOf, seconds, shareOf, wait } from '../meter.ts';
import type { BenchRow, Measure } from '../row.ts';

/** What an incident of 10,000 entries may take (issue 19). */
const budget = { show: 2, memory: 200e6, key: 0.01, note: 0.02 };
const sizes = [100, 10_000, 100_000] as const;
/** The one that the budgets are for. */
const long = 10_000;
const [presses, notes] = [40, 10];

/**
 * CPU seconds of the cockpit for each of some inputs, beyond what it takes while nobody touches it. Undefined: it had not
 * come to rest before.
 */
async function cpuEach(
  pid: number,
  idle: number,
  times: number,
  input: (turn: number) => Promise<unknown>,
): Promise<number | undefined> {
  const [before, begun] = [cpuOf(pid), performance.now()];
  for (let turn = 0; turn < times; turn += 1) await input(turn);
  const took = (performance.now() - begun) / 1000;
  const each = (cpuOf(pid) - before - idle * took) / times;
  return each > 0 ? each : undefined;
}

async function measure(entries: number): Promise<readonly Measure[]> {
  const home = await privateDirectory('bench');
  try {
    const directory = path.join(home, 'journal');
    await writeLongIncident(directory, entries);
    // With a name, the first note is not held back by the question who writes it.
    const environment = { ...nowhere(home), BENTHAM_JOURNAL_DIRECTORY: directory, BENTHAM_PERSON: 'ana' };
    const show = await costOf(process.execPath, [launcher, 'incident', 'show'], environment);
    if (show.code !== 0) throw new Error(`incident show ended with ${show.code}`);
    const size = `${formatCount(entries)} entries`;
    const of = (figure: string, is: string, ratio: number | undefined, against: string): Measure => ({
      figure: `${figure}, an incident of ${size}`,
      is,
      beside: `budget ${against}`,
      ratio,
      goal: entries === long ? 1 : undefined,
    });
    const input = (figure: string, each: number | undefined, most: number) =>
      each === undefined
        ? of(figure, 'not measured: busy before', undefined, ms(most * 1000))
        : of(figure, ms(each * 1000), each / most, ms(most * 1000));
    const cockpit = new TerminalUnderTest({ program: command, environment, columns: 120, rows: 40 });
    try {
      await cockpit.shows('API errors', 120_000);
      await wait(3000);
      cockpit.press('i');
      await wait(1000);
      cockpit.press('t');
      await cockpit.shows('TIMELINE  ');
      await wait(2000);
      const idle = await shareOf(cockpit.pid, 10_000);
      const key = await cpuEach(cockpit.pid, idle, presses, async (turn) => {
        cockpit.press(turn % 10 < 5 ? 'j' : 'k');
        await wait(80);
      });
      const note = await cpuEach(cockpit.pid, idle, notes, async (turn) => {
        cockpit.press('n');
        await wait(400);
        cockpit.press(`a note ${turn}`);
        await wait(400);
        cockpit.press('enter');
        await cockpit.shows(`a note ${turn}`);
        await wait(700);
      });
      const peak = peakOf(cockpit.pid);
      return [
        of('CPU of incident show', seconds(show.cpu), show.cpu / budget.show, seconds(budget.show)),
        of('memory of a cockpit', bytes(peak), peak / budget.memory, bytes(budget.memory)),
        input('CPU of a key on the timeline', key, budget.key),
        input('CPU of a note, its form and its typing', note, budget.note),
      ];
    } finally {
      await end(cockpit);
    }
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

export const incident: BenchRow = {
  name: 'incident',
  async measure() {
    const measures: Measure[] = [];
    for (const entries of sizes) measures.push(...(await measure(entries)));
    return measures;
  },
};
