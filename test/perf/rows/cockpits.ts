// Several cockpits of one user on one host beside one: what they cost PostgreSQL together, and the memory of each.
import { readFileSync } from 'node:fs';
import { startCountedServer } from '../../support/counted-server.ts';
import type { TerminalUnderTest } from '../../support/terminal.ts';
import { calmDrill } from '../drills.ts';
import { bytes, completeCockpit, end, ms, wait } from '../meter.ts';
import type { BenchRow, Measure } from '../row.ts';

const minute = 60_000;
/** Issue 19: bytes of proportional memory (PSS) of each. */
const memory = 70 * 1024 ** 2;

/** Bytes of memory of a process; what it shares with others is divided among them. */
function pssOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  return Number(/^Pss:\s+(\d+)/m.exec(text)?.[1]) * 1024;
}

async function measure(count: number): Promise<readonly Measure[]> {
  const { environment } = await calmDrill();
  const server = await startCountedServer();
  const open: TerminalUnderTest[] = [];
  const inAMinute = async () => {
    await wait(5000);
    await server.reset();
    const before = await server.cpu();
    await wait(minute);
    return { calls: (await server.counted()).calls, cpu: (await server.cpu()) - before };
  };
  try {
    const there = { ...environment, ...server.environment };
    open.push(await completeCockpit(there));
    const one = await inAMinute();
    while (open.length < count) open.push(await completeCockpit(there));
    const all = await inAMinute();
    const pss = open.reduce((sum, { pid }) => sum + pssOf(pid), 0) / count;
    const figure = (what: string) => `${what}, ${count} cockpits of one host`;
    return [
      {
        figure: figure('SQL statements a minute'),
        is: String(all.calls),
        beside: `one cockpit: ${one.calls}`,
        ratio: all.calls / one.calls,
        goal: 2,
      },
      {
        figure: figure('PostgreSQL’s CPU a minute'),
        is: ms(all.cpu),
        beside: `one cockpit: ${ms(one.cpu)}`,
        ratio: all.cpu / one.cpu,
        goal: 2,
      },
      {
        figure: figure('memory of each (PSS)'),
        is: bytes(pss),
        beside: `budget ${bytes(memory)}`,
        ratio: pss / memory,
        goal: 1,
      },
    ];
  } finally {
    for (const cockpit of open) await end(cockpit);
    await server.stop();
  }
}

export const cockpits: BenchRow = { name: 'cockpits', measure: (options) => measure(options.cockpits) };
