// A text that scrolls: which of its lines are visible, and which were seen.
import type { Read } from '../../store.ts';

/** The visible part of a text: `room` lines from `top` on, of `total`. */
export type Fold = { top: number; room: number; total: number };

/** The part that is visible from `top` on, without a gap at the end. */
export function foldAt(top: number, room: number, total: number): Fold {
  return { top: Math.max(0, Math.min(top, total - room)), room, total };
}

/** Everything is visible. */
export const unfolded: Fold = { top: 0, room: 0, total: 0 };

/** Where a key scrolls to; undefined when it does not scroll. `letters`: j, k, g, G and space scroll too. */
export function scrolling({ top, room, total }: Fold, key: string, letters: boolean): number | undefined {
  const page = Math.max(1, room - 1);
  const by: Record<string, number> = {
    down: 1,
    up: -1,
    pagedown: page,
    pageup: -page,
    'ctrl-d': page,
    'ctrl-f': page,
    'ctrl-b': -page,
  };
  if (letters)
    Object.assign(by, { j: 1, k: -1, space: page, 'ctrl-u': -page, g: -total, G: total, home: -total, end: total });
  const step = by[key];
  return step === undefined ? undefined : foldAt(top + step, room, total).top;
}

/** What was read once the visible part was: a part that was jumped over is not. */
export function readOf(read: Read | undefined, { top, room, total }: Fold, version: number | undefined): Read {
  const to = read?.version === version ? (read?.to ?? 0) : 0;
  if (top > to) return { version, to };
  // Later lines of the same text, such as an age that needs one more, do not have to be read again.
  return { version, to: top + room >= total ? Number.POSITIVE_INFINITY : Math.max(to, top + room) };
}

/** The same where a key goes from part to part, so that none is jumped over, but one may be higher than the room. */
export function readByParts(read: Read | undefined, { top, room, total }: Fold): Read {
  return {
    version: undefined,
    to: top + room >= total ? Number.POSITIVE_INFINITY : Math.max(read?.to ?? 0, top + room),
  };
}

/** Lines that were not seen yet. */
export const unreadOf = ({ to }: Read, { total }: Fold): number => Math.max(0, total - to);
