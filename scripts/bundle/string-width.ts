// Replaces string-width in the bundle, for us and for Ink's packages: one copy instead of six, loaded when a text needs
// it. Its regular expressions and segmenter take some 60 ms of a start, and nearly every text of the cockpit is ASCII and
// our own glyphs, coloured.
import { isNarrow } from '../../src/core/text/glyphs.ts';

declare const require: (name: 'string-width') => typeof import('string-width');

type Options = import('string-width').Options;

const colours = /\u001b\[[\d;]*m/g;

/** Terminal columns of a text, as string-width counts them. */
export default function stringWidth(text: string, options?: Options): number {
  if (options || typeof text !== 'string') return require('string-width').default(text, options);
  const plain = text.includes('\u001b') ? text.replace(colours, '') : text;
  // Printable ASCII and the cockpit's glyphs: one column each (test/unit/bundle.test.ts).
  return isNarrow(plain) ? plain.length : require('string-width').default(text);
}
