// Missing parts of a resource, as rows; each opens its full reason.

import type { Missing } from '../../core/queries/missing.ts';
import type { Row } from '../screen.ts';
import { dim, line, mark, wrap } from './line.ts';

/** `node: may not get nodes (403)`. */
export function missingRows(missing: readonly Missing[]): Row[] {
  return missing.map(({ part, why }): Row => {
    const what = `${part}: ${why}`;
    return {
      id: `missing/${part}`,
      text: what,
      draw: () => [line(mark('unknown'), dim(` not available: ${what}`))],
      opens: {
        kind: 'details',
        title: 'not available',
        lines: (_, columns) => wrap(what, columns - 2).map((l) => line(l)),
      },
      copies: { text: what, what: 'the reason' },
    };
  });
}
