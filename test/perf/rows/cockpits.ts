// Several cockpits of one user on one host beside one: what they cost the platform together, and what each takes.
import { readFileSync } from 'node:fs';
import { startCountedServer } from '../../support/counted-server.ts';
import type { TerminalUnderTest } from '../../support/terminal.ts';
import { startCountedDrill } from '../drills.ts';
import { bytes, completeCockpit, cpuOf, end, ms, percent, wait } from '../meter.ts';
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
  const drill = await startCountedDrill();
  const server = await startCountedServer();
  const open: TerminalUnderTest[] = [];
  const ownCpu = () => open.reduce((sum, { pid }) => sum + cpuOf(pid), 0);
  const inAMinute = async () => {
    // A start is over, and what it needed is given back.
    await wait(40_000);
    await server.reset();
    const [before, asked, own] = [await server.cpu(), drill.requests(), ownCpu()];
    await wait(minute);
    const now = drill.requests();
    return {
      calls: (await server.counted()).calls,
      cpu: (await server.cpu()) - before,
      share: ((ownCpu() - own) * 1000) / minute / open.length,
      gateway: now.gateway - asked.gateway,
      redis: now.redis - asked.redis,
      kubernetes: now.kubernetes - asked.kubernetes,
    };
  };
  try {
    const there = { ...drill.environment, ...server.environment };
    open.push(await completeCockpit(there));
    const one = await inAMinute();
    while (open.length < count) open.push(await completeCockpit(there));
    const all = await inAMinute();
    const pss = open.reduce((sum, { pid }) => sum + pssOf(pid), 0) / count;
    const figure = (what: string) => `${what}, ${count} cockpits of one host`;
    const asked = (of: string, together: number, alone: number): Measure => ({
      figure: figure(`requests a minute to ${of}`),
      is: String(together),
      beside: `one cockpit: ${alone}`,
      ratio: alone > 0 ? together / alone : undefined,
      goal: 2,
    });
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
      asked('the gateway', all.gateway, one.gateway),
      asked('Redis', all.redis, one.redis),
      asked('Kubernetes', all.kubernetes, one.kubernetes),
      {
        figure: figure('CPU of each'),
        is: `${percent(all.share)} of a core`,
        beside: `one cockpit: ${percent(one.share)}`,
        ratio: all.share / one.share,
        goal: undefined,
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
    await drill.stop();
  }
}

export const cockpits: BenchRow = { name: 'cockpits', measure: (options) => measure(options.cockpits) };
