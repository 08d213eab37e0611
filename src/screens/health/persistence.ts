// What Redis keeps on its own disk, in words (INFO persistence).
import { formatAge, formatCount, formatInstant } from '../../core/text/format.ts';
import type { Instant } from '../../core/time.ts';
import type { Redis } from '../../core/world/facts.ts';

/** Label and value, for details. */
export function persistencePairs(
  redis: Redis | undefined,
  now: Instant,
): readonly (readonly [string, string | undefined])[] {
  const p = redis?.persistence;
  if (!p) return [['on its disk', redis ? 'the server does not say' : 'Redis does not answer']];
  const when = p.savedAt === undefined ? 'never' : `${formatInstant(p.savedAt)}, ${formatAge(now - p.savedAt)} ago`;
  const changes = p.changes === undefined ? '' : `, ${formatCount(p.changes)} changes since`;
  return [
    ['saved (RDB)', `${when}${changes}`],
    ['last save', p.saved === undefined ? undefined : p.saved ? 'succeeded' : 'FAILED: look at its log and its disk'],
    [
      'append-only file',
      p.appendOnly
        ? p.appended === false
          ? 'on, and writing to it FAILS'
          : 'on'
        : 'off: a crash loses what changed since it saved',
    ],
  ];
}
