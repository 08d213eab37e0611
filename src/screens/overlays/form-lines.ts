// A form as lines: each field, and below the focused one what is allowed, what its text means, and its choices.
import { fitMiddle } from '../../core/text/text.ts';
import type { FormField, Option, Overlay, State } from '../../store.ts';
import { bold, columnsOf, dim, type Line, line, lineWidth, mark, pointer, span, wrap } from '../toolkit/line.ts';
import { field } from './field.ts';
import { choicesFor, chosenIn, complaintOf } from './form.ts';

type FormOverlay = Extract<Overlay, { kind: 'form' }>;

const mostChoices = 6;

export function formLines(state: State, overlay: FormOverlay, columns: number): Line[] {
  const { form, values, at } = overlay;
  return [
    ...(form.lines?.(state, columns) ?? []),
    ...form.fields.flatMap((f, i) => (i === at ? focused(state, overlay, f, columns) : other(f, values, columns))),
  ];
}

/** A field without the focus: one line. */
function other(f: FormField, values: FormOverlay['values'], columns: number): Line[] {
  const text = values[f.name] ?? '';
  const shown = f.secret ? '•'.repeat(text.length) : text;
  return [line('    ', dim(f.ask), '  ', fitMiddle(shown, Math.max(8, columns - columnsOf(f.ask) - 6)))];
}

function focused(state: State, overlay: FormOverlay, f: FormField, columns: number): Line[] {
  const { values, behind = 0, complaint, explains } = overlay;
  const text = values[f.name] ?? '';
  const choices = choicesFor(state, f, values);
  const chosen = chosenIn(choices, overlay);
  const from = Math.max(0, chosen - mostChoices + 1);
  const listed = choices.slice(from, from + mostChoices);
  const hint = f.hint?.(state, values);
  const notes = explains ? [f.help ?? f.ask, hint] : [hint];
  const wrong = complaint ?? complaintOf(state, f, values);
  const means = wrong === undefined && text !== '' ? f.means?.(text, state) : undefined;
  return [
    ...asking(f, text, behind, columns),
    ...notes.flatMap((note) => (note ? wrap(note, columns - 6).map((part) => line('      ', dim(part))) : [])),
    ...(wrong === undefined ? [] : judged('warning', wrong, columns)),
    ...(means === undefined ? [] : judged('ok', means, columns)),
    ...listed.flatMap((choice, j) => choiceLines(choice, listed, from + j === chosen, columns)),
    ...(choices.length > listed.length ? [line(dim(`        ${choices.length - listed.length} more`))] : []),
  ];
}

const judged = (verdict: 'warning' | 'ok', says: string, columns: number): Line[] =>
  wrap(says, columns - 8).map((part, row) => line('      ', row === 0 ? mark(verdict) : ' ', ` ${part}`));

/** One row each; the selected one in full. A name that is too long is cut where all names are alike. */
function choiceLines({ value, says }: Option, all: readonly Option[], isHere: boolean, columns: number): Line[] {
  const room = columns - 8;
  const name = fitMiddle(value, room, alike(all));
  const beside = room - columnsOf(name) - 2;
  const head = isHere ? line('      ', pointer, ' ', bold(name)) : line('        ', dim(name));
  if (!says) return [head];
  if (columnsOf(says) <= beside) return [line(head, dim(`  ${says}`))];
  if (isHere) return [head, ...wrap(says, room - 2).map((part) => line('          ', dim(part)))];
  const [first = ''] = wrap(says, Math.max(1, beside - 2));
  return [line(head, beside > 12 ? dim(`  ${first} …`) : undefined)];
}

/** How many characters all values begin with. */
function alike(all: readonly Option[]): number {
  const [first, ...rest] = all.map(({ value }) => value);
  if (first === undefined || rest.length === 0) return 0;
  const differs = [...first].findIndex((character, at) => rest.some((other) => other[at] !== character));
  return differs < 0 ? first.length : differs;
}

/** The most lines of a long text; a longer one shows its end. */
const mostLines = 11;

/** The field that has the focus. A text that does not fit beside its question is shown below it, in full. */
function asking(f: FormField, text: string, behind: number, columns: number): readonly Line[] {
  const ask = line('  ', pointer, ' ', bold(f.ask), f.optional ? dim('  (optional)') : undefined);
  const entered = field(text, f.secret, behind);
  const beside = line(ask, '  ', entered);
  if (lineWidth(beside) <= columns) return [beside];
  const question = f.optional ? `${f.ask} (optional)` : f.ask;
  const asks =
    lineWidth(ask) <= columns
      ? [ask]
      : wrap(question, columns - 4).map((part, row) => line('  ', row === 0 ? line(pointer, ' ') : '  ', bold(part)));
  const shown = [...(f.secret ? '•'.repeat([...text].length) : text)];
  const rows = wrap(shown.toSpliced(shown.length - behind, 0, '█').join(''), columns - 6).map((row) => {
    const [before = '', ...after] = row.split('█');
    return after.length === 0 ? line('    ', row) : line('    ', before, span('█', 'accent'), after.join('█'));
  });
  const hidden = rows.length - mostLines;
  return [...asks, ...(hidden > 0 ? [line(dim(`    … ${hidden} lines above`))] : []), ...rows.slice(-mostLines)];
}
