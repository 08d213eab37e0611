// What a key means where it is pressed: in an overlay, in a text field, or on a screen. Pure.
import { bindingsOf } from '../../keymap.ts';
import { here, type Intent, type Overlay, type State } from '../../store.ts';
import { confirmKey } from '../overlays/confirm.ts';
import { cutSays, type Edited, editAt, insertAt } from '../overlays/field.ts';
import { scrolling, unfolded } from '../overlays/fold.ts';
import { formKey } from '../overlays/form.ts';
import { helpKey } from '../overlays/help.ts';
import { marking, paletteKey } from '../overlays/palette.ts';
import { switchesKey } from '../overlays/switches.ts';
import type { Binding, Here, Row } from '../screen.ts';
import type { Frame } from './frame.ts';

/** `alone`: the key was not part of a burst of keys. */
export function dispatchKey(state: State, seen: Frame, key: string, alone = true): readonly Intent[] {
  const { overlay } = state.ui;
  if (seen.tooSmall && !leavingUnseen.includes(key)) return [];
  if (overlay.kind !== 'none') return inOverlay(state, overlay, seen, key, alone);
  const { spent } = state.ui;
  // The clock ticks once a second.
  if (spent?.key === key && state.world.now <= spent.until)
    return [
      { kind: 'spent', key },
      { kind: 'notice', says: `${key} ignored: it has just answered the question before`, verdict: 'unknown' },
    ];
  const place = here(state);
  if (place.filtering) return inFilter({ text: place.filter, behind: place.behind ?? 0 }, key);
  const at: Here = { state, place, list: seen.list, row: seen.row };
  const binding = bindingsOf(seen.screen, at).find((b) => b.keys.includes(key));
  if (!binding) return [];
  if (!alone && leaving.includes(binding.id))
    return [
      { kind: 'notice', says: `${binding.title} ignored: part of a burst of keys; press it alone`, verdict: 'unknown' },
    ];
  const why = binding.unless?.(at);
  if (why !== undefined) return [{ kind: 'notice', says: `${binding.title}: ${why}`, verdict: 'unknown' }];
  const intents = onSeen(binding, at, seen);
  return intents.map((intent): Intent => (intent.kind === 'palette' ? opened(state, seen) : intent));
}

/** What a key does; nothing where it is meant for a row that has only just come under the marker. */
function onSeen(binding: Binding, at: Here, { unseen, row }: Frame): readonly Intent[] {
  if (!unseen) return binding.run(at);
  let isMeant = false;
  const asked: Here = {
    ...at,
    get row() {
      isMeant = true;
      return row;
    },
  };
  const intents = binding.run(asked);
  if (!isMeant) return intents;
  const says = `${binding.title}: the row under the marker has just changed; press it again`;
  return [{ kind: 'notice', says, verdict: 'unknown' }];
}

/** The palette, its first entry marked: what comes before that one until the next key must not get the key. */
const opened = (state: State, { row }: Frame): Intent => ({
  kind: 'overlay',
  overlay: marking(state, { kind: 'palette', text: '', at: 0 }, row),
});

/** The keys of a terminal that is too small to show what a key would do. */
const leavingUnseen: readonly string[] = ['esc', 'q', 'ctrl-c'];

/** A key that leaves the screen must be pressed alone: in a burst it was pasted or hit by chance. */
const leaving: readonly string[] = ['quit', 'suspend'];

function inOverlay(state: State, overlay: Overlay, seen: Frame, key: string, alone: boolean): readonly Intent[] {
  switch (overlay.kind) {
    case 'none':
      return [];
    case 'palette': {
      const intents = paletteKey(state, overlay, seen.row, key);
      if (intents) return intents;
      const edited = editAt({ text: overlay.text, behind: overlay.behind ?? 0 }, key);
      if (!edited) return [];
      const isSame = edited.text === overlay.text;
      const next = isSame ? { ...overlay, ...edited } : marking(state, { kind: 'palette', ...edited, at: 0 }, seen.row);
      return [{ kind: 'overlay', overlay: next }];
    }
    case 'help':
      return helpKey(overlay, seen.fold ?? unfolded, key);
    case 'details': {
      if (['esc', 'q', 'enter', '?', 'left', 'ctrl-c'].includes(key)) return [{ kind: 'close' }];
      const top = scrolling(seen.fold ?? unfolded, key, true);
      return top === undefined ? [] : [{ kind: 'overlay', overlay: { ...overlay, top } }];
    }
    case 'confirm':
      return answering(confirmKey(state, overlay, key, alone, seen.fold ?? unfolded), key);
    case 'switches':
      return answering(switchesKey(overlay, key, alone, seen.fold ?? unfolded), key);
    case 'form':
      return formKey(state, overlay, key);
  }
}

/** The key that closes a question is spent. Esc is not: what it means on the screen below is harmless. */
function answering(intents: readonly Intent[], key: string): readonly Intent[] {
  const closes = intents.some(({ kind }) => kind === 'close');
  return closes && key !== 'esc' && key !== 'ctrl-c' ? [...intents, { kind: 'spent', key }] : intents;
}

function inFilter(filter: Edited, key: string): readonly Intent[] {
  if (key === 'esc' || key === 'ctrl-c') return [{ kind: 'filter', text: '', filtering: false }];
  if (key === 'enter' || key === 'tab') return [{ kind: 'filter', text: filter.text, filtering: false }];
  if (key === 'down' || key === 'up') return [{ kind: 'move', to: key === 'down' ? 'next' : 'previous' }];
  const edited = editAt(filter, key);
  return edited ? [{ kind: 'filter', ...edited, filtering: true }] : [];
}

/** More characters at once than fingers type ahead, where keys are commands and where they are text. */
const mostTyped = { commands: 40, text: 200 } as const;

/** Repetitions of a held key at once, after a connection hung: each costs a frame, and nobody holds one for longer. */
const mostRepeated = 400;

/** Whether letters are text now. */
function takesText(state: State): boolean {
  const { overlay } = state.ui;
  if (overlay.kind === 'help') return overlay.typing === true;
  return overlay.kind === 'palette' || overlay.kind === 'form' || here(state).filtering;
}

/**
 * Whether what came in one piece was pasted into a terminal that does not mark pasted text. Typed-ahead keys come in
 * one piece too, but not so many; a key that is held down repeats.
 */
export function looksPasted(state: State, input: string): boolean {
  const isText = takesText(state) || /^[:/]/.test(input);
  const length = [...input].length;
  if (length > mostRepeated) return true;
  if (length <= mostTyped.commands || /^(.)\1*$/su.test(input)) return false;
  return !isText || length > mostTyped.text || /[\r\n]./s.test(input);
}

/** Pasted text goes into text fields only; it is never a key and never a confirmation. */
export function paste(state: State, text: string, row?: Row): readonly Intent[] {
  const { overlay } = state.ui;
  const place = here(state);
  const pasted = (before = '', behind = 0): Edited => insertAt({ text: before, behind }, text);
  if (overlay.kind === 'palette')
    return [
      {
        kind: 'overlay',
        overlay: marking(state, { ...overlay, ...pasted(overlay.text, overlay.behind), at: 0 }, row),
      },
    ];
  if (overlay.kind === 'help' && overlay.typing) {
    const { text: search, behind } = pasted(overlay.search, overlay.behind);
    return [{ kind: 'overlay', overlay: { ...overlay, search, behind, top: 0 } }];
  }
  if (overlay.kind === 'form') {
    const asked = overlay.form.fields[overlay.at];
    if (!asked) return [];
    const before = overlay.values[asked.name];
    const values = { ...overlay.values, [asked.name]: pasted(before, overlay.behind).text };
    const cut = cutSays(before ?? '', text);
    return [
      { kind: 'overlay', overlay: { ...overlay, values, chosen: -1 } },
      ...(cut === undefined ? [] : [{ kind: 'notice', says: cut, verdict: 'warning' } as const]),
    ];
  }
  if (overlay.kind === 'confirm' || overlay.kind === 'switches')
    return [{ kind: 'notice', says: 'pasted text does not confirm; type the text', verdict: 'unknown' }];
  if (overlay.kind === 'none' && place.filtering)
    return [{ kind: 'filter', ...pasted(place.filter, place.behind), filtering: true }];
  return [{ kind: 'notice', says: 'pasted text ignored: it is never read as keys', verdict: 'unknown' }];
}
