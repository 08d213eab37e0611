// Several cockpits beside one: of one user on one host, and of one incident on several hosts. What they cost the platform
// together, and what each takes.
import { readFileSync } from 'node:fs';
import { formatCount } from '../../../src/core/text/format.ts';
import { startCountedServer } from '../../support/counted-server.ts';
import type { TerminalUnderTest } from '../../support/terminal.ts';
import { startCountedPrometheus } from '../counted-prometheus.ts';
import { startCountedDrill } from '../drills.ts';
import { bytes, completeCockpit, cpuOf, end, ms, percent, wait } from '../meter.ts';
import type { BenchRow, Measure } from '../row.ts';
import { type Room, startRoom } from '../war-room.ts';

const minute = 60_000;
/** Issue 19: bytes of proportional memory (PSS) of each. */
const memory = 70 * 1024 ** 2;

/** Bytes of memory of a process; what it shares with others is divided among them. */
function pssOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  return Number(/^Pss:\s+(\d+)/m.exec(text)?.[1]) * 1024;
}

/** `name`: of them in the figures. `room`: each one is on a host of its own. */
async function measure(count: number, name: string, room?: Room): Promise<readonly Measure[]> {
  const drill = await startCountedDrill();
  const server = await startCountedServer();
  const prometheus = await startCountedPrometheus();
  const open: TerminalUnderTest[] = [];
  const there = { ...drill.environment, ...server.environment, ...prometheus.environment };
  const begin = async () => open.push(await completeCockpit({ ...there, ...(await room?.host(open.length)) }));
  const soFar = async () => ({
    ...drill.requests(),
    prometheus: prometheus.requests(),
    cpu: await server.cpu(),
    own: open.reduce((sum, { pid }) => sum + cpuOf(pid), 0),
    ...(await room?.relay()),
  });
  const inAMinute = async () => {
    // A start is over, what it needed is given back, and the first watches were renewed.
    await wait(90_000);
    await server.reset();
    const before = await soFar();
    await wait(minute);
    const { calls } = await server.counted();
    const now = await soFar();
    const of = (what: keyof typeof now) => (now[what] ?? 0) - (before[what] ?? 0);
    return { calls, of, share: (of('own') * 1000) / minute / open.length };
  };
  try {
    await begin();
    const one = await inAMinute();
    while (open.length < count) await begin();
    const all = await inAMinute();
    const pss = open.reduce((sum, { pid }) => sum + pssOf(pid), 0) / count;
    const row = (
      what: string,
      [together, alone]: readonly number[],
      text: (n: number) => string = formatCount,
    ): Measure => ({
      figure: `${what}, ${count} ${name}`,
      is: text(together ?? 0),
      beside: `one cockpit: ${text(alone ?? 0)}`,
      ratio: alone ? (together ?? 0) / alone : undefined,
      goal: 2,
    });
    const both = (what: Parameters<typeof one.of>[0]) => [all.of(what), one.of(what)] as const;
    return [
      row('SQL statements a minute', [all.calls, one.calls]),
      row('PostgreSQL’s CPU a minute', both('cpu'), ms),
      row('requests a minute to the gateway', both('gateway')),
      row('requests a minute to Redis', both('redis')),
      row('requests a minute to Prometheus', both('prometheus')),
      row('requests a minute to Kubernetes', both('kubernetes')),
      row('requests a minute to S3 and RDS', both('aws')),
      ...(room
        ? [
            { ...row('commands a minute to the relay', both('commands')), goal: undefined },
            { ...row('bytes a minute to the relay and from it', both('bytes'), bytes), goal: undefined },
          ]
        : []),
      { ...row('CPU of each', [all.share, one.share], (share) => `${percent(share)} of a core`), goal: undefined },
      ...(room
        ? []
        : [
            {
              figure: `memory of each (PSS), ${count} ${name}`,
              is: bytes(pss),
              beside: `budget ${bytes(memory)}`,
              ratio: pss / memory,
              goal: 1,
            },
          ]),
    ];
  } finally {
    for (const cockpit of open) await end(cockpit);
    await prometheus.stop();
    await server.stop();
    await drill.stop();
  }
}

export const cockpits: BenchRow = {
  name: 'cockpits',
  measure: (options) => measure(options.cockpits, 'cockpits of one host'),
};

export const hosts: BenchRow = {
  name: 'hosts',
  async measure(options) {
    const room = await startRoom();
    try {
      return await measure(options.hosts, 'hosts of one incident', room);
    } finally {
      await room.stop();
    }
  },
};
