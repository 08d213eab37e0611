// A text document as a value, and as Markdown or plain lines: the same content, whatever it is written in.
import { markdownText } from './markup.ts';
import { width, wrap } from './text.ts';

/** A part of a document. Texts are raw: each writer escapes for its own form. */
export type Block =
  | { kind: 'title' | 'heading' | 'subheading'; text: string }
  | { kind: 'text'; text: string; as?: 'strong' | 'emphasis' }
  /** `open`: something to be done. */
  | { kind: 'list'; items: readonly Item[] }
  | { kind: 'table'; head: readonly string[]; rows: readonly (readonly Cell[])[] }
  /** As it stands, not wrapped: commands, charts. */
  | { kind: 'code'; language: 'bash' | 'text'; lines: readonly string[] };

export type Item = { text: string; under?: readonly string[]; open?: true };
export type Cell = string | { strong: string };

const textOf = (cell: Cell): string => (typeof cell === 'string' ? cell : cell.strong);

/** In Markdown (GitHub's). */
export function markdown(blocks: readonly Block[]): string {
  return `${blocks.map(markdownBlock).join('\n\n')}\n`;
}

const sharps = { title: '#', heading: '##', subheading: '###' } as const;

function markdownBlock(block: Block): string {
  switch (block.kind) {
    case 'title':
    case 'heading':
    case 'subheading':
      return `${sharps[block.kind]} ${markdownText(block.text)}`;
    case 'text': {
      const text = markdownText(block.text);
      return block.as === 'strong' ? `**${text}**` : block.as === 'emphasis' ? `_${text}_` : text;
    }
    case 'list':
      return block.items
        .flatMap(({ text, under = [], open }) => [
          `- ${open ? '[ ] ' : ''}${markdownText(text)}`,
          ...under.map((more) => `  - ${markdownText(more)}`),
        ])
        .join('\n');
    case 'table':
      return [
        block.head.map(markdownText),
        block.head.map(() => '---'),
        ...block.rows.map((row) => row.map(markdownCell)),
      ]
        .map((row) => `| ${row.join(' | ')} |`)
        .join('\n');
    case 'code':
      return fence(block.language, block.lines);
  }
}

/** A number with its unit: nothing in it is mark-up, and escaped it reads badly as text. */
const figure = /^\d[\d .]*(?:%|ms|min|[smhd])?(?: \d+ [smhd])?$/;

const markdownCell = (cell: Cell): string => {
  if (typeof cell === 'string' && figure.test(cell)) return cell;
  const text = markdownText(textOf(cell));
  return typeof cell === 'string' || text === '' ? text : `**${text}**`;
};

/** Lines in a fence that none of them can close. */
function fence(language: string, lines: readonly string[]): string {
  const ticks = lines.join('\n').match(/`{3,}/g) ?? [];
  const bar = '`'.repeat(Math.max(3, ...ticks.map((t) => t.length + 1)));
  return `${bar}${language}\n${lines.join('\n')}\n${bar}`;
}

/** A line of plain text, and what it is. */
export type PlainLine = { text: string; as: 'title' | 'heading' | 'plain' | 'strong' | 'dim' | 'code' };

/** In plain lines of at most `columns`; only code may be wider. */
export function plainLines(blocks: readonly Block[], columns: number): readonly PlainLine[] {
  const lines: PlainLine[] = [];
  for (const [at, block] of blocks.entries()) {
    if (at > 0) lines.push({ text: '', as: 'plain' });
    lines.push(...plainBlock(block, columns));
  }
  return lines;
}

/** The same as one text. */
export const plainText = (blocks: readonly Block[], columns: number): string =>
  `${plainLines(blocks, columns)
    .map(({ text }) => text)
    .join('\n')}\n`;

function plainBlock(block: Block, columns: number): readonly PlainLine[] {
  const wrapped = (text: string, as: PlainLine['as'], first = '', rest = first) =>
    wrap(text, Math.max(16, columns - first.length)).map((part, at) => ({
      text: `${at === 0 ? first : rest}${part}`,
      as,
    }));
  switch (block.kind) {
    case 'title':
      return wrapped(block.text, 'title');
    case 'heading':
    case 'subheading':
      return wrapped(block.text, block.kind === 'heading' ? 'heading' : 'strong');
    case 'text':
      return wrapped(block.text, block.as === 'strong' ? 'strong' : block.as === 'emphasis' ? 'dim' : 'plain');
    case 'list':
      return block.items.flatMap(({ text, under = [], open }) => [
        ...wrapped(text, 'plain', open ? '[ ] ' : '- ', open ? '    ' : '  '),
        ...under.flatMap((more) => wrapped(more, 'plain', '  - ', '    ')),
      ]);
    case 'table':
      return plainTable(block.head, block.rows, columns);
    case 'code':
      return block.lines.map((text) => ({ text: `  ${text}`, as: 'code' as const }));
  }
}

/** The narrowest that a column is made, and the blanks between two. */
const narrowest = 6;
const gap = '  ';

/** Columns as wide as what is in them; where that is too wide, the widest give way and their cells wrap. */
function plainTable(
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
  columns: number,
): readonly PlainLine[] {
  const texts = rows.map((row) => head.map((_, at) => textOf(row[at] ?? '')));
  const widths = head.map((title, at) => Math.max(width(title), ...texts.map((row) => width(row[at] ?? ''))));
  const room = columns - gap.length * (head.length - 1);
  for (let over = widths.reduce((sum, each) => sum + each, 0) - room; over > 0; ) {
    const widest = Math.max(...widths);
    if (widest <= narrowest) break;
    const second = Math.max(narrowest, ...widths.filter((each) => each < widest));
    const many = widths.filter((each) => each === widest).length;
    const less = Math.min(widest - second || 1, Math.ceil(over / many));
    for (const [at, each] of widths.entries()) if (each === widest) widths[at] = each - less;
    over -= less * many;
  }
  const drawn = (cells: readonly string[]): readonly string[] => {
    const parts = cells.map((text, at) => wrap(text, widths[at] ?? narrowest));
    const height = Math.max(1, ...parts.map(({ length }) => length));
    return Array.from({ length: height }, (_, line) =>
      parts
        .map((part, at) => pad(part[line] ?? '', widths[at] ?? 0))
        .join(gap)
        .trimEnd(),
    );
  };
  return [
    ...drawn(head).map((text) => ({ text, as: 'dim' as const })),
    ...texts.flatMap((cells, at) => {
      const isStrong = rows[at]?.some((cell) => typeof cell !== 'string') ?? false;
      return drawn(cells).map((text) => ({ text, as: isStrong ? ('strong' as const) : ('plain' as const) }));
    }),
  ];
}

const pad = (text: string, columns: number): string => text + ' '.repeat(Math.max(0, columns - width(text)));
