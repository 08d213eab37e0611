// A form: one text field after the other, judged while one types, with completion from live data.
import fuzzysort from 'fuzzysort';
import type { Form, FormField, Intent, Option, Overlay, State } from '../../store.ts';
import { cutSays, editAt, insert } from './field.ts';

type FormOverlay = Extract<Overlay, { kind: 'form' }>;
type Values = Readonly<Record<string, string>>;

/** The choices that match the text, best first. */
export function choicesFor(state: State, asked: FormField, values: Values): readonly Option[] {
  const all = allChoices(state, asked, values);
  const text = values[asked.name] ?? '';
  // The initial text of the field is not a search.
  if (text === '' || text === asked.value) return all;
  return fuzzysort.go(text, [...all], { key: 'value', limit: 0, threshold: 0.2 }).map((r) => r.obj);
}

/** Where the chosen one is listed now; -1 where none is chosen, or it is gone. */
export function chosenIn(choices: readonly Option[], { chosen, on }: Pick<FormOverlay, 'chosen' | 'on'>): number {
  return chosen < 0 || on === undefined ? chosen : choices.findIndex(({ value }) => value === on);
}

function allChoices(state: State, asked: FormField, values: Values): readonly Option[] {
  return (asked.choices?.(state, values) ?? []).map((one) => (typeof one === 'string' ? { value: one } : one));
}

/** Why the text cannot become a valid one, while it is typed; undefined for a valid, an unfinished or an empty one. */
export function complaintOf(state: State, asked: FormField, values: Values): string | undefined {
  const text = (values[asked.name] ?? '').trim();
  if (text === '') return undefined;
  if (asked.kind === 'number' && !Number.isFinite(Number(text))) return `${text} is not a number`;
  if (asked.kind === 'choice') {
    const isUnknown = allChoices(state, asked, values).length > 0 && choicesFor(state, asked, values).length === 0;
    return isUnknown ? `${text} is not one of the choices` : undefined;
  }
  return asked.wrong?.(text, state);
}

/** Why the text cannot be submitted. */
function refusal(state: State, asked: FormField, values: Values): string | undefined {
  const text = values[asked.name] ?? '';
  if (text === '') return asked.optional ? undefined : 'this field is required';
  const wrong = complaintOf(state, asked, values) ?? asked.wrong?.(text, state);
  if (wrong !== undefined || asked.kind !== 'choice') return wrong;
  const isOne = allChoices(state, asked, values).some(({ value }) => value === text);
  if (isOne) return undefined;
  return allChoices(state, asked, values).length === 0
    ? `${text} is not one of the choices`
    : 'type more, or choose one with ↓';
}

/** From this length on a text may stand inside a choice; a shorter one has to begin it. */
const tellingLength = 3;

/** The only choice that the text means, in any case; undefined if there are none or several. */
function onlyChoice(choices: readonly Option[], { kind }: FormField, text: string): Option | undefined {
  if (kind !== 'choice' || text === '' || choices.some(({ value }) => value === text)) return undefined;
  const at = ({ value }: Option) => value.toLowerCase().indexOf(text.toLowerCase());
  const [one, ...others] = choices.filter((each) => at(each) >= 0);
  if (one && text.length < tellingLength && at(one) > 0) return undefined;
  return others.length === 0 ? one : undefined;
}

/** Whether `?` explains the field instead of being typed: an empty one in which no text begins with it. */
export const asksHelp = ({ lines }: FormField, text: string): boolean => text === '' && !lines;

export function formKey(state: State, overlay: FormOverlay, key: string): readonly Intent[] {
  const { form, values, at } = overlay;
  const asked = form.fields[at];
  if (key === 'esc' || key === 'ctrl-c' || !asked) return closed(form);
  const text = values[asked.name] ?? '';
  const show = (next: Partial<FormOverlay>): readonly Intent[] => {
    const { complaint: _, ...rest } = overlay;
    return [{ kind: 'overlay', overlay: { ...rest, ...next } }];
  };
  if (key === 'down' || key === 'up') {
    const choices = choicesFor(state, asked, values);
    const to = chosenIn(choices, overlay) + (key === 'down' ? 1 : -1);
    const chosen = Math.max(-1, Math.min(choices.length - 1, to));
    return show({ chosen, on: choices[chosen]?.value });
  }
  if (key === 'shift-tab') return show({ at: Math.max(0, at - 1), behind: 0, chosen: -1, explains: false });
  if (key === 'enter' || key === 'tab') return next(state, overlay, asked, key);
  if (key === 'ctrl-g' || (key === '?' && asksHelp(asked, text))) return show({ explains: !overlay.explains });
  // As in a shell: ctrl-x ctrl-e, or ctrl-e alone.
  if (key === 'ctrl-e' && asked.lines) return [{ kind: 'terminal', do: 'edit', text, field: asked.name, form }];
  const edited = editAt({ text, behind: overlay.behind ?? 0 }, key);
  if (edited === undefined) return [];
  return show({ values: { ...values, [asked.name]: edited.text }, behind: edited.behind, chosen: -1 });
}

/** The text comes back into its field, which stays open; nothing where its form has closed meanwhile. */
export function afterEditing(
  { ui: { overlay } }: State,
  { form, field }: Extract<Intent, { do: 'edit' }>,
  written: string | { failed: string },
): readonly Intent[] {
  if (overlay.kind !== 'form' || overlay.form !== form) return [];
  if (typeof written !== 'string') return [{ kind: 'notice', says: written.failed, verdict: 'warning' }];
  const { complaint: _, ...rest } = overlay;
  const values = { ...overlay.values, [field]: insert('', written) };
  const cut = cutSays('', written);
  return [
    { kind: 'overlay', overlay: { ...rest, values, behind: 0, chosen: -1 } },
    ...(cut === undefined ? [] : [{ kind: 'notice', says: cut, verdict: 'warning' } as const]),
  ];
}

/** Applies the selected completion, checks the text, goes to the next field or submits. */
function next(state: State, overlay: FormOverlay, asked: FormField, key: 'enter' | 'tab'): readonly Intent[] {
  const { form, at } = overlay;
  const typed = overlay.values[asked.name] ?? '';
  const choices = choicesFor(state, asked, overlay.values);
  const marked = key === 'tab' ? choices[0] : onlyChoice(choices, asked, typed.trim());
  const chosen = overlay.chosen >= 0 ? choices[chosenIn(choices, overlay)] : marked;
  const text = (chosen?.value ?? typed).trim();
  const values = { ...overlay.values, [asked.name]: text };
  const complain = (complaint: string, more: Partial<FormOverlay> = {}): readonly Intent[] => [
    { kind: 'overlay', overlay: { ...overlay, ...more, complaint } },
  ];
  if (overlay.chosen >= 0 && !chosen) return complain('the marked choice is gone: choose again', { chosen: -1 });
  const wrong = refusal(state, asked, values);
  if (wrong !== undefined) return complain(wrong);
  const { complaint: _, ...rest } = overlay;
  const moved: FormOverlay = { ...rest, values, behind: 0, chosen: -1, explains: false };
  if (at + 1 < form.fields.length) return [{ kind: 'overlay', overlay: { ...moved, at: at + 1 } }];
  if (key === 'tab') return [{ kind: 'overlay', overlay: moved }];
  const outcome = form.submit(values, state);
  if (typeof outcome === 'string') return complain(outcome, { values });
  return [...closed(form), ...outcome];
}

/** The form closes; one that was opened from another overlay shows that again. */
const closed = ({ back }: Form): readonly Intent[] => [back ? { kind: 'overlay', overlay: back } : { kind: 'close' }];
