// What Redis keeps on disk, as text (INFO persistence).
import { formatAge, formatCount, formatInstant } from '../../core/text/format.ts';
import type { Instant } from '../../core/time.ts';
import type { Redis } from '../../core/world/facts.ts';

/** Label and value, for details. */
export function persistencePairs(
  redis: Redis | undefined,
  now: Instant,
): readonly (readonly [string, string | undefined])[] {
  const p = redis?.persistence;
  if (!p) return [['persistence', redis ? 'not reported' : 'Redis does not answer']];
  const when = p.savedAt === undefined ? 'never' : `${formatInstant(p.savedAt)}, ${formatAge(now - p.savedAt)} ago`;
  const changes = p.changes === undefined ? '' : `, ${formatCount(p.changes)} changes since`;
  return [
    ['saved (RDB)', `${when}${changes}`],
    ['last save', p.saved === undefined ? undefined : p.saved ? 'succeeded' : 'FAILED: check its log and its disk'],
    [
      'append-only file',
      p.appendOnly
        ? p.appended === false
          ? 'on, but writes to it FAIL'
          : 'on'
        : 'off: a crash loses all changes since the last save',
    ],
  ];
}
