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

/** The visible screen as a complete SVG document. */
export function drawSvg(terminal: Terminal, title: string): string {
  const buffer = terminal.buffer.active;
  const margin = 16;
  const width = Math.ceil(terminal.cols * cell.width + 2 * margin);
  const height = Math.ceil(terminal.rows * cell.height + 2 * margin);
  const papers: string[] = [];
  const inks: string[] = [];
  for (let y = 0; y < terminal.rows; y += 1) {
    const line = buffer.getLine(buffer.viewportY + y);
    if (!line) continue;
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
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(title)}">
<rect width="100%" height="100%" rx="8" fill="${background}"/>
${papers.join('\n')}
<g font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="${cell.font}" xml:space="preserve">
${inks.join('\n')}
</g>
</svg>
`;
}
