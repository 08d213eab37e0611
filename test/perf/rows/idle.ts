// A cockpit on a calm day that nobody touches, beside what else stays open on a bastion.
import { calmDrill } from '../drills.ts';
import { bytes, completeCockpit, end, idleShare, memoryOf, percent, shareOf, wait } from '../meter.ts';
import type { BenchRow } from '../row.ts';

export const idle: BenchRow = {
  name: 'idle',
  async measure() {
    const { environment } = await calmDrill();
    const cockpit = await completeCockpit(environment);
    try {
      // The first minute still compiles what is used often.
      await wait(60_000);
      const share = await shareOf(cockpit.pid, 60_000);
      const memory = memoryOf(cockpit.pid);
      const others: [string, number | undefined][] = [
        ['htop', await idleShare('htop', [], {})],
        ['pg_activity', await idleShare('pg_activity', [], environment)],
      ];
      const says = others.map(([name, of]) => `${name}: ${of === undefined ? 'not installed' : percent(of)}`);
      return [
        {
          figure: 'CPU, nobody at the keys',
          is: `${percent(share)} of a core`,
          beside: `budget 1.5 %; ${says.join(', ')}`,
          ratio: share / 0.015,
          goal: 1,
        },
        {
          figure: 'memory, nobody at the keys',
          is: bytes(memory),
          beside: 'budget 150 MiB',
          ratio: memory / (150 * 2 ** 20),
          goal: undefined,
        },
      ];
    } finally {
      await end(cockpit);
    }
  },
};
