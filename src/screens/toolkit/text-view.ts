// A screen that is a text to read.

import type { Row, View } from '../screen.ts';
import { type Line, line, span } from './line.ts';

/** Lines as rows that scroll. */
export function text(lines: readonly Line[], more: Omit<View, 'rows' | 'selectable'> = {}): View {
  return { ...more, rows: lines.map((l, i): Row => ({ id: String(i), text: '', draw: () => [l] })), selectable: false };
}

/** What stands where something was that is not there any more. */
export function gone(what: string): View {
  return text([[], line(span('?', 'unknown'), ` ${what} is not there any more`), line(span('  esc goes back', 'dim'))]);
}
