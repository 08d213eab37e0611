// How soon the first frame and the first complete data are there, beside the smallest program of the same runtime; and
// what a command costs under the `node` of PATH, which may be an older one.
import { access, constants } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { TerminalUnderTest } from '../../support/terminal.ts';
import { calmDrill } from '../drills.ts';
import { completeCockpit, costOf, end, inTurns, launcher, median, ms, wait } from '../meter.ts';
import type { BenchRow } from '../row.ts';

const installed = fileURLToPath(new URL('../../../bin/bentham-cockpit', import.meta.url));

/** A cockpit that stays until its code is kept (bin/kept.cjs), as that of every start but the first after an update. */
async function keepCode(environment: Readonly<Record<string, string>>): Promise<void> {
  const terminal = await completeCockpit(environment);
  await wait(10_000);
  await end(terminal);
}

export const start: BenchRow = {
  name: 'start',
  async measure({ runs }) {
    const { environment } = await calmDrill();
    await keepCode(environment);
    const firsts: number[] = [];
    const completes: number[] = [];
    for (let i = 0; i < runs; i += 1) {
      const begun = performance.now();
      const terminal = new TerminalUnderTest({ environment });
      try {
        await terminal.shows('DRILL');
        firsts.push(performance.now() - begun);
        await terminal.hides('no answer yet');
        completes.push(performance.now() - begun);
      } finally {
        await end(terminal);
      }
    }
    const program =
      (await access(installed, constants.X_OK).catch(() => 'missing')) === undefined ? installed : launcher;
    const [empty, direct, ofPath] = await inTurns(
      runs * 3,
      () => costOf(process.execPath, ['-e', '0']),
      () => costOf(process.execPath, [launcher, '--version']),
      () => costOf(program, ['--version'], { PATH: `/usr/local/bin:/usr/bin:/bin` }),
    );
    if (!empty || !direct || !ofPath) throw new Error('nothing was measured');
    const nothing = empty.wall * 1000;
    const beside = `node -e 0: ${ms(nothing)}`;
    return [
      { figure: 'first frame', is: ms(median(firsts)), beside, ratio: median(firsts) / nothing, goal: 6 },
      {
        figure: 'first complete data',
        is: ms(median(completes)),
        beside,
        ratio: median(completes) / nothing,
        goal: undefined,
      },
      {
        figure: 'CPU of --version',
        is: ms(direct.cpu * 1000),
        beside: `node -e 0: ${ms(empty.cpu * 1000)}`,
        ratio: direct.cpu / empty.cpu,
        goal: undefined,
      },
      {
        figure: 'CPU of --version as installed',
        is: ms(ofPath.cpu * 1000),
        beside: `with the packaged Node: ${ms(direct.cpu * 1000)}`,
        ratio: ofPath.cpu / direct.cpu,
        goal: 1.2,
      },
    ];
  },
};
