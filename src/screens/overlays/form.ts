// A form: one text field after the other, with completion from live data.
import fuzzysort from 'fuzzysort';
import type { Form, FormField, Intent, Option, Overlay, State } from '../../store.ts';
import { bold, columnsOf, dim, type Line, line, mark, span, wrap } from '../toolkit/line.ts';
import { editAt, field } from './field.ts';

type FormOverlay = Extract<Overlay, { kind: 'form' }>;

const mostChoices = 6;

type Values = Readonly<Record<string, string>>;

/** The choices that match the text, best first. */
export function choicesFor(state: State, asked: FormField, values: Values): readonly Option[] {
  const all = allChoices(state, asked, values);
  const text = values[asked.name] ?? '';
  // The initial text of the field is not a search.
  if (text === '' || text === asked.value) return all;
  return fuzzysort.go(text, [...all], { key: 'value', limit: 0, threshold: 0.2 }).map((r) => r.obj);
}

function allChoices(state: State, asked: FormField, values: Values): readonly Option[] {
  return (asked.choices?.(state, values) ?? []).map((one) => (typeof one === 'string' ? { value: one } : one));
}

export function formLines(state: State, overlay: FormOverlay, columns: number): Line[] {
  const { form, values, at } = overlay;
  return [
    ...(form.lines?.(state, columns) ?? []),
    ...form.fields.flatMap((f, i) => {
      const text = values[f.name] ?? '';
      if (i !== at) return [line('    ', dim(f.ask), '  ', f.secret ? '•'.repeat(text.length) : text)];
      const choices = choicesFor(state, f, values);
      const from = Math.max(0, overlay.chosen - mostChoices + 1);
      const listed = choices.slice(from, from + mostChoices);
      return [
        ...asking(f, text, overlay.behind ?? 0, columns),
        ...listed.map((choice, j) =>
          from + j === overlay.chosen
            ? line('      ', span('▶ ', 'accent'), bold(choice.value), dim(choice.says ? `  ${choice.says}` : ''))
            : line('        ', dim(choice.value), dim(choice.says ? `  ${choice.says}` : '')),
        ),
        ...(choices.length > listed.length ? [line(dim(`        ${choices.length - listed.length} more`))] : []),
      ];
    }),
    ...(overlay.complaint === undefined ? [] : [[], line('  ', mark('warning'), ` ${overlay.complaint}`)]),
  ];
}

/** The most lines of a long text; a longer one shows its end. */
const mostLines = 11;

/** The field that has the focus. A text that does not fit beside its question is shown below it, in full. */
function asking(f: FormField, text: string, behind: number, columns: number): readonly Line[] {
  const ask = line('  ', span('▶ ', 'accent'), bold(f.ask), f.optional ? dim('  (optional)') : undefined);
  const beside = line(ask, '  ', field(text, f.secret, behind));
  if (f.kind !== 'text' || f.secret || columnsOf(text) + columnsOf(f.ask) + 8 <= columns) return [beside];
  const shown = [...text].toSpliced([...text].length - behind, 0, '█').join('');
  const rows = wrap(shown, columns - 6).map((row) => {
    const [before = '', ...after] = row.split('█');
    return after.length === 0 ? line('    ', row) : line('    ', before, span('█', 'accent'), after.join('█'));
  });
  const hidden = rows.length - mostLines;
  return [ask, ...(hidden > 0 ? [line(dim(`    … ${hidden} lines above`))] : []), ...rows.slice(-mostLines)];
}

export function formKey(state: State, overlay: FormOverlay, key: string): readonly Intent[] {
  const { form, values, at } = overlay;
  const asked = form.fields[at];
  if (key === 'esc' || key === 'ctrl-c' || !asked) return closed(form);
  const text = values[asked.name] ?? '';
  const choices = choicesFor(state, asked, values);
  const show = (next: Partial<FormOverlay>): readonly Intent[] => {
    const { complaint: _, ...rest } = overlay;
    return [{ kind: 'overlay', overlay: { ...rest, ...next } }];
  };
  if (key === 'down' || key === 'up') {
    const to = overlay.chosen + (key === 'down' ? 1 : -1);
    return show({ chosen: Math.max(-1, Math.min(choices.length - 1, to)) });
  }
  if (key === 'shift-tab') return show({ at: Math.max(0, at - 1), behind: 0, chosen: -1 });
  if (key === 'enter' || key === 'tab') return next(state, overlay, asked, choices, key);
  const edited = editAt({ text, behind: overlay.behind ?? 0 }, key);
  if (edited === undefined) return [];
  return show({ values: { ...values, [asked.name]: edited.text }, behind: edited.behind, chosen: -1 });
}

/** Applies the selected completion, checks the text, goes to the next field or submits. */
function next(
  state: State,
  overlay: FormOverlay,
  asked: FormField,
  choices: readonly Option[],
  key: 'enter' | 'tab',
): readonly Intent[] {
  const { form, at } = overlay;
  const typed = overlay.values[asked.name] ?? '';
  const chosen = overlay.chosen >= 0 ? choices[overlay.chosen] : key === 'tab' ? choices[0] : undefined;
  const text = (chosen?.value ?? typed).trim();
  const complain = (complaint: string): readonly Intent[] => [{ kind: 'overlay', overlay: { ...overlay, complaint } }];
  if (text === '' && !asked.optional) return complain('this field is required');
  if (asked.kind === 'number' && text !== '' && !Number.isFinite(Number(text)))
    return complain(`${text} is not a number`);
  const wrong = asked.wrong?.(text);
  if (wrong !== undefined) return complain(wrong);
  if (
    asked.kind === 'choice' &&
    text !== '' &&
    !allChoices(state, asked, overlay.values).some(({ value }) => value === text)
  )
    return complain(`${text} is not one of the choices`);
  const values = { ...overlay.values, [asked.name]: text };
  if (at + 1 < form.fields.length)
    return [{ kind: 'overlay', overlay: { ...overlay, values, at: at + 1, behind: 0, chosen: -1 } }];
  if (key === 'tab') return [{ kind: 'overlay', overlay: { ...overlay, values, behind: 0, chosen: -1 } }];
  const outcome = form.submit(values);
  if (typeof outcome === 'string') return [{ kind: 'overlay', overlay: { ...overlay, values, complaint: outcome } }];
  return [...closed(form), ...outcome];
}

/** The form closes; one that was opened from another overlay shows that again. */
const closed = ({ back }: Form): readonly Intent[] => [back ? { kind: 'overlay', overlay: back } : { kind: 'close' }];
