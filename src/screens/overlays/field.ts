// One text field: what its keys do to its text.
import { clean } from '../../core/text.ts';
import { type Line, line, span } from '../line.ts';

/** A field never grows beyond this. */
const longest = 2000;

/** The text after a key, or undefined when the key is none of the field's. A letter is a letter here. */
export function edit(text: string, key: string): string | undefined {
  if (key === 'backspace' || key === 'delete') return [...text].slice(0, -1).join('');
  if (key === 'ctrl-u') return '';
  if (key === 'ctrl-w') return text.replace(/\S*\s*$/, '');
  if (key === 'space') return insert(text, ' ');
  if ([...key].length !== 1) return undefined;
  return insert(text, key);
}

/** Typed or pasted text, made safe and one line long. */
export function insert(text: string, more: string): string {
  return (text + clean(more.replace(/[\r\n\t]+/g, ' '))).slice(0, longest);
}

/** The text and the cursor. */
export function field(text: string, secret = false): Line {
  return line(secret ? '•'.repeat([...text].length) : text, span('█', 'accent'));
}
