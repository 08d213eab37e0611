// What ended the impact of an incident.
import type { ActionId } from '../actions/action.ts';
import { nameOfRun } from '../actions/plan-text.ts';
import type { Instant } from '../time.ts';
import type { Incident, RunState } from './incident.ts';

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

/** The last verified action that may have ended the impact, and when it ended. */
export function lastFix({ runs }: Incident): { run: RunState; at: Instant } | undefined {
  const run = runs.findLast(({ action, phase }) => phase === 'verified' && !fixesNothing.includes(action));
  const at = run?.phases.at(-1)?.at;
  return run && at !== undefined ? { run, at } : undefined;
}

/** What fixed it, as far as the record shows: the recorded fix, else the last verified action. */
export function likelyFix(incident: Incident): string | undefined {
  const last = lastFix(incident);
  return incident.fix ?? (last && nameOfRun(last.run));
}
