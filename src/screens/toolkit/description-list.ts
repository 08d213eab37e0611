// Labels and values of a details screen.
import { columnsOf, dim, type Line, line, wrap } from './line.ts';

/** Labels and values below each other: labels dim, values aligned. */
export function descriptionList(
  of: readonly (readonly [label: string, value: Line | string | undefined])[],
  columns: number,
): Line[] {
  const known = of.filter((p): p is readonly [string, Line | string] => p[1] !== undefined && p[1] !== '');
  const wide = Math.min(22, Math.max(0, ...known.map(([label]) => columnsOf(label))));
  return known.flatMap(([label, value]) => {
    const head = dim(label.padEnd(wide));
    if (typeof value !== 'string') return [line(head, '  ', value)];
    return wrap(value, columns - wide - 2).map((part, i) => line(i === 0 ? head : ' '.repeat(wide), '  ', part));
  });
}
