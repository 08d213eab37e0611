// Several effects in one review: each is switched on or off and can be edited; y does what is on.

import { formatCounted } from '../../core/text/format.ts';
import type { Intent, Overlay, State, Switch } from '../../store.ts';
import { bold, dim, type Line, line, pointer, span, wrap } from '../toolkit/line.ts';
import { type Fold, readByParts, unreadOf } from './fold.ts';

type Switches = Extract<Overlay, { kind: 'switches' }>;

/** The lines of each switch: what it does, and its whole text. */
function switchLines(item: Switch, isHere: boolean, columns: number): readonly Line[] {
  const box = item.on ? '[x] ' : '[ ] ';
  const title = isHere ? bold(item.title) : item.title;
  const head = line(isHere ? line(pointer, ' ') : '  ', box, item.unless === undefined ? title : dim(item.title));
  const says = item.unless ?? item.text;
  return [head, ...(says ? wrap(says, columns - 8).map((part) => line('      ', dim(part))) : [])];
}

/** All lines, and the first line to show so that the selected switch is visible in `room` lines. */
export function switchesLines(
  overlay: Switches,
  state: State,
  columns: number,
  room: number,
): { lines: Line[]; top: number } {
  const about = overlay.review.lines?.(state, columns) ?? [];
  const each = overlay.items.map((item, at) => switchLines(item, at === overlay.at, columns));
  const end = about.length + each.slice(0, overlay.at + 1).flat().length;
  return { lines: [...about, ...each.flat()], top: Math.max(0, end - room) };
}

export function switchesEnd({ review, read }: Switches, state: State, fold: Fold): Line[] {
  const unread = unreadOf(readByParts(read, fold), fold);
  if (unread > 0) return [line('  ', span('↓', 'key'), ` scroll down: ${formatCounted(unread, 'more line')}`)];
  const word = typeof review.word === 'string' ? review.word : review.word(state);
  return [line('  ', span('y', 'key'), ` ${word}`, dim('   only what is switched on'))];
}

const notice = (says: string): Intent => ({ kind: 'notice', says, verdict: 'unknown' });

/** What a key does. `alone`: it was not part of a burst of keys, which may have been typed before the review was seen. */
export function switchesKey(overlay: Switches, key: string, alone: boolean, fold: Fold): readonly Intent[] {
  const { review, items, at } = overlay;
  const read = readByParts(overlay.read, fold);
  const show = (next: Partial<Switches>): readonly Intent[] => [
    { kind: 'overlay', overlay: { ...overlay, read, ...next } },
  ];
  const item = items[at];
  const moves: Record<string, number> = { down: 1, j: 1, tab: 1, up: -1, k: -1, 'shift-tab': -1 };
  const by = moves[key];
  if (by !== undefined) return show({ at: Math.max(0, Math.min(items.length - 1, at + by)) });
  if (key === 'esc' || key === 'ctrl-c' || key === 'q' || key === 'n')
    return [{ kind: 'close' }, { kind: 'notice', says: 'cancelled; nothing was done' }];
  if (key === 'y') {
    if (!alone) return [notice('y ignored: part of a burst of keys; press it alone')];
    if (unreadOf(read, fold) > 0) return [notice('read everything first: ↓ scrolls down')];
    return [{ kind: 'close' }, ...review.submit(items.filter(({ on }) => on))];
  }
  if (!item) return [];
  if (key === 'space') {
    if (item.unless !== undefined) return [notice(item.unless)];
    if (item.always) return [notice(`${item.title}: always done; esc cancels everything`)];
    return show({ items: items.with(at, { ...item, on: !item.on }) });
  }
  return key === 'enter' && item.edit !== undefined && item.unless === undefined
    ? [edit({ ...overlay, read }, item)]
    : [];
}

/** The text of a switch in a form; `enter` there returns here. */
function edit(overlay: Switches, item: Switch): Intent {
  return {
    kind: 'form',
    form: {
      title: item.title,
      fields: [
        {
          name: 'text',
          ask: item.edit ?? '',
          kind: 'text',
          value: item.text ?? '',
          lines: item.isOptional ? undefined : true,
          optional: item.isOptional === true,
        },
      ],
      back: overlay,
      submit: ({ text = '' }) => [
        {
          kind: 'overlay',
          overlay: { ...overlay, items: overlay.items.with(overlay.at, { ...item, text, on: true }) },
        },
      ],
    },
  };
}
