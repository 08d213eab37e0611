// Differences as diff and kubectl write them (unified format): a line begins with what happens to it.
import type { Tone } from './line.ts';

/** The tone of a line of a difference: `+ …` is added, `- …` is removed, everything else is context. */
export function diffTone(text: string): Tone {
  const [sign] = text;
  return sign === '+' ? 'added' : sign === '-' ? 'removed' : 'plain';
}
