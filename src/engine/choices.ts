// Choices for a field of an action, queried from the platform while the field is filled in.
import { findAction } from '../actions/index.ts';
import { scopeOf } from '../config/scope.ts';
import type { Settings } from '../config/settings.ts';
import type { Choice, Target } from '../core/actions/action.ts';
import type { Query } from '../core/queries/query.ts';
import { emptyWorld } from '../core/world/world.ts';
import { keptFiles } from '../data/journal/kept-rows.ts';
import { createPreflight } from '../data/preflight.ts';
import type { Result } from '../data/source.ts';
import { actionContextOf } from './action-context.ts';

export async function choicesOf(
  settings: Settings,
  { action, field, target }: Query<'choices'>,
  signal: AbortSignal,
): Promise<Result<readonly Choice[]>> {
  const asked = findAction(action, settings.own)?.fields.find(({ name }) => name === field);
  if (!asked?.look) return { ok: true, value: [] };
  const preflight = createPreflight({
    settings,
    context: actionContextOf(settings),
    signal,
    kept: keptFiles(settings.journal.directory ?? ''),
    incident: () => undefined,
    world: async () => emptyWorld(scopeOf(settings), Date.now()),
    looked: () => undefined,
  });
  try {
    return { ok: true, value: await asked.look(JSON.parse(target) as Target, preflight) };
  } finally {
    await preflight.close();
  }
}
