// A cockpit on a large cluster beside `kubectl get pods`: complete data, memory, and what it costs to stay up to date.
import { formatCount } from '../../../src/core/text/format.ts';
import { startDrill } from '../drills.ts';
import {
  bytes,
  completeCockpit,
  costOf,
  cpuOf,
  end,
  isInstalled,
  median,
  memoryOf,
  percent,
  seconds,
  shareOf,
  wait,
} from '../meter.ts';
import type { BenchRow, Measure } from '../row.ts';
import { measureKeys } from './keys.ts';

/** Issue 19: 200 MB with 5,000 pods, and 5 % of a core with 20,000. */
const memoryBudget = 200e6;
const idleBudget = 0.05;
/** How many more there are where only the share of a core is measured. */
const more = 4;

export const pods: BenchRow = {
  name: 'pods',
  async measure({ pods: count, runs }) {
    const load = `${formatCount(count)} pods`;
    const figures = await inDrill(count, async (environment) => {
      const complete = await measureComplete(environment, runs);
      const cockpit = await completeCockpit(environment);
      try {
        const idle = await measureIdle(cockpit.pid);
        const memory: Measure = {
          figure: `memory, ${load}`,
          is: bytes(idle.memory),
          beside: `budget ${bytes(memoryBudget)}`,
          ratio: idle.memory / memoryBudget,
          goal: 1,
        };
        const data: Measure = { figure: `CPU to complete data, ${load}`, ...complete, goal: 1 };
        return [data, memory, shareOfCore(idle.share, load), ...(await measureKeys(cockpit, load))];
      } finally {
        await end(cockpit);
      }
    });
    const share = await inDrill(count * more, async (environment) => {
      const cockpit = await completeCockpit(environment);
      try {
        return (await measureIdle(cockpit.pid)).share;
      } finally {
        await end(cockpit);
      }
    });
    return [...figures, shareOfCore(share, `${formatCount(count * more)} pods`)];
  },
};

async function inDrill<T>(count: number, measure: (environment: Record<string, string>) => Promise<T>): Promise<T> {
  const drill = await startDrill('--pods', String(count));
  try {
    return await measure(drill.environment);
  } finally {
    await drill.stop();
  }
}

/** A cockpit from its start until all is there, in turns with kubectl. */
async function measureComplete(environment: Record<string, string>, runs: number) {
  const args = ['get', 'pods', '-o', 'wide', '-n', environment.BENTHAM_KUBERNETES_NAMESPACE ?? 'bentham-prod'];
  const has = await isInstalled('kubectl');
  const [ours, theirs]: [number[], number[]] = [[], []];
  for (let turn = 0; turn < Math.min(runs, 3); turn += 1) {
    if (has) theirs.push((await costOf('kubectl', args, environment)).cpu);
    const cockpit = await completeCockpit(environment);
    ours.push(cpuOf(cockpit.pid));
    await end(cockpit);
  }
  return {
    is: seconds(median(ours)),
    beside: `kubectl get pods -o wide: ${has ? seconds(median(theirs)) : 'not installed'}`,
    ratio: has ? median(ours) / median(theirs) : undefined,
  };
}

/** The first minute still compiles what is used often. */
async function measureIdle(pid: number): Promise<{ share: number; memory: number }> {
  await wait(60_000);
  return { share: await shareOf(pid, 60_000), memory: memoryOf(pid) };
}

function shareOfCore(share: number, load: string): Measure {
  return {
    figure: `CPU, nobody at the keys, ${load}`,
    is: `${percent(share)} of a core`,
    beside: `budget ${percent(idleBudget)}`,
    ratio: share / idleBudget,
    goal: 1,
  };
}
