// Stands for Ink's Output in the bundle. Ink takes every row apart into cells and puts it together again, for every
// frame: most of what a second of an idle cockpit costs. Our rows come ready painted, one text from edge to edge; where
// a whole frame is made of such rows nothing has to be taken apart. Every other frame goes Ink's own way.
import stringWidth from 'string-width';
import InkOutput, { type Operation } from './ink-output-itself.ts';

/** What Ink would leave out of a row: it is left to Ink. */
const unseen = /\p{Default_Ignorable_Code_Point}/u;

export default class Output extends InkOutput {
  override get(): { output: string; height: number } {
    const rows = wholeRows(this.operations, this.width, this.height);
    return rows ? { output: rows.join('\n'), height: this.height } : super.get();
  }
}

/** The rows of a frame in which each is one text at the left edge, drawn once; undefined where anything is different. */
export function wholeRows(operations: readonly Operation[], width: number, height: number): string[] | undefined {
  const rows = new Map<number, string>();
  for (const operation of operations) {
    if (operation.type === 'unclip') continue;
    if (operation.type === 'clip') {
      const { x1 = 0, y1 = 0, x2 = width, y2 = height } = operation.clip;
      if (x1 > 0 || y1 > 0 || x2 < width || y2 < height) return undefined;
      continue;
    }
    const { x, y } = operation;
    if (x !== 0 || rows.has(y) || !Number.isInteger(y) || y < 0 || y >= height) return undefined;
    // Every Text of Ink has one: its colours, and nothing where it has none.
    const text = operation.transformers.reduce((line, transform) => transform(line, 0), operation.text);
    if (/[\n\t]/.test(text) || stringWidth(text) > width || unseen.test(text)) return undefined;
    rows.set(y, text.trimEnd());
  }
  return Array.from({ length: height }, (_, y) => rows.get(y) ?? '');
}
