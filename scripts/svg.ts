// Draws what a terminal shows as an SVG: text stays text, so the picture is small, sharp and searchable.
import type { IBufferCell, Terminal } from '@xterm/headless';

const cell = { width: 8.4, height: 18, font: 14 };
const background = '#12151c';
const foreground = '#d5d9e2';
const palette = [
  '#3b4252',
  '#f0616d',
  '#8ccf7e',
  '#e5c76b',
  // Dark enough for white text: the name of a guarded environment.
  '#2f5fa8',
  '#c47fd5',
  '#6cbfbf',
  '#d5d9e2',
  '#7d8596',
  '#ff7b86',
  '#a5e096',
  '#f5dd8a',
  '#85c6f7',
  '#d9a1e8',
  '#8ad9d9',
  '#ffffff',
];

type Style = { ink: string; paper: string; bold: boolean; dim: boolean; underline: boolean };

/** The colour of an index of the 256-colour table. */
function indexed(index: number): string {
  const basic = palette[index];
  if (basic) return basic;
  if (index >= 232) return grey(8 + (index - 232) * 10);
  const at = index - 16;
  const level = (n: number) => (n === 0 ? 0 : 55 + n * 40);
  return rgb(level(Math.floor(at / 36)), level(Math.floor(at / 6) % 6), level(at % 6));
}

const hex = (n: number) => n.toString(16).padStart(2, '0');
const rgb = (r: number, g: number, b: number) => `#${hex(r)}${hex(g)}${hex(b)}`;
const grey = (n: number) => rgb(n, n, n);

function styleOf(c: IBufferCell): Style {
  const ink = c.isFgRGB()
    ? `#${c.getFgColor().toString(16).padStart(6, '0')}`
    : c.isFgPalette()
      ? indexed(c.getFgColor())
      : foreground;
  const paper = c.isBgRGB()
    ? `#${c.getBgColor().toString(16).padStart(6, '0')}`
    : c.isBgPalette()
      ? indexed(c.getBgColor())
      : background;
  const turned = c.isInverse() !== 0;
  return {
    ink: turned ? paper : ink,
    paper: turned ? ink : paper,
    bold: c.isBold() !== 0,
    dim: c.isDim() !== 0,
    underline: c.isUnderline() !== 0,
  };
}

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const margin = 16;

/** One row of the screen: its rectangles and its texts. */
function drawRow(terminal: Terminal, y: number): string {
  const buffer = terminal.buffer.active;
  const line = buffer.getLine(buffer.viewportY + y);
  if (!line) return '';
  const papers: string[] = [];
  const inks: string[] = [];
  let run: { x: number; columns: number; text: string; style: Style } | undefined;
  const flush = () => {
    if (!run) return;
    const { x, columns, text, style } = run;
    const left = (margin + x * cell.width).toFixed(1);
    const span = (columns * cell.width).toFixed(1);
    if (style.paper !== background)
      papers.push(
        `<rect x="${left}" y="${margin + y * cell.height}" width="${span}" height="${cell.height}" fill="${style.paper}"/>`,
      );
    if (text.trim() === '') return;
    const look = [
      style.bold ? ' font-weight="bold"' : '',
      style.dim ? ' opacity="0.6"' : '',
      style.underline ? ' text-decoration="underline"' : '',
    ].join('');
    inks.push(
      `<text x="${left}" y="${margin + y * cell.height + 13.5}" textLength="${span}" fill="${style.ink}"${look}>${escaped(text)}</text>`,
    );
  };
  for (let x = 0; x < terminal.cols; x += 1) {
    const c = line.getCell(x);
    if (!c || c.getWidth() === 0) continue;
    const style = styleOf(c);
    const text = c.getChars() || ' ';
    if (run && JSON.stringify(run.style) === JSON.stringify(style)) {
      run.text += text;
      run.columns += c.getWidth();
    } else {
      flush();
      run = { x, columns: c.getWidth(), text, style };
    }
  }
  flush();
  return [...papers, ...inks].join('\n');
}

/** Every row of the visible screen, drawn. */
export function drawRows(terminal: Terminal): readonly string[] {
  return Array.from({ length: terminal.rows }, (_, y) => drawRow(terminal, y));
}

type Canvas = { columns: number; rows: number; title: string; css?: string };

function svg({ columns, rows, title, css }: Canvas, drawn: string): string {
  const width = Math.ceil(columns * cell.width + 2 * margin);
  const height = Math.ceil(rows * cell.height + 2 * margin);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(title)}">
${css ? `<style>\n${css}\n</style>\n` : ''}<rect width="100%" height="100%" rx="8" fill="${background}"/>
<g font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="${cell.font}" xml:space="preserve">
${drawn}
</g>
</svg>
`;
}

/** The visible screen as a complete SVG document. */
export function drawSvg(terminal: Terminal, title: string): string {
  const { cols: columns, rows } = terminal;
  return svg({ columns, rows, title }, drawRows(terminal).filter(Boolean).join('\n'));
}

/** One picture of a film: its rows (drawRows), how many seconds it stays, and what is said below it. */
export type Picture = { rows: readonly string[]; seconds: number; says: string };

/**
 * Pictures one after another, in a loop, as one SVG without script. A row that stays the same is drawn once. Who asked
 * the system for less motion sees the last picture.
 */
export function drawFilm(pictures: readonly Picture[], columns: number, title: string): string {
  const total = pictures.reduce((sum, { seconds }) => sum + seconds, 0);
  const starts = pictures.map((_, at) => pictures.slice(0, at).reduce((sum, { seconds }) => sum + seconds, 0));
  const height = Math.max(...pictures.map(({ rows }) => rows.length));
  const spans = new Map<string, string>();
  const percent = (seconds: number) => `${((100 * seconds) / total).toFixed(3)}%`;
  /** The class of what is seen from one picture until before another. */
  const seen = (from: number, until: number): string => {
    const name = `s${from}-${until}`;
    const begin = starts[from] ?? 0;
    const end = starts[until] ?? total;
    const hidden = begin > 0 ? '0%{visibility:hidden}' : '';
    const over = end < total ? `${percent(end)}{visibility:hidden}` : '';
    const still = until === pictures.length ? 'visible' : 'hidden';
    spans.set(
      name,
      `@keyframes ${name}{${hidden}${percent(begin)}{visibility:visible}${over}}\n.${name}{visibility:${still};animation:${name} ${total}s step-end infinite}`,
    );
    return name;
  };
  const layer = (drawn: (picture: Picture) => string): string => {
    const parts: string[] = [];
    for (let from = 0; from < pictures.length; ) {
      const now = pictures[from];
      const text = now ? drawn(now) : '';
      let until = from + 1;
      for (let next = pictures[until]; next && drawn(next) === text; next = pictures[until]) until += 1;
      const always = from === 0 && until === pictures.length;
      if (text !== '') parts.push(always ? text : `<g class="${seen(from, until)}">\n${text}\n</g>`);
      from = until;
    }
    return parts.join('\n');
  };
  const below = margin + (height + 1) * cell.height + 13.5;
  const drawn = [
    ...Array.from({ length: height }, (_, y) => layer(({ rows }) => rows[y] ?? '')),
    layer(
      ({ says }) => `<text x="${margin}" y="${below}" fill="${palette[11]}" font-weight="bold">${escaped(says)}</text>`,
    ),
  ].join('\n');
  const css = [...spans.values(), '@media (prefers-reduced-motion:reduce){g{animation:none!important}}'].join('\n');
  return svg({ columns, rows: height + 2, title, css }, drawn);
}
