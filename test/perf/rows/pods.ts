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
  memoryOf,
  percent,
  seconds,
  shareOf,
} from '../meter.ts';
import type { BenchRow, Measure } from '../row.ts';
import { measureKeys } from './keys.ts';

/** Issue 19: 200 MB with 5,000 pods, and 5 % of a core with 20,000. */
const memoryBudget = 200e6;
const idleBudget = 0.05;

export const pods: BenchRow = {
  name: 'pods',
  async measure(options) {
    const drill = await startDrill('--pods', String(options.pods));
    const { environment } = drill;
    const load = `${formatCount(options.pods)} pods`;
    try {
      const hand = (await isInstalled('kubectl'))
        ? await costOf(
            'kubectl',
            ['get', 'pods', '-n', environment.BENTHAM_KUBERNETES_NAMESPACE ?? 'bentham-prod'],
            environment,
          )
        : undefined;
      const cockpit = await completeCockpit(environment);
      try {
        const complete = cpuOf(cockpit.pid);
        const share = await shareOf(cockpit.pid, 30_000);
        const memory = memoryOf(cockpit.pid);
        const figures: Measure[] = [
          {
            figure: `CPU to complete data, ${load}`,
            is: seconds(complete),
            beside: `kubectl get pods: ${hand ? seconds(hand.cpu) : 'not installed'}`,
            ratio: hand ? complete / hand.cpu : undefined,
            goal: 1,
          },
          {
            figure: `memory, ${load}`,
            is: bytes(memory),
            beside: `budget ${bytes(memoryBudget)}`,
            ratio: memory / memoryBudget,
            goal: 1,
          },
          {
            figure: `CPU, nobody at the keys, ${load}`,
            is: `${percent(share)} of a core`,
            beside: `budget ${percent(idleBudget)}`,
            ratio: share / idleBudget,
            goal: 1,
          },
        ];
        return [...figures, ...(await measureKeys(cockpit, load))];
      } finally {
        await end(cockpit);
      }
    } finally {
      await drill.stop();
    }
  },
};
