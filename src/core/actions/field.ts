// Valid values of an action's field, checked before anything else. The command line, the form and the engine
// use it. Pure.

import { ageForms, parseAge, parseSince, pastForms } from '../text/since.ts';
import { stripControl } from '../text/text.ts';
import type { Instant } from '../time.ts';
import type { World } from '../world/world.ts';
import type { Field, Target } from './action.ts';

/** Characters. No name is longer: an S3 key has 1,024 bytes. */
const longestName = 2_000;
const longestMessage = 20_000;

/** Why a value is refused, as a clause after the field's name, and what is valid. */
export type WrongValue = { why: string; hint: string };

/** Before this every time is past: a time is then checked for its form only. */
const latest: Instant = 8.64e15;

/** Undefined: valid. An empty value is not checked: the action decides whether it is required. */
export function wrongValue(field: Field, text: string, now: Instant = latest): WrongValue | undefined {
  const longest = field.lines ? longestMessage : longestName;
  if (text.length > longest) return { why: `is longer than ${longest} characters`, hint: 'check what was pasted' };
  if (field.exact) return undefined;
  const plain = field.lines ? text.replaceAll('\n', ' ') : text;
  if (stripControl(plain, longest * 4) !== plain.normalize('NFC'))
    return {
      why: 'contains invisible characters',
      hint: 'line ends, escapes or invisible marks: check what was pasted',
    };
  const value = text.trim();
  if (value === '' || takes(field, value, now)) return undefined;
  return { why: `cannot be ${value.slice(0, 60)}`, hint: `give ${expected(field)}` };
}

function takes({ oneOf, range, form, kind, time }: Field, value: string, now: Instant): boolean {
  if (time === 'past' && parseSince(value, now) === undefined) return false;
  if (time === 'age' && parseAge(value, now) === undefined) return false;
  if (oneOf && !oneOf.includes(value)) return false;
  if (form && !form.pattern.test(value)) return false;
  if (kind !== 'number') return true;
  const [least, most] = range ?? everyNumber;
  return /^\d{1,15}$/.test(value) && Number(value) >= least && Number(value) <= most;
}

const timeForms = { past: pastForms, age: ageForms } as const;

/** As a prompt, with the default or what to type: `which surface? (default: all)`. */
export function promptFor({ ask, empty, form, preset, time }: Field): string {
  const says = time ? timeForms[time] : form?.says;
  const note = empty === undefined ? (preset === undefined ? says : undefined) : `default: ${empty}`;
  return note === undefined ? ask : `${ask} (${note})`;
}

/** Below a field: what is allowed, the default, and what holds now. */
export function hintFor(field: Field, world: World, target: Target): string | undefined {
  const { oneOf, empty, preset, now } = field;
  const fallback = empty ?? preset;
  const notes = [
    oneOf ? '' : expected(field),
    fallback === undefined ? '' : `default: ${fallback}`,
    now?.(world, target) ?? '',
  ].filter(Boolean);
  return notes.length > 0 ? notes.join(' · ') : undefined;
}

/** As a line of help: `older than (a duration such as 90m, 24h or 7d; default: 24h)`. */
export function describeField(field: Field): string {
  const { ask, oneOf, preset, empty } = field;
  const fallback = preset ?? empty;
  const notes = [oneOf ? '' : expected(field), fallback === undefined ? '' : `default: ${fallback}`].filter(Boolean);
  return `${ask.replace(/\?( |$)/, '$1')}${notes.length > 0 ? ` (${notes.join('; ')})` : ''}`;
}

const everyNumber = [0, Number.MAX_SAFE_INTEGER] as const;

/** `sql or admin`, `a whole number from 0 to 500`; empty where any text will do. */
export function expected({ oneOf, range, form, kind, time }: Field): string {
  if (time) return `${time === 'age' ? 'an age' : 'a time'} such as ${timeForms[time]}`;
  if (oneOf) return oneOf.join(' or ');
  if (form) return form.says;
  if (kind !== 'number') return '';
  return range ? `a whole number from ${range[0]} to ${range[1]}` : 'a whole number';
}
