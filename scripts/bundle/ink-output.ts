// Replaces Ink's Output in the bundle. Ink splits every row of every frame into cells and joins them again; that is most
// of the cost of an idle cockpit. Our rows are painted already, one text from edge to edge. A frame that consists of such
// rows only is passed on as it is; every other frame is drawn by Ink.
import stringWidth from 'string-width';
import InkOutput, { type Operation } from './ink-output-itself.ts';

/** Characters that Ink would drop from a row; such rows are left to Ink. */
const unseen = /\p{Default_Ignorable_Code_Point}/u;

export default class Output extends InkOutput {
  override get(): { output: string; height: number } {
    const rows = wholeRows(this.operations, this.width, this.height);
    return rows ? { output: rows.join('\n'), height: this.height } : super.get();
  }
}

/** The rows of a frame if each is one text at the left edge, drawn once; otherwise undefined. */
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
