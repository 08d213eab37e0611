// The charts of a wall screen: the worst metrics first, each with its value in large letters.
import { evaluateMetric, type Metric, metrics } from '../../core/health/metrics.ts';
import { worstFirst } from '../../core/health/status.ts';
import type { State } from '../../store.ts';
import type { Size } from '../screen.ts';
import { banner } from '../toolkit/banner-font.ts';
import { beside, bold, columnsOf, type Line, line, span, spread } from '../toolkit/line.ts';
import { toHeight } from '../toolkit/list.ts';
import { metricChart, sinceSays } from './charts.ts';
import { valueSays } from './values.ts';

/** The least columns and rows of one chart. */
const least: Size = { columns: 46, rows: 10 };
/** A chart with so many rows has its value in letters of three rows. */
const lettersFrom = 12;
const gap = 3;

/** As many charts as `size` has room for, in rows of equal ones; none where not even one fits. */
export function wallCharts(state: State, { columns, rows }: Size): readonly Line[] {
  const { world } = state;
  const beneath = Math.min(3, Math.floor((columns - 4 + gap) / (least.columns + gap)));
  const layers = Math.min(Math.floor(rows / least.rows), Math.ceil(metrics.length / Math.max(1, beneath)));
  if (beneath < 1 || layers < 1) return [];
  const size = { columns: Math.floor((columns - 4 - gap * (beneath - 1)) / beneath), rows: Math.floor(rows / layers) };
  const worst = metrics.toSorted((a, b) => worstFirst(evaluateMetric(a, world), evaluateMetric(b, world)));
  return Array.from({ length: layers }, (_, layer) => {
    const some = worst.slice(layer * beneath, (layer + 1) * beneath);
    const blocks = some.map((m) => ({ lines: wallChart(m, state, size), width: size.columns }));
    return beside(blocks, gap, size.rows).map((each) => line('  ', each));
  }).flat();
}

function wallChart(m: Metric, state: State, { columns, rows }: Size): readonly Line[] {
  const { value } = valueSays(m, state.world);
  const verdict = evaluateMetric(m, state.world);
  const tone = verdict === 'ok' ? 'bold' : verdict;
  const letters = banner(value.text);
  const since = sinceSays(m, state);
  const isLarge = rows >= lettersFrom && columnsOf(letters[0] ?? '') <= columns;
  const title = isLarge
    ? [spread(line(bold(m.title)), since, columns), ...letters.map((row) => line(span(row, tone)))]
    : [spread(line(bold(m.title), '  ', span(value.text, tone)), since, columns)];
  return toHeight([...title, ...metricChart(m, state, columns, rows - title.length - 1)], rows);
}
