// Texts in large letters, as long as they fit.
import { columnsOf } from '../toolkit/line.ts';

/** A font: the rows of a text (toolkit/banner-font.ts). */
export type Letters = (text: string) => readonly string[];

/** The first text whose letters fit; the last is cut. */
export function fitting(texts: readonly string[], columns: number, letters: Letters): string {
  const fits = (text: string) => columnsOf(letters(text)[0] ?? '') <= columns;
  const found = texts.find(fits);
  if (found !== undefined) return found;
  let shortest = texts.at(-1) ?? '';
  while (shortest && !fits(shortest)) shortest = shortest.slice(0, -1);
  return shortest;
}
