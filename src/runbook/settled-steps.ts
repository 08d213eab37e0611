// Steps that a verified action of this cockpit settles: whoever confirmed its plan need not say so once more.
import { checkOf, offersOn, type Step } from '../core/incident/checklist.ts';
import type { IncidentCommand } from '../core/incident/context.ts';
import type { Incident } from '../core/incident/incident.ts';
import type { World } from '../core/world/world.ts';
import { activeChecklists, isFinished, knownOf } from './messages.ts';

type Run = Incident['runs'][number];

/**
 * What to record: a decision is yes once its remedy was verified, and no once what the step offers in its place was;
 * any other step is done where its own action was verified and its check passes. Only runs of
 * `session` count, and none from before a person finished or reopened the step.
 */
export function settledSteps(incident: Incident, session: string, world: World): readonly IncidentCommand[] {
  const own = incident.runs.filter((run) => run.phase === 'verified' && run.session === session);
  if (own.length === 0) return [];
  return activeChecklists(incident)
    .flatMap(({ steps }) => steps)
    .filter((step) => !isFinished(incident, step))
    .flatMap((step) => {
      const before = incident.steps[step.id]?.at ?? 0;
      const run = own.findLast((one) => endOf(one) > before && isOffered(one, step, world));
      return run ? settled(step, run, incident, world) : [];
    });
}

const endOf = ({ phases }: Run): number => phases.at(-1)?.at ?? 0;

const isOffered = ({ action, target }: Run, { offers = [] }: Step, world: World): boolean =>
  offers.some((offer) => offersOn(offer, action, target, world));

function settled(step: Step, run: Run, incident: Incident, world: World): readonly IncidentCommand[] {
  const { decision } = step;
  const why = `${step.offers?.find(({ action }) => action === run.action)?.title ?? run.action}: verified`;
  if (decision?.remedy === run.action) return [{ do: 'decide', step: step.id, answer: 'yes', why }];
  // Its own proof has shown pods and health; the facts of the screen may be a minute older.
  if (decision?.instead?.includes(run.action)) return [{ do: 'decide', step: step.id, answer: 'no', why }];
  const isProven = !decision && checkOf(step, world, knownOf(incident))?.state === 'pass';
  return isProven ? [{ do: 'step', step: step.id, mark: 'done', why }] : [];
}
