// The war room: large letters for a wall screen. Worst first; healthy parts only when all are healthy.

import type { Finding } from '../../core/health/evaluate.ts';
import type { HealthStatus } from '../../core/health/status.ts';
import { severityName } from '../../core/incident/checklist.ts';
import { shortClock } from '../../core/text/format.ts';
import { shortenings } from '../../core/text/text.ts';
import type { State } from '../../store.ts';
import { wallCharts } from '../metrics/wall-charts.ts';
import type { Screen, Size } from '../screen.ts';
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
import { incidentStatus, incidentTitle, openOf, shortIncident } from './war-room-incident.ts';
import { fitting, type Letters } from './war-room-letters.ts';

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
  draw(state, _place, size) {
    const { columns, rows } = size;
    const { findings, worst } = healthOf(state.world);
    const bad = findings.filter((f) => f.verdict !== 'ok');
    const lines = [...headline(state, worst, size), ...incidentLines(state, size)];
    const room = rows - lines.length;
    const isLarge = columns >= chartsFrom.columns && room >= chartsFrom.rows;
    if (bad.length === 0) {
      const figures = calm(findings, columns, room);
      lines.push(...figures);
      if (isLarge) lines.push([], ...wallCharts(state, { columns, rows: room - figures.length - 1 }));
      return { body: toHeight(lines, rows), rows: [], page: rows };
    }
    const high = isLarge ? Math.max(chartsFrom.rows / 2, Math.floor(room * chartShare)) : 0;
    lines.push(...inLetters(bad, columns, room - high));
    if (isLarge && lines.at(-1)?.length) lines.push([]);
    if (isLarge) lines.push(...wallCharts(state, { columns, rows: rows - lines.length }));
    return { body: toHeight(lines, rows), rows: [], page: rows };
  },
};

/** Charts have the lower part of a wall that has room for them. */
const chartsFrom: Size = { columns: 100, rows: 20 };
const chartShare = 0.42;

/** Above: the verdict and the clock; in little room the incident's severity and duration instead of the clock. */
function incidentLines(state: State, size: Size): Line[] {
  const incident = openOf(state);
  if (!incident) return [];
  const title = isSmall(size) ? [] : incidentTitle(incident, state.world.now, size.columns);
  return [...title, ...incidentStatus(state, incident, size)];
}

const isSmall = ({ columns, rows }: Size) => rows < 28 || columns < 100;

/** As large as all of them fit; where they never do, the worst ones in the smaller letters. */
function inLetters(bad: readonly Finding[], columns: number, room: number): Line[] {
  const large = bad.map((f) => findingBlock(f, columns, largeBanner, 2));
  const fitsLarge = large.every((block) => block !== undefined) && high(large) <= room;
  return worstFirst(bad, fitsLarge ? large : bad.map((f) => findingBlock(f, columns, banner, 1)), columns, room);
}

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

/** The verdict, as large as fits; the clock beside it where there is room, or the incident in little room. */
function headline(state: State, worst: HealthStatus, size: Size): Line[] {
  const { columns } = size;
  const incident = openOf(state);
  const { now } = state.world;
  const isShort = incident !== undefined && isSmall(size);
  const large = largeBanner(shout[worst]);
  const left = !isShort && columnsOf(large[0] ?? '') + 4 <= columns ? large : banner(shout[worst]);
  const letters = left === large ? largeBanner : banner;
  const beside = isShort ? [shortIncident(incident, now), severityName(incident.severity)] : [shortClock(now)];
  const fits = (text: string) => columnsOf(left[0] ?? '') + columnsOf(letters(text)[0] ?? '') + 6 <= columns;
  const said = beside.find(fits);
  const right = said === undefined ? [] : letters(said);
  const tone = isShort ? 'bold' : 'dim';
  return [
    [],
    ...left.map((text, i) =>
      spread(line('  ', span(text, worst)), said === undefined ? [] : line(span(right[i] ?? '', tone), '  '), columns),
    ),
    [],
  ];
}

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

/** No problem: the key figures. */
function calm(findings: readonly Finding[], columns: number, room: number): Line[] {
  const wide = Math.max(0, ...findings.map((f) => columnsOf(f.subject)));
  const isTwo = columns >= 2 * (wide + 36);
  const space = (isTwo ? Math.floor(columns / 2) : columns) - wide - 7;
  const said = findings.map((f) => {
    const says = firstFitting(space, ...[...shortenings(f.says), f.short ?? ''].map((part) => line(dim(part))));
    return line('  ', mark(f.verdict), ` ${f.subject.padEnd(wide)}  `, says);
  });
  const beside = isTwo ? Math.ceil(said.length / 2) : said.length;
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
