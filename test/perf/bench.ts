// The project's benchmark: `npm run bench`. Every figure stands beside what it is compared with, measured in the same
// run, because machines differ and are noisy. The method and the figures of this release: docs/performance.md.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { fit, width } from '../../src/core/text/text.ts';
import { markdown, parseTable, regressions, uncompared } from './compare.ts';
import { stopCalmDrill } from './drills.ts';
import type { Measure } from './row.ts';
import { rows } from './rows/index.ts';

const usage = `usage: npm run bench -- [--only NAME]… [--against docs/performance.md] [--markdown]
                      [--runs 7] [--pods 5000] [--jobs 1000000] [--cockpits 5] [--hosts 3] [--lines 1000000]
rows: ${rows.map(({ name }) => name).join(', ')}
`;

function wrong(problem: string): never {
  process.stderr.write(`bench: ${problem}\n${usage}`);
  process.exit(64);
}

function read() {
  try {
    return parseArgs({
      options: {
        only: { type: 'string', multiple: true, default: [] },
        against: { type: 'string' },
        markdown: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
        runs: { type: 'string', default: '7' },
        pods: { type: 'string', default: '5000' },
        jobs: { type: 'string', default: '1000000' },
        cockpits: { type: 'string', default: '5' },
        hosts: { type: 'string', default: '3' },
        lines: { type: 'string', default: '1000000' },
      },
    }).values;
  } catch (error) {
    return wrong(error instanceof Error ? error.message : String(error));
  }
}

const given = read();

function count(name: 'runs' | 'pods' | 'jobs' | 'cockpits' | 'hosts' | 'lines'): number {
  const text = given[name];
  return /^[1-9]\d{0,8}$/.test(text) ? Number(text) : wrong(`--${name} ${text} is no number above 0`);
}

function tableIn(file: string) {
  try {
    return parseTable(readFileSync(file, 'utf8'));
  } catch (error) {
    process.stderr.write(`bench: --against ${file}: ${error instanceof Error ? error.message : error}\n`);
    process.exit(64);
  }
}

if (given.help) {
  process.stdout.write(usage);
  process.exit(0);
}
const options = {
  runs: count('runs'),
  pods: count('pods'),
  jobs: count('jobs'),
  cockpits: count('cockpits'),
  hosts: count('hosts'),
  lines: count('lines'),
};
const unknown = given.only.find((name) => !rows.some((row) => row.name === name));
if (unknown !== undefined) wrong(`no row ${unknown}`);
// Read before an hour of measuring, not after.
const before = given.against === undefined ? undefined : tableIn(given.against);

const measures: Measure[] = [];
let failed = false;
try {
  for (const row of rows) {
    if (given.only.length > 0 && !given.only.includes(row.name)) continue;
    process.stderr.write(`${row.name} …\n`);
    try {
      measures.push(...(await row.measure(options)));
    } catch (error) {
      failed = true;
      process.stderr.write(`${row.name}: ${error instanceof Error ? error.stack : error}\n`);
    }
  }
} finally {
  await stopCalmDrill();
}
print();
process.exit(failed || (before && report(before)) ? 1 : 0);

function print(): void {
  if (given.markdown) return void process.stdout.write(`${markdown(measures)}\n`);
  const times = (ratio: number | undefined, mark: string) => (ratio === undefined ? '' : `${mark}${ratio.toFixed(2)}×`);
  const table = [
    ['figure', 'is', 'beside', 'ratio', 'to reach'],
    ...measures.map((m) => [m.figure, m.is, m.beside, times(m.ratio, ''), times(m.goal, '≤ ')]),
  ];
  const widths = [0, 1, 2, 3, 4].map((at) => Math.max(...table.map((cells) => width(cells[at] ?? ''))));
  for (const cells of table)
    process.stdout.write(
      `${cells
        .map((cell, at) => fit(cell, widths[at] ?? 0))
        .join('  ')
        .trimEnd()}\n`,
    );
}

/** Names what became worse; true if anything did. */
function report(figures: ReadonlyMap<string, number | undefined>): boolean {
  const worse = regressions(figures, measures);
  for (const { figure, was, is } of worse)
    process.stdout.write(`regression: ${figure}: ratio ${is.toFixed(2)}, was ${was.toFixed(2)}\n`);
  for (const figure of uncompared(figures, measures, { all: given.only.length === 0 }))
    process.stdout.write(`not compared: ${figure}: only one of both has a ratio\n`);
  return worse.length > 0;
}
