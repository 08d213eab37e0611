// The war room: what matters, to be read from four metres. Worst first, nothing that is fine unless all is.
import type { Finding } from '../core/assess.ts';
import { formatClock } from '../core/format.ts';
import type { Verdict } from '../core/verdict.ts';
import type { State } from '../store.ts';
import { big, bigger } from './big.ts';
import { judged } from './judged.ts';
import { bold, columnsOf, dim, type Line, line, mark, span, spread } from './line.ts';
import { toHeight } from './list.ts';
import { word } from './parts.ts';
import type { Screen } from './screen.ts';

const shout: Readonly<Record<Verdict, string>> = {
  ok: 'ALL OK',
  unknown: 'UNKNOWN',
  warning: 'WARNING',
  critical: 'CRITICAL',
};

export const warRoom: Screen = {
  id: 'war-room',
  title: () => 'war room',
  palette: 'war room',
  draw(state, _place, { columns, rows }) {
    const { findings, worst } = judged(state.world);
    const bad = findings.filter((f) => f.verdict !== 'ok');
    const lines: Line[] = [[], ...headline(state, worst, columns), []];
    for (const f of bad) {
      const block = findingBlock(f, columns);
      if (lines.length + block.length > rows) break;
      lines.push(...block);
    }
    const shown = lines.length;
    const rest = bad.length - Math.floor((shown - 7) / 5);
    if (rest > 0 && shown < rows) lines.push(line(dim(`  ${rest} more`)));
    if (bad.length === 0) lines.push(...calm(findings, columns));
    return { body: toHeight(lines, rows), rows: [], page: rows };
  },
};

/** The verdict, five lines high; the clock beside it where there is room. */
function headline(state: State, worst: Verdict, columns: number): Line[] {
  const left = bigger(shout[worst]);
  const right = bigger(formatClock(state.world.now).slice(0, 5));
  const both = columnsOf(left[0] ?? '') + columnsOf(right[0] ?? '') + 6 <= columns;
  return left.map((text, i) =>
    spread(line('  ', span(text, worst)), both ? line(dim(right[i] ?? ''), '  ') : [], columns),
  );
}

/** Subject and figure big, the whole sentence below. */
function findingBlock(f: Finding, columns: number): Line[] {
  const says = f.says.split('  (')[0] ?? '';
  const figure = says.split(',')[0] ?? '';
  const text = fitting([`${f.subject} ${figure}`, `${f.subject} ${figure.split(' ')[0]}`, f.subject], columns - 4);
  const remedy = f.remedy ? `  → ${f.remedy}` : '';
  return [
    ...big(text).map((row) => line('  ', span(row, f.verdict))),
    line('  ', mark(f.verdict), span(` ${word[f.verdict]} `, f.verdict), bold(` ${f.subject}`), ` ${f.says}${remedy}`),
    [],
  ];
}

/** The first text whose big letters fit; the last is cut. */
function fitting(texts: readonly string[], columns: number): string {
  const fits = (text: string) => columnsOf(big(text)[0] ?? '') <= columns;
  const found = texts.find(fits);
  if (found !== undefined) return found;
  let shortest = texts.at(-1) ?? '';
  while (shortest && !fits(shortest)) shortest = shortest.slice(0, -1);
  return shortest;
}

/** Nothing is wrong: what is fine, in figures. */
function calm(findings: readonly Finding[], columns: number): Line[] {
  const wide = Math.max(0, ...findings.map((f) => columnsOf(f.subject)));
  return findings
    .map((f) => line('  ', mark(f.verdict), ` ${f.subject.padEnd(wide)}  `, dim(f.says)))
    .map((l) => spread(l, [], columns));
}
