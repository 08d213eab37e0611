// Checks the given target of an action: complete, and without invisible characters. Pure.

import { ageText, parseAge, parseSince, parseSpan } from '../text/since.ts';
import { stripControl } from '../text/text.ts';
import type { Instant } from '../time.ts';
import type { Action, Target } from './action.ts';
import { expected, wrongValue } from './field.ts';

/** The given values, and the presets of empty fields. */
export function withPresets(action: Action, target: Target): Target {
  const presets = action.fields.flatMap((f) =>
    f.preset !== undefined && !target[f.name]?.trim() ? [[f.name, f.preset]] : [],
  );
  return { ...target, ...Object.fromEntries(presets) };
}

/** Relative and clock times as absolute ones, and ages as spans of one unit: what a person confirms stays what is done, however long it takes. */
export function withAbsoluteTimes(action: Action, target: Target, now: Instant): Target {
  const times = action.fields.flatMap(({ name, time }) => {
    const text = target[name] ?? '';
    if (time === 'age') {
      const age = oneUnit.test(text.trim()) ? undefined : parseAge(text, now);
      return age === undefined ? [] : [[name, ageText(age)]];
    }
    const at = time && parseSince(text, now);
    return at === undefined ? [] : [[name, new Date(at).toISOString().replace('.000Z', 'Z')]];
  });
  return { ...target, ...Object.fromEntries(times) };
}

const oneUnit = /^\d+[smhd]$/;

/** A missing, a foreign or an invalid value, of a target after `withAbsoluteTimes`. */
export function whatIsWrong(action: Action, target: Target): { why: string; hint: string } | undefined {
  const names = action.fields.map(({ name }) => name);
  const foreign = Object.keys(target).find((name) => !names.includes(name));
  if (foreign !== undefined)
    return {
      why: `${action.id} has no ${stripControl(foreign, 40)}`,
      hint: `it takes ${names.join(', ') || 'nothing'}`,
    };
  for (const field of action.fields) {
    const { name, ask, optional } = field;
    const text = target[name] ?? '';
    if (!optional && text.trim() === '') return { why: `${name} is missing`, hint: ask };
    const wrong = wrongValue(field, text);
    if (wrong) return { why: `${name} ${wrong.why}`, hint: wrong.hint };
    // `withAbsoluteTimes` made it a span, or it begins in the future.
    if (field.time === 'age' && text.trim() !== '' && parseSpan(text) === undefined)
      return { why: `${name} cannot begin in the future`, hint: `give ${expected(field)}` };
  }
  return undefined;
}

/** Shortened, to show it in a refusal. */
export const shortened = (target: Target): Target =>
  Object.fromEntries(Object.entries(target).map(([name, text]) => [name, stripControl(text, 200)]));
