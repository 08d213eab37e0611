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

/** One line of safe text, a character more than a field may have where there is more. */
const safe = (more: string): string => stripControl(more.replace(/[\r\n\t]+/g, ' '), longest + 1);

/** Typed or pasted text, made safe and one line long: as much as has room before `after`. */
export function insert(text: string, more: string, after = ''): string {
  const room = Math.max(0, longest - text.length - after.length);
  // Not half of a character that has two code units.
  return (
    text +
    safe(more)
      .slice(0, room)
      .replace(/[\ud800-\udbff]$/, '')
  );
}

/** What to say where a text does not fit behind the text that a field already has; undefined: it fits. */
export function cutSays(text: string, more: string): string | undefined {
  return text.length + safe(more).length > longest ? `text cut: a field has ${longest} characters at most` : undefined;
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
  if (before.length + after.length >= longest && (key === 'space' || [...key].length === 1)) return { text, behind };
  const edited = edit(before, key);
  return edited === undefined ? undefined : { text: edited + after, behind };
}

/** Pasted text goes in at the cursor. */
export function insertAt({ text, behind }: Edited, more: string): Edited {
  const all = [...text];
  const at = all.length - Math.min(behind, all.length);
  const [before, after] = [all.slice(0, at).join(''), all.slice(at).join('')];
  return { text: insert(before, more, after) + after, behind };
}

/** The text and the cursor. */
export function field(text: string, secret = false, behind = 0): Line {
  const all = [...(secret ? '•'.repeat([...text].length) : text)];
  const at = all.length - Math.min(behind, all.length);
  return line(all.slice(0, at).join(''), span('█', 'accent'), all.slice(at).join(''));
}
