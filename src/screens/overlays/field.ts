// One text field: what its keys do to its text.
import { stripControl } from '../../core/text/text.ts';
import { type Line, line, span } from '../toolkit/line.ts';

/** A field never grows beyond this. */
const longest = 2000;

/** The text after a key, or undefined when the field does not use the key. Letters are text here. */
export function edit(text: string, key: string): string | undefined {
  if (key === 'backspace' || key === 'delete') return [...text].slice(0, -1).join('');
  if (key === 'ctrl-u') return '';
  if (key === 'ctrl-w') return text.trimEnd().replace(/(?<!\S)\S+$/, '');
  if (key === 'space') return insert(text, ' ');
  if ([...key].length !== 1) return undefined;
  return insert(text, key);
}

/** Typed or pasted text, made safe and one line long. */
export function insert(text: string, more: string): string {
  return (text + stripControl(more.replace(/[\r\n\t]+/g, ' '))).slice(0, longest);
}

/** A text with its cursor: before the last `behind` characters. */
export type Edited = { text: string; behind: number };

const cursorMoves: Readonly<Record<string, (behind: number, all: number) => number>> = {
  left: (behind) => behind + 1,
  right: (behind) => behind - 1,
  home: (_, all) => all,
  'ctrl-a': (_, all) => all,
  end: () => 0,
  'ctrl-e': () => 0,
};

/** Like `edit`, where the cursor is; keys that move the cursor belong to the field too. */
export function editAt({ text, behind }: Edited, key: string): Edited | undefined {
  const all = [...text];
  const move = cursorMoves[key];
  if (move) return { text, behind: Math.max(0, Math.min(all.length, move(behind, all.length))) };
  const at = all.length - Math.min(behind, all.length);
  const [before, after] = [all.slice(0, at).join(''), all.slice(at).join('')];
  if (key === 'delete') return { text: before + [...after].slice(1).join(''), behind: Math.max(0, behind - 1) };
  const edited = edit(before, key);
  return edited === undefined ? undefined : { text: (edited + after).slice(0, longest), behind };
}

/** Pasted text goes in at the cursor. */
export function insertAt({ text, behind }: Edited, more: string): Edited {
  const all = [...text];
  const at = all.length - Math.min(behind, all.length);
  const [before, after] = [all.slice(0, at).join(''), all.slice(at).join('')];
  return { text: (insert(before, more) + after).slice(0, longest), behind };
}

/** The text and the cursor. */
export function field(text: string, secret = false, behind = 0): Line {
  const all = [...(secret ? '•'.repeat([...text].length) : text)];
  const at = all.length - Math.min(behind, all.length);
  return line(all.slice(0, at).join(''), span('█', 'accent'), all.slice(at).join(''));
}
