// What turns one row of the terminal into another, in few bytes.
import { isNarrow } from '../../core/text/glyphs.ts';

const colours = /\u001b\[[\d;:]*m/g;
const reset = '\u001b[0m';

/** Whether each character of a painted row takes one column, so that its place in the text is its place on the terminal. */
export const isPlain = (row: string): boolean => isNarrow(row.replace(colours, ''));

/** The characters of a plain row, without blanks at its end that show nothing, and what each wears: the sequences in force. */
type Cells = { text: string; looks: readonly string[] };

function cellsOf(row: string): Cells {
  const looks: string[] = [];
  let text = '';
  let look = '';
  let shown = 0;
  const take = (part: string) => {
    text += part;
    for (let i = 0; i < part.length; i += 1) looks.push(look);
    shown = look === '' ? Math.max(shown, text.trimEnd().length) : text.length;
  };
  let at = 0;
  for (const { 0: sequence, index } of row.matchAll(colours)) {
    take(row.slice(at, index));
    look = sequence === reset || sequence === '\u001b[m' ? '' : look + sequence;
    at = index + sequence.length;
  }
  take(row.slice(at));
  return { text: text.slice(0, shown), looks };
}

/**
 * Moves the cursor to the row (1 is the first) and writes what differs: of plain rows the cells from the first to the last
 * one that changed, otherwise the whole row. Empty where both look the same.
 */
export function rowDifference(before: string, after: string, row: number): string {
  if (!isPlain(before) || !isPlain(after)) return `\u001b[${row}H\u001b[K${after}`;
  const [old, now] = [cellsOf(before), cellsOf(after)];
  const differs = (at: number) =>
    (old.text[at] ?? ' ') !== (now.text[at] ?? ' ') || lookAt(old, at) !== lookAt(now, at);
  let from = 0;
  let to = Math.max(old.text.length, now.text.length);
  while (from < to && !differs(from)) from += 1;
  while (to > from && !differs(to - 1)) to -= 1;
  if (from === to) return '';
  const column = from === 0 ? '' : `;${from + 1}`;
  const erased = to > now.text.length ? '\u001b[K' : '';
  return `\u001b[${row}${column}H${painted(now, from, Math.min(to, now.text.length))}${erased}`;
}

const lookAt = ({ text, looks }: Cells, at: number): string => (at < text.length ? (looks[at] ?? '') : '');

function painted({ text, looks }: Cells, from: number, to: number): string {
  let all = '';
  let look = '';
  for (let at = from; at < to; at += 1) {
    const next = looks[at] ?? '';
    if (next !== look) all += `${look && reset}${next}`;
    look = next;
    all += text[at];
  }
  return look ? all + reset : all;
}
