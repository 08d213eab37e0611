// What `run` acts on: from the flags, and on a terminal from a person, who is shown what there is to choose.

import { tell } from '../../config/output.ts';
import { scopeOf } from '../../config/scope.ts';
import type { Settings } from '../../config/settings.ts';
import type { Action, Choice, Field, Target } from '../../core/actions/action.ts';
import { promptFor, wrongValue } from '../../core/actions/field.ts';
import { stripControl } from '../../core/text/text.ts';
import { type Ms, second } from '../../core/time.ts';
import { emptyWorld, type World } from '../../core/world/world.ts';
import { choicesOf } from '../../engine/choices.ts';
import { askLine } from './ask-line.ts';
import type { RunFlags } from './flags.ts';

/** Maximum number of choices listed; the tab key completes all of them. */
const mostListed = 15;
const lookWithin: Ms = 4 * second;

/** The fields' values, and the fields that still need one. */
export function targetFrom(action: Action, flags: RunFlags): { target: Target; missing: readonly Field[] } {
  const target: Record<string, string> = {};
  const [first] = action.fields;
  if (flags.target !== undefined && first) target[first.name] = flags.target;
  for (const { name } of action.fields) {
    // Commander's name of a flag: `older-than` becomes olderThan.
    const value = flags[name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())];
    if (typeof value === 'string') target[name] = value;
  }
  const missing = action.fields.filter(
    ({ name, optional, preset }) => !optional && preset === undefined && target[name] === undefined,
  );
  return { target, missing };
}

/** Prompts for missing fields on the terminal; undefined after Ctrl-C or Ctrl-D. */
export async function askMissing(
  settings: Settings,
  action: Action,
  { target, missing }: ReturnType<typeof targetFrom>,
): Promise<Target | undefined> {
  tell(`${action.title}: listing the choices …`);
  const world = await worldFor(settings, missing);
  let known = target;
  for (const field of missing) {
    const choices = await choicesFor(settings, action, field, known, world);
    for (const { value, says } of choices.slice(0, mostListed))
      tell(`  ${stripControl(value, 200)}${says ? `   ${stripControl(says, 200)}` : ''}`);
    if (choices.length > mostListed) tell(`  … ${choices.length - mostListed} more; tab completes`);
    const value = await askFor(field, choices);
    if (value === undefined) return undefined;
    known = { ...known, [field.name]: value };
  }
  return known;
}

/** What the cockpit would have on its screen, where a field completes from it. */
async function worldFor(settings: Settings, missing: readonly Field[]): Promise<World> {
  const scope = scopeOf(settings);
  if (!missing.some(({ choices, kind }) => choices && kind !== 'choice')) return emptyWorld(scope, Date.now());
  const begun = performance.now();
  const { lookOnce } = await import('../status/look.ts');
  const look = await lookOnce(settings, lookWithin, () => performance.now() - begun);
  void look.end();
  return look.world;
}

async function choicesFor(
  settings: Settings,
  action: Action,
  field: Field,
  known: Target,
  world: World,
): Promise<readonly Choice[]> {
  const ask = { kind: 'choices', action: action.id, field: field.name, target: JSON.stringify(known) } as const;
  const looked = await choicesOf(settings, ask, AbortSignal.timeout(lookWithin * 2));
  const all = [...(field.choices?.(world) ?? []), ...(looked.ok ? looked.value : [])];
  return [...new Map(all.map((choice) => [choice.value, choice])).values()];
}

/** Undefined after Ctrl-C or Ctrl-D. */
const askFor = (field: Field, choices: readonly Choice[]): Promise<string | undefined> =>
  askLine({
    prompt: promptFor(field),
    values: choices.map(({ value }) => value),
    wrong: (value) => {
      const wrong = wrongValue(field, value);
      return wrong && `${field.name} ${wrong.why}: ${wrong.hint}`;
    },
  });
