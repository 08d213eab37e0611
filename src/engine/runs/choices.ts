// What may be given for a field of an action: completion from a look at the platform, while the field is asked.
import { actionById } from '../../actions/index.ts';
import type { Settings } from '../../config/settings.ts';
import type { Choice, Target } from '../../core/actions/action.ts';
import type { Ask } from '../../core/queries/query.ts';
import { keptFiles } from '../../data/journal/kept-rows.ts';
import { createSurvey } from '../../data/preflight.ts';
import type { Outcome } from '../../data/source.ts';
import { groundOf } from '../action-context.ts';

export async function choicesOf(
  settings: Settings,
  { action, field, target }: Ask<'choices'>,
  signal: AbortSignal,
): Promise<Outcome<readonly Choice[]>> {
  const asked = actionById[action].fields.find(({ name }) => name === field);
  if (!asked?.look) return { ok: true, value: [] };
  const survey = createSurvey({
    settings,
    ground: groundOf(settings),
    signal,
    kept: keptFiles(settings.journal.directory ?? ''),
    incident: () => undefined,
    looked: () => undefined,
  });
  try {
    return { ok: true, value: await asked.look(JSON.parse(target) as Target, survey) };
  } finally {
    await survey.close();
  }
}
