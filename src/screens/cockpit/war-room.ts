// The war room: large letters for a wall screen. Worst first; healthy parts only when all are healthy.

import type { Finding } from '../../core/health/evaluate.ts';
import type { HealthStatus } from '../../core/health/status.ts';
import { severityName } from '../../core/incident/checklist.ts';
import { formatClock, formatElapsed } from '../../core/text/format.ts';
import type { State } from '../../store.ts';
import type { Screen } from '../screen.ts';
import { banner, largeBanner } from '../toolkit/banner-font.ts';
import {
  bold,
  columnsOf,
  dim,
  firstFitting,
  fitLine,
  type Line,
  line,
  mark,
  span,
  spread,
  wrap,
} from '../toolkit/line.ts';
import { toHeight } from '../toolkit/list.ts';
import { healthOf } from '../toolkit/selectors.ts';

const shout: Readonly<Record<HealthStatus, string>> = {
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
    const { findings, worst } = healthOf(state.world);
    const bad = findings.filter((f) => f.verdict !== 'ok');
    const lines: Line[] = [[], ...headline(state, worst, columns), [], ...incidentBlock(state, columns)];
    const room = rows - lines.length;
    if (bad.length === 0) lines.push(...calm(findings, columns, room));
    // As large as all of them fit; where they never do, the worst ones in the smaller letters.
    const large = bad.map((f) => findingBlock(f, columns, largeBanner, 2));
    const fitsLarge = large.every((block) => block !== undefined) && high(large) <= room;
    lines.push(
      ...worstFirst(bad, fitsLarge ? large : bad.map((f) => findingBlock(f, columns, banner, 1)), columns, room),
    );
    return { body: toHeight(lines, rows), rows: [], page: rows };
  },
};

const high = (blocks: readonly (readonly Line[] | undefined)[]) =>
  blocks.reduce((sum, block) => sum + (block?.length ?? 0), 0);

/** The blocks that fit; of the others a line each, and a count of those that have none. */
function worstFirst(
  bad: readonly Finding[],
  blocks: readonly (readonly Line[] | undefined)[],
  columns: number,
  room: number,
): Line[] {
  const lines: Line[] = [];
  for (const [at, f] of bad.entries()) {
    const block = blocks[at] ?? [shortSentence(f, columns)];
    const after = bad.length - at - 1;
    if (lines.length + block.length + Math.min(after, 1) <= room) lines.push(...block);
    else if (lines.length + 1 + Math.min(after, 1) <= room) lines.push(shortSentence(f, columns));
    else {
      if (lines.length < room) lines.push(line(dim(`  ${after + 1} more`)));
      break;
    }
  }
  return lines;
}

/** The verdict, as large as fits; the clock beside it where there is room. */
function headline(state: State, worst: HealthStatus, columns: number): Line[] {
  const large = largeBanner(shout[worst]);
  const left = columnsOf(large[0] ?? '') + 4 <= columns ? large : banner(shout[worst]);
  const letters = left === large ? largeBanner : banner;
  const right = letters(formatClock(state.world.now).slice(0, 5));
  const both = columnsOf(left[0] ?? '') + columnsOf(right[0] ?? '') + 6 <= columns;
  return left.map((text, i) =>
    spread(line('  ', span(text, worst)), both ? line(dim(right[i] ?? ''), '  ') : [], columns),
  );
}

/** The incident and its duration. */
function incidentBlock({ incident, world }: State, columns: number): Line[] {
  if (!incident || incident.resolvedAt !== undefined) return [];
  const clock = formatElapsed(world.now - incident.openedAt);
  const name = severityName(incident.severity);
  const text = fitting([`${name} ${incident.title} ${clock}`, `${name} open ${clock}`, name], columns - 4, banner);
  return [...banner(text).map((row) => line('  ', span(row, 'bold'))), []];
}

type Letters = (text: string) => readonly string[];

/** Subject and figure in letters, the whole sentence below; undefined where not even the subject fits. */
function findingBlock(f: Finding, columns: number, letters: Letters, sentences: number): Line[] | undefined {
  const { short = f.says, figure } = f;
  const texts = [`${f.subject} ${short}`, ...(figure === undefined ? [] : [`${f.subject} ${figure}`])];
  if (letters === largeBanner && !texts.some((text) => columnsOf(letters(text)[0] ?? '') <= columns - 4))
    return undefined;
  const text = fitting([...texts, f.subject], columns - 4, letters);
  const remedy = f.remedy ? `  → ${f.remedy}` : '';
  const [first = '', ...rest] = wrap(`${f.says}${remedy}`, columns - columnsOf(`${f.verdict}${f.subject}`) - 8);
  return [
    ...letters(text).map((row) => line('  ', span(row, f.verdict))),
    sentence(f, first),
    ...(rest.length > 0
      ? wrap(rest.join(' '), columns - 6)
          .slice(0, sentences)
          .map((part) => line('    ', part))
      : []),
    [],
  ];
}

/** As much of it as one line holds, no value cut. */
function shortSentence(f: Finding, columns: number): Line {
  return firstFitting(columns, sentence(f), sentence(f, f.short));
}

function sentence(f: Finding, says = f.says): Line {
  return line('  ', mark(f.verdict), span(` ${f.verdict} `, f.verdict), bold(` ${f.subject}`), ` ${says}`);
}

/** The first text whose letters fit; the last is cut. */
function fitting(texts: readonly string[], columns: number, letters: Letters): string {
  const fits = (text: string) => columnsOf(letters(text)[0] ?? '') <= columns;
  const found = texts.find(fits);
  if (found !== undefined) return found;
  let shortest = texts.at(-1) ?? '';
  while (shortest && !fits(shortest)) shortest = shortest.slice(0, -1);
  return shortest;
}

/** No problem: the key figures. */
function calm(findings: readonly Finding[], columns: number, room: number): Line[] {
  const wide = Math.max(0, ...findings.map((f) => columnsOf(f.subject)));
  const said = findings.map((f) => line('  ', mark(f.verdict), ` ${f.subject.padEnd(wide)}  `, dim(f.says)));
  const beside = columns >= 2 * (wide + 36) ? Math.ceil(said.length / 2) : said.length;
  const rows = said.slice(0, beside).map((left, i) => {
    const right = said[beside + i];
    return right ? line(...fitLine(left, Math.floor(columns / 2)), ...right) : left;
  });
  if (rows.length <= room) return rows;
  const shown = Math.max(0, room - 1);
  return [
    ...rows.slice(0, shown),
    line(dim(`  ${findings.length - shown * Math.ceil(said.length / beside)} more are ok`)),
  ];
}
