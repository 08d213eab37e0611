// What ended the impact of an incident.
import type { ActionId } from '../actions/action.ts';
import { nameOfRun } from '../actions/plan-text.ts';
import type { Incident } from './incident.ts';

/** These report, test, look, save or prepare; they fix nothing. */
const fixesNothing: readonly ActionId[] = [
  'acknowledge-page',
  'resolve-page',
  'reassign-page',
  'escalate-page',
  'note-page',
  'notify',
  'test-surface',
  'preserve-evidence',
  'list-api-keys',
  'list-snapshots',
  'create-api-key',
  'cleanup-evidence',
  'analyze-tables',
];

/** What fixed it, as far as the record shows: the recorded fix, else the last verified action. */
export function likelyFix({ fix, runs }: Incident): string | undefined {
  const last = runs.findLast(({ action, phase }) => phase === 'verified' && !fixesNothing.includes(action));
  return fix ?? (last && nameOfRun(last));
}
