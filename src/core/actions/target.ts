// What a person gave as an action's target, before anything is looked at: complete, and only what can be seen. Pure.

import { stripControl } from '../text/text.ts';
import type { Action, Target } from './action.ts';
import { wrongValue } from './field.ts';

/** What was given, and the presets of the fields that were left empty. */
export function withPresets(action: Action, target: Target): Target {
  const presets = action.fields.flatMap((f) =>
    f.preset !== undefined && !target[f.name]?.trim() ? [[f.name, f.preset]] : [],
  );
  return { ...target, ...Object.fromEntries(presets) };
}

/** What is missing, what does not belong to it, or what none of its fields takes. */
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
  }
  return undefined;
}

/** As it can be shown where it is refused. */
export const shortened = (target: Target): Target =>
  Object.fromEntries(Object.entries(target).map(([name, text]) => [name, stripControl(text, 200)]));
