// The table of docs/performance.md: written by `bench --markdown`, read back strictly, compared with a run.
import type { Measure } from './row.ts';

const head = ['figure', 'is', 'beside', 'ratio', 'to reach'] as const;
const none = '–';

/** A ratio that is worse by more than this has regressed: the machine's noise stays below. */
export const tolerance = 0.25;

export type Regression = { figure: string; was: number; is: number };

const number = (ratio: number | undefined) => (ratio === undefined ? none : ratio.toFixed(2));
const row = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;

/** The table as Markdown. */
export function markdown(measures: readonly Measure[]): string {
  const cells = measures.map(({ figure, is, beside, ratio, goal }) => [
    figure,
    is,
    beside,
    number(ratio),
    number(goal),
  ]);
  return [row(head), row(head.map(() => '---')), ...cells.map(row)].join('\n');
}

/**
 * The ratio of each figure in the first such table of a document, which is the newest release's; undefined where there was
 * nothing to compare with. Throws if there is no such table, or another one below the same heading, and for a row that is
 * not what `markdown` writes: in the table, or where something has cut it off.
 */
export function parseTable(document: string): ReadonlyMap<string, number | undefined> {
  const all = document.split(/\r?\n/);
  const isTop = (line: string) => cellsOf(line).join('\n') === head.join('\n');
  const newest = all.findIndex(isTop);
  // Below the next heading are the figures of the release before.
  const older = all.findIndex((line, at) => at > newest && line.startsWith('## '));
  const lines = all.slice(0, older < 0 ? undefined : older);
  const tops = lines.flatMap((line, at) => (isTop(line) ? [at] : []));
  const [top] = tops;
  if (top === undefined || tops.length > 1) throw new Error(`${tops.length} tables of figures, not 1`);
  if (!/^\|(?: *-+ *\|){5}$/.test(lines[top + 1] ?? '')) throw new Error(`line ${top + 2}: no line of dashes`);
  const ratios = new Map<string, number | undefined>();
  for (let at = top + 2; at < lines.length; at += 1) {
    if (!isMeantAsRow(lines[at] ?? '')) continue;
    const cells = cellsOf(lines[at] ?? '');
    const [figure = '', , , ratio = ''] = cells;
    const problem =
      cells.length !== head.length
        ? `${cells.length} cells, not ${head.length}`
        : figure === ''
          ? 'no figure'
          : ratios.has(figure)
            ? `${figure} is there twice`
            : ratio !== none && !/^\d{1,9}\.\d\d$/.test(ratio)
              ? `${ratio} is no ratio`
              : undefined;
    if (problem) throw new Error(`line ${at + 1}: ${problem}`);
    ratios.set(figure, ratio === none ? undefined : Number(ratio));
  }
  if (ratios.size === 0) throw new Error('the table of figures is empty');
  return ratios;
}

/** A row, or what is left of one. */
const isMeantAsRow = (line: string) =>
  line.trimStart().startsWith('|') || (line.match(/(?<!\\)\|/g) ?? []).length >= head.length;

/** Figures that only one of both has a ratio of; of those that only the document has, all or none are wanted. */
export function uncompared(
  before: ReadonlyMap<string, number | undefined>,
  measures: readonly Measure[],
  { all }: { all: boolean },
): readonly string[] {
  const now = new Map(measures.map(({ figure, ratio }) => [figure, ratio]));
  const figures = [...now.keys(), ...(all ? [...before.keys()].filter((figure) => !now.has(figure)) : [])];
  return figures.filter((figure) => (now.get(figure) === undefined) !== (before.get(figure) === undefined));
}

/**
 * The figures whose ratio is worse by more than a quarter, however the document's two digits were rounded. What is
 * measured for the first time is none.
 */
export function regressions(
  before: ReadonlyMap<string, number | undefined>,
  measures: readonly Measure[],
): readonly Regression[] {
  return measures.flatMap(({ figure, ratio }) => {
    const was = before.get(figure);
    return was !== undefined && ratio !== undefined && ratio > (was + 0.005) * (1 + tolerance)
      ? [{ figure, was, is: ratio }]
      : [];
  });
}

/** The cells of a row; an escaped bar belongs to its cell. */
function cellsOf(line: string): string[] {
  if (!line.startsWith('|') || !line.endsWith('|')) return [];
  return line
    .slice(1, -1)
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll('\\|', '|'));
}
