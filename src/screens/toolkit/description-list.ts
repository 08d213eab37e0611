// Labels and their values, as the screens of details show them.
import { columnsOf, dim, type Line, line, wrap } from './line.ts';

/** Label and value, one under the other, for details: labels dim, values from one column. */
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
