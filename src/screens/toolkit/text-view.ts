// A screen that is a text to read.

import type { Row, View } from '../screen.ts';
import { type Line, line, span } from './line.ts';

/** Lines as rows that scroll. */
export function text(lines: readonly Line[], more: Omit<View, 'rows' | 'selectable'> = {}): View {
  return { ...more, rows: lines.map((l, i): Row => ({ id: String(i), text: '', draw: () => [l] })), selectable: false };
}

/** The text for a resource that no longer exists. */
export function gone(what: string): View {
  return text([[], line(span('?', 'unknown'), ` ${what} no longer exists`), line(span('  esc goes back', 'dim'))]);
}
