// A value over time, several rows high: braille dots above an axis in clock times.
import type { Instant, Ms } from '../../core/time.ts';
import { minute } from '../../core/time.ts';
import { evaluateValue, type Threshold } from '../../core/world/thresholds.ts';
import type { Sample } from '../../core/world/world.ts';
import { dim, fitLine, type Line, line, type Span, span, type Tone } from './line.ts';

/** What happened at a time, from the least to the most important: in one column the later kind covers the earlier. */
export const markKinds = ['deploy', 'alert', 'action', 'incident'] as const;
export type MarkKind = (typeof markKinds)[number];

/** One event below the chart; `says` follows its glyph where there is room: the revision of a deploy. */
export type Mark = { at: Instant; kind: MarkKind; says?: string };

/** The glyph and the colour of each kind. */
export const markGlyphs: Readonly<Record<MarkKind, Span>> = {
  deploy: span('▴', 'key'),
  alert: span('●', 'warning'),
  action: span('◆', 'accent'),
  incident: span('▮', 'critical'),
};

export type ChartOf = {
  /** Oldest first. */
  samples: readonly Sample[];
  /** The first and the last moment of the time axis. */
  from: Instant;
  to: Instant;
  /** The size of the whole block: labels, plot, marks and axis. */
  columns: number;
  rows: number;
  thresholds: Threshold;
  /** The highest value there can be: 100 for a share in percent. */
  most?: number;
  /** A value as the y axis shows it, at most `labelColumns` wide. */
  label(value: number): string;
  /** `03:14`. */
  clock(at: Instant): string;
  marks: readonly Mark[];
};

/** The width of the labels of the y axis. */
export const labelColumns = 6;
/** Labels and the axis itself. */
const leftOfPlot = labelColumns + 2;

/** A chart this high has a row of its own for the marks; a lower one shows them between the times. */
const withMarksRow = 8;

/** How long a sample stands for that does not say so: a little more than the time between two polls. */
const sampleLasts: Ms = 20_000;

/** The lines of a chart, exactly `rows`, at most `columns` wide; none where not even two rows of plot fit. */
export function chart(of: ChartOf): readonly Line[] {
  const cells = of.columns - leftOfPlot;
  const below = of.rows >= withMarksRow && of.marks.some(({ at }) => at >= of.from && at <= of.to) ? 2 : 1;
  const high = of.rows - below;
  if (cells < 8 || high < 2 || !(of.to > of.from)) return [];
  const values = binned(of.samples, of.from, of.to, cells * 2);
  const top = topOf(values, of.thresholds, of.most);
  const level = (value: number) => Math.min(high * 4, Math.max(1, Math.ceil((value / top) * high * 4)));
  const rowOf = (value: number) => high - 1 - Math.floor((level(value) - 1) / 4);
  const limits = new Map(
    [of.thresholds.warning, of.thresholds.critical]
      .filter((limit) => limit > 0 && limit <= top)
      .map((limit) => [rowOf(limit), limit]),
  );
  const tones = Array.from({ length: cells }, (_, cell) =>
    toneOf(values[cell * 2], values[cell * 2 + 1], of.thresholds),
  );
  const plot = Array.from({ length: high }, (_, row) => {
    const limit = limits.get(row);
    const says =
      limit !== undefined ? of.label(limit) : row === 0 ? of.label(top) : row === high - 1 ? of.label(0) : '';
    const base = (high - 1 - row) * 4;
    const drawn = tones.map((tone, cell): Span => {
      const [left, right] = [values[cell * 2], values[cell * 2 + 1]];
      const dots = dotsOf(left === undefined ? 0 : level(left) - base, right === undefined ? 0 : level(right) - base);
      if (dots) return span(dots, tone);
      // A time without samples is a gap, not a zero.
      if (row === high - 1 && left === undefined && right === undefined) return dim('·');
      return dim(limit === undefined ? ' ' : '╌');
    });
    return line(dim(`${says.slice(0, labelColumns).padStart(labelColumns)} ┤`), joined(drawn));
  });
  const xOf = (at: Instant) => Math.floor(((at - of.from) / (of.to - of.from)) * cells);
  const marks = marksIn(of, cells, xOf);
  const times = timesIn(of, cells, xOf, below === 1 ? marks : []);
  const axis = below === 1 ? [put(cells, [...times, ...marks])] : [put(cells, marks), put(cells, times)];
  return [...plot, ...axis.map((drawn) => line(' '.repeat(leftOfPlot), drawn))].map((each) =>
    fitLine(each, of.columns),
  );
}

/** The highest value of each of `bins` equal parts of the time; undefined where no sample stands for it. */
function binned(samples: readonly Sample[], from: Instant, to: Instant, bins: number): readonly (number | undefined)[] {
  const wide = (to - from) / bins;
  const values: (number | undefined)[] = Array.from({ length: bins }, () => undefined);
  for (const { at, value } of samples) {
    const bin = Math.floor((at - from) / wide);
    if (bin < 0 || bin >= bins || !Number.isFinite(value)) continue;
    values[bin] = Math.max(values[bin] ?? Number.NEGATIVE_INFINITY, value);
  }
  // A sample stands for the time until the next one, but not for longer than it lasts.
  let next = 0;
  for (let bin = 0; bin < bins; bin += 1) {
    const begins = from + bin * wide;
    while (next < samples.length && (samples[next]?.at ?? 0) < begins) next += 1;
    if (values[bin] !== undefined) continue;
    const last = samples[next - 1];
    if (last && Number.isFinite(last.value) && begins - last.at <= (last.lasts ?? sampleLasts))
      values[bin] = last.value;
  }
  return values;
}

/** Numbers that an axis may end with, times a power of ten. */
const round = [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10];

/** The upper end of the y axis: above every value, and above the next threshold that they may reach. */
function topOf(values: readonly (number | undefined)[], { warning, critical }: Threshold, most?: number): number {
  const highest = values.reduce<number>((peak, value) => Math.max(peak, value ?? 0), 0);
  const reach = Math.max(highest, highest > warning ? critical : warning) * 1.05;
  if (!(reach > 0) || !Number.isFinite(reach)) return 1;
  const power = 10 ** Math.floor(Math.log10(reach));
  const top = (round.find((n) => n * power >= reach) ?? 10) * power;
  return most !== undefined && highest <= most ? Math.min(most, top) : top;
}

function toneOf(left: number | undefined, right: number | undefined, thresholds: Threshold): Tone {
  const verdict = evaluateValue(Math.max(left ?? 0, right ?? 0), thresholds);
  return verdict === 'ok' ? 'dim' : verdict;
}

/** The dots of the left and the right half of a braille cell, from the lowest up (Unicode, U+2800). */
const leftDots = [0x40, 0x04, 0x02, 0x01];
const rightDots = [0x80, 0x20, 0x10, 0x08];

/** A cell with so many dots, counted from below, in each half; undefined where there is none. */
function dotsOf(left: number, right: number): string | undefined {
  const bits = [...leftDots.slice(0, Math.max(0, left)), ...rightDots.slice(0, Math.max(0, right))];
  return bits.length > 0 ? String.fromCharCode(0x2800 + bits.reduce((sum, bit) => sum + bit, 0)) : undefined;
}

/** Neighbours of one tone as one span. */
function joined(spans: readonly Span[]): Line {
  const all: Span[] = [];
  for (const each of spans) {
    const last = all.at(-1);
    if (last && last.tone === each.tone) all[all.length - 1] = span(last.text + each.text, last.tone);
    else all.push(each);
  }
  return all;
}

/** A text of the axis, and the column where it begins. */
type Piece = { x: number; of: Span };

/** The events inside the time, one glyph for each column, with its text where that covers no other. */
function marksIn({ marks, from, to }: ChartOf, cells: number, xOf: (at: Instant) => number): readonly Piece[] {
  const inside = marks
    .filter(({ at }) => at >= from && at <= to)
    .toSorted((a, b) => markKinds.indexOf(a.kind) - markKinds.indexOf(b.kind));
  const at = new Map(inside.map((mark) => [Math.min(cells - 1, xOf(mark.at)), mark]));
  const places = [...at.keys()].toSorted((a, b) => a - b);
  return places.map((x, i): Piece => {
    const { kind, says = '' } = at.get(x) ?? { kind: 'alert' };
    const { text, tone } = markGlyphs[kind];
    const free = (places[i + 1] ?? cells + 1) - x - 2;
    return { x, of: span(says.length <= free ? text + says : text, tone) };
  });
}

/** Minutes between two labels of the time axis. */
const steps = [1, 2, 5, 10, 15, 30, 60, 180, 360];
const clockColumns = 5;

/** Clock times at round minutes, as many as stand apart; none that would touch a mark. */
function timesIn(
  { from, to, clock }: ChartOf,
  cells: number,
  xOf: (at: Instant) => number,
  marks: readonly Piece[],
): readonly Piece[] {
  const perMinute = cells / ((to - from) / minute);
  const step = (steps.find((n) => n * perMinute >= clockColumns + 5) ?? 360) * minute;
  const times: Piece[] = [];
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) {
    const x = xOf(at) - Math.floor(clockColumns / 2);
    const touches = marks.some((m) => m.x <= x + clockColumns && m.x + m.of.text.length >= x);
    if (x >= 0 && x + clockColumns <= cells && !touches) times.push({ x, of: dim(clock(at)) });
  }
  return times;
}

/** Pieces that do not overlap, at their columns. */
function put(cells: number, pieces: readonly Piece[]): Line {
  let x = 0;
  const all: Span[] = [];
  for (const piece of pieces.toSorted((a, b) => a.x - b.x)) {
    if (piece.x > x) all.push(span(' '.repeat(piece.x - x)));
    all.push(piece.of);
    x = piece.x + piece.of.text.length;
  }
  return fitLine(all, cells);
}
