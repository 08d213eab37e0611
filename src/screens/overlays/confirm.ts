// The confirmation: cancel has the focus, Enter alone never accepts, pasted text never accepts, and nothing accepts
// before the whole text was seen.
import { formatCounted } from '../../core/text/format.ts';
import type { Confirmation, Intent, Overlay, State } from '../../store.ts';
import { bold, dim, type Line, line, lineWidth, mark, pointer, span, type Tone, wrap } from '../toolkit/line.ts';
import { edit, field } from './field.ts';
import { type Fold, readOf, scrolling, unreadOf } from './fold.ts';

type Confirm = Extract<Overlay, { kind: 'confirm' }>;

/** What was read of it, the visible part included. */
const readHere = (state: State, { ask, read }: Confirm, fold: Fold) => readOf(read, fold, ask.version?.(state));

const cancel: Line = line('  ', pointer, ' ', bold('cancel'));

/** The last lines: how to accept, or why that is not possible. */
export function confirmEnd(state: State, overlay: Confirm, columns: number, fold: Fold): Line[] {
  const { accept } = overlay.ask;
  const why = overlay.ask.unless?.(state);
  if (why !== undefined) {
    const remedy = overlay.ask.remedy?.(state);
    const way = remedy && line('          ', span(remedy.key, 'key'), ` ${remedy.title}`);
    return [
      ...wrap(why, columns - 5).map((part, at) => line('  ', at === 0 ? mark('unknown') : ' ', ` ${part}`)),
      line(cancel, way),
    ];
  }
  const unread = unreadOf(readHere(state, overlay, fold), fold);
  if (unread > 0)
    return [line(cancel, '          ', span('↓', 'key'), ` scroll down: ${formatCounted(unread, 'more line')}`)];
  if (accept.by === 'key') return [line(cancel, '          ', span('y', 'key'), ` ${accept.word}`)];
  return typing(overlay, accept, columns, overlay.ask.danger?.(state) === undefined ? 'plain' : 'critical');
}

/** `1/2 type db-replica to confirm: █`; the field is below it where both do not fit. */
function typing(
  { typed, text }: Confirm,
  { texts, word }: Extract<Confirmation['accept'], { by: 'type' }>,
  columns: number,
  tone: Tone,
): Line[] {
  const [at, of] = [typed.length, texts.length];
  const wanted = texts[at] ?? '';
  const count = of > 1 ? span(`${at + 1}/${of} `, tone) : undefined;
  const question = line('  ', count, 'type ', bold(wanted), ' to confirm: ');
  const fits = wanted.startsWith(text);
  const entered = fits ? field(text) : line(span(text, 'warning'), field(''));
  const next = at + 1 < of ? '   then enter; esc cancels' : `   then enter to ${word}; esc cancels`;
  const says = dim(fits ? next : '   does not match; ctrl-u clears');
  const beside = line(question, entered, says);
  if (lineWidth(question) + Math.max(lineWidth(entered), wanted.length + 1) + lineWidth([says]) <= columns)
    return [beside];
  const asked = wrap(`type ${wanted} to confirm:`, columns - (count ? 6 : 2));
  return [
    ...asked.map((part, row) => line('  ', row === 0 ? count : count && '    ', part)),
    line('  ', entered, says),
  ];
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
 * question was seen, so it never accepts. `fold`: what of the text is visible.
 */
export function confirmKey(state: State, overlay: Confirm, key: string, alone: boolean, fold: Fold): readonly Intent[] {
  const { ask } = overlay;
  if (key === 'esc' || key === 'ctrl-c') return cancelled(state, ask);
  const read = readHere(state, overlay, fold);
  const show = (next: Partial<Confirm>): readonly Intent[] => [
    { kind: 'overlay', overlay: { ...overlay, read, ...next } },
  ];
  const unread = unreadOf(read, fold);
  const scroll = scrolling(fold, key, ask.accept.by === 'key' || unread > 0);
  // A jump would leave lines unread.
  if (scroll !== undefined) return show({ top: unread > 0 ? Math.min(scroll, fold.top + fold.room) : scroll });
  const why = ask.unless?.(state);
  // A letter of a text that is being typed is never this key.
  const remedy = why === undefined || overlay.text !== '' ? undefined : ask.remedy?.(state);
  if (remedy?.key === key)
    return 'form' in remedy ? [{ kind: 'form', form: { ...remedy.form, back: overlay } }] : remedy.intents;
  if (ask.accept.by === 'key') {
    if (key === 'enter' || key === 'n' || key === 'q') return cancelled(state, ask);
    if (key !== 'y') return [];
    if (!alone) return [ignored('y ignored: part of a burst of keys; read the plan, then press y alone')];
    if (why !== undefined) return [ignored(why)];
    if (unread > 0) return [ignored(scrollFirst(unread))];
    return [{ kind: 'close' }, ...ask.accepted(state)];
  }
  if (why !== undefined) return key === 'enter' ? cancelled(state, ask) : [];
  if (unread > 0) return [ignored(scrollFirst(unread))];
  if (key !== 'enter') {
    const text = edit(overlay.text, key);
    return text === undefined ? [] : show({ text });
  }
  const wanted = ask.accept.texts[overlay.typed.length];
  if (overlay.text === '') return [];
  if (overlay.text !== wanted) return [ignored(`text does not match ${wanted}; nothing was done`)];
  // Enter in one piece with its text was pasted, or typed before the question was visible.
  if (!alone) return [ignored('enter ignored: part of a burst of keys; press enter alone')];
  const typed = [...overlay.typed, overlay.text];
  return typed.length < ask.accept.texts.length
    ? show({ typed, text: '' })
    : [{ kind: 'close' }, ...ask.accepted(state)];
}

const scrollFirst = (lines: number) => `read the whole plan first: scroll down, ${formatCounted(lines, 'more line')}`;
