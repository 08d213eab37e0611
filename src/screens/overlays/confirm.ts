// The confirmation: cancel has the focus, Enter alone never accepts, pasted text never accepts.
import type { Confirmation, Intent, Overlay, State } from '../../store.ts';
import { bold, dim, type Line, line, mark, span } from '../toolkit/line.ts';
import { edit, field } from './field.ts';

type Confirm = Extract<Overlay, { kind: 'confirm' }>;

/** The last lines: how to accept, or why that is not possible. */
export function confirmEnd(state: State, overlay: Confirm): Line[] {
  const { accept } = overlay.ask;
  const why = overlay.ask.unless?.(state);
  if (why !== undefined) {
    const remedy = overlay.ask.remedy?.(state);
    const way = remedy && line('          ', span(remedy.key, 'key'), ` ${remedy.title}`);
    return [line('  ', mark('unknown'), ` ${why}`), line('  ', span('▶ ', 'accent'), bold('cancel'), way)];
  }
  if (accept.by === 'key')
    return [line('  ', span('▶ ', 'accent'), bold('cancel'), '          ', span('y', 'key'), ` ${accept.word}`)];
  const [at, of] = [overlay.typed.length, accept.texts.length];
  const count = of > 1 ? `${at + 1}/${of} ` : '';
  const last = at + 1 < of ? '   then enter; esc cancels' : `   then enter to ${accept.word}; esc cancels`;
  return [line(`  ${count}type `, bold(accept.texts[at] ?? ''), ' to confirm: ', field(overlay.text), dim(last))];
}

/** The reason why a key did not accept. */
const ignored = (says: string): Intent => ({ kind: 'notice', says, verdict: 'unknown' });

function cancelled(state: State, ask: Confirmation): readonly Intent[] {
  return [
    { kind: 'close' },
    ...(ask.cancelled?.(state) ?? []),
    { kind: 'notice', says: 'cancelled; nothing was done' },
  ];
}

/**
 * What a key does. `alone`: it was not part of a burst of keys; a burst may have been typed before the
 * question was seen, so it never accepts.
 */
export function confirmKey(state: State, overlay: Confirm, key: string, alone: boolean): readonly Intent[] {
  const { ask } = overlay;
  if (key === 'esc' || key === 'ctrl-c') return cancelled(state, ask);
  const scroll = scrolling(overlay.top, key, ask.accept.by === 'key');
  if (scroll !== undefined) return [{ kind: 'overlay', overlay: { ...overlay, top: scroll } }];
  const why = ask.unless?.(state);
  // A letter of a text that is being typed is never this key.
  const remedy = why === undefined || overlay.text !== '' ? undefined : ask.remedy?.(state);
  if (remedy?.key === key) return [{ kind: 'form', form: { ...remedy.form, back: overlay } }];
  if (ask.accept.by === 'key') {
    if (key === 'enter' || key === 'n' || key === 'q') return cancelled(state, ask);
    if (key !== 'y') return [];
    if (!alone) return [ignored('y ignored: part of a burst of keys; read the plan, then press y alone')];
    if (why !== undefined) return [ignored(why)];
    return [{ kind: 'close' }, ...ask.accepted(state)];
  }
  if (why !== undefined) return key === 'enter' ? cancelled(state, ask) : [];
  if (key === 'enter') {
    const wanted = ask.accept.texts[overlay.typed.length];
    if (overlay.text !== wanted)
      return overlay.text === ''
        ? []
        : [{ kind: 'notice', says: `text does not match ${wanted}; nothing was done`, verdict: 'unknown' }];
    const typed = [...overlay.typed, overlay.text];
    // Enter in one piece with its text was pasted, or typed before the question was visible.
    if (!alone)
      return [
        { kind: 'notice', says: 'enter ignored: part of a burst of keys; press enter alone', verdict: 'unknown' },
      ];
    if (typed.length < ask.accept.texts.length) return [{ kind: 'overlay', overlay: { ...overlay, typed, text: '' } }];
    return [{ kind: 'close' }, ...ask.accepted(state)];
  }
  const text = edit(overlay.text, key);
  return text === undefined ? [] : [{ kind: 'overlay', overlay: { ...overlay, text } }];
}

/** Where a text scrolls to; undefined when the key does not scroll. `letters`: j and k scroll too. */
export function scrolling(top: number, key: string, letters: boolean): number | undefined {
  const by: Record<string, number> = { down: 1, up: -1, pagedown: 10, pageup: -10, 'ctrl-d': 10 };
  if (letters)
    Object.assign(by, { j: 1, k: -1, 'ctrl-u': -10, g: Number.NEGATIVE_INFINITY, G: Number.POSITIVE_INFINITY });
  const step = by[key];
  // The drawing clamps to the end.
  return step === undefined ? undefined : Math.max(0, Math.min(top + step, 10_000));
}
