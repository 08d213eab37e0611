// What a person gave as an action's target, before anything is looked at: complete, and only what can be seen. Pure.
import type { Action, Target } from '../../core/actions/action.ts';
import { clean } from '../../core/text/text.ts';

/** Characters. No name of anything is longer: an S3 key has 1,024 bytes. */
const longestName = 2_000;
const longestMessage = 20_000;

/** What was given, and the presets of the fields that were left empty. */
export function withPresets(action: Action, target: Target): Target {
  const presets = action.fields.flatMap((f) =>
    f.preset !== undefined && !target[f.name]?.trim() ? [[f.name, f.preset]] : [],
  );
  return { ...target, ...Object.fromEntries(presets) };
}

/** What is missing, or holds what nobody can see: pasted escape sequences, invisible marks, a whole file. */
export function whatIsWrong(action: Action, target: Target): { why: string; hint: string } | undefined {
  for (const { name, ask, optional, lines } of action.fields) {
    const text = target[name] ?? '';
    if (!optional && text.trim() === '') return { why: `${name} is missing`, hint: ask };
    const longest = lines ? longestMessage : longestName;
    if (text.length > longest)
      return { why: `${name} is longer than ${longest} characters`, hint: 'check what was pasted' };
    const plain = lines ? text.replaceAll('\n', ' ') : text;
    if (clean(plain, longest * 4) !== plain.normalize('NFC'))
      return {
        why: `${name} has characters in it that do not show`,
        hint: 'line ends, escapes or invisible marks: check what was pasted',
      };
  }
  return undefined;
}

/** As it can be shown where it is refused. */
export const shortened = (target: Target): Target =>
  Object.fromEntries(Object.entries(target).map(([name, text]) => [name, clean(text, 200)]));
