// The next move in the life of an incident, from its opening to its report. Pure; the screen adds the keys.
import type { ActionId } from '../core/actions/action.ts';
import { calledBy } from '../core/incident/channel.ts';
import { adviceOn, checkOf, type Recommendation, type Step } from '../core/incident/checklist.ts';
import { clocks } from '../core/incident/clocks.ts';
import { type IncidentContext, isInControl, isResumable } from '../core/incident/context.ts';
import { likelyFix } from '../core/incident/fix.ts';
import { type Incident, isOngoing } from '../core/incident/incident.ts';
import { isSecurity } from '../core/incident/security.ts';
import { type Instant, type Ms, minute } from '../core/time.ts';
import type { World } from '../core/world/world.ts';
import { activeChecklists, currentStep, isFinished, knownOf, untoldOf } from './messages.ts';
import type { Suggestion } from './suggest-severity.ts';

/** An action of a step, and the key that begins it. */
export type Begun = { action: ActionId; key: string; title: string };

export type Move =
  /** Nobody is in control. */
  | { kind: 'control' }
  /** `page`: at PagerDuty; else only in the journal. */
  | { kind: 'acknowledge'; page: boolean }
  /** The last message failed just now. */
  | { kind: 'again'; name: string }
  | { kind: 'reminder'; about: string }
  /** An update is due, or late. `silent`: of a security incident, which is not posted. */
  | { kind: 'update'; due: Instant; silent: boolean }
  /** Begin an action of the step. */
  | { kind: 'offer'; step: Step; offer: Begun }
  /** Accept `count` steps from this one on, whose checks pass. */
  | { kind: 'accept'; step: Step; count: number }
  /** Record a decision. */
  | { kind: 'decide'; step: Step; advice: Recommendation }
  /** Do what the step says, and mark it. */
  | { kind: 'do'; step: Step }
  /** `clear`: the facts no longer call for the severity of the incident. */
  | { kind: 'mitigate'; clear: boolean }
  /** Channels that were told of the incident and not of its end. */
  | { kind: 'tell'; names: readonly string[] }
  /** `names`: channels that are told with it. */
  | { kind: 'resolve'; names: readonly string[] }
  | { kind: 'report' };

export type Surroundings = {
  world: World;
  context: IncidentContext;
  /** The severity that the facts suggest now. */
  suggestion: Suggestion;
  /** The actions that a step offers now, the one that is meant first. */
  offers(step: Step): readonly Begun[];
};

/** An update comes before the steps when it is due sooner than this. */
export const soon: Ms = 5 * minute;

/** Undefined: another person is in control, or nothing is left to do from here. */
export function nextMove(incident: Incident, around: Surroundings): Move | undefined {
  const { context } = around;
  if (context.observing) return undefined;
  if (isResumable(context, incident)) return { kind: 'control' };
  if (!isOngoing(incident)) return afterEnd(incident, context);
  if (!isInControl(context, incident)) return undefined;
  return urgentMove(incident, around) ?? workMove(incident, around);
}

/** Who was told of it is told of its end; then the report. A cancelled incident needs none. */
function afterEnd(incident: Incident, context: IncidentContext): Move | undefined {
  const names = untoldOf(incident);
  if (names.length > 0 && isInControl(context, incident)) return { kind: 'tell', names };
  return incident.cancelledAt === undefined ? { kind: 'report' } : undefined;
}

/** What people wait for. */
function urgentMove(incident: Incident, { context, world: { now } }: Surroundings): Move | undefined {
  const page = context.channels.some(({ id, configured }) => id === 'pagerduty' && configured);
  if (!incident.acknowledged) return { kind: 'acknowledge', page };
  const failed = incident.messages.findLast(({ delivery, at }) => delivery === 'failed' && now - at < soon);
  if (failed && incident.messages.at(-1) === failed) return { kind: 'again', name: calledBy(failed) };
  const { updateDue } = clocks(incident, now);
  if (updateDue !== undefined && updateDue - now < soon)
    return { kind: 'update', due: updateDue, silent: isSecurity(incident) };
  const reminder = incident.reminders.filter((one) => one.due <= now).toSorted((a, b) => a.due - b.due)[0];
  return reminder && { kind: 'reminder', about: reminder.about };
}

/** A fix that has worked comes before the other steps: it stops the clock that users feel. */
function workMove(incident: Incident, around: Surroundings): Move {
  const isMitigated = incident.mitigatedAt !== undefined;
  const clear = isClear(incident, around.suggestion);
  if (!isMitigated && clear && likelyFix(incident) !== undefined) return { kind: 'mitigate', clear };
  return (
    stepMove(incident, around) ??
    (isMitigated ? { kind: 'resolve', names: untoldOf(incident) } : { kind: 'mitigate', clear })
  );
}

/** The facts are known, and call for no such severity any more. */
const isClear = ({ severity }: Incident, { severity: suggested, unsure }: Suggestion): boolean =>
  !unsure && (suggested === undefined || suggested > severity);

/** The move of the first open step. */
function stepMove(incident: Incident, { world, offers }: Surroundings): Move | undefined {
  const step = currentStep(incident)?.step;
  if (!step) return undefined;
  const known = knownOf(incident);
  const [offer] = offers(step);
  const advice = adviceOn(step, world, known);
  if (step.decision && advice) {
    const isBefore =
      advice.answer === 'no' && advice.instead !== undefined && offer && step.decision.instead?.includes(offer.action);
    const isMeant = (advice.answer === 'yes' || isBefore) && !advice.ran;
    return isMeant && offer ? { kind: 'offer', step, offer } : { kind: 'decide', step, advice };
  }
  const count = passing(incident, step, world);
  if (count > 0) return { kind: 'accept', step, count };
  const ran = offer !== undefined && known.ran.some(({ action, worked }) => action === offer.action && worked);
  const isBad = checkOf(step, world, known)?.state === 'fail';
  return isBad && offer && !ran ? { kind: 'offer', step, offer } : { kind: 'do', step };
}

/** How many steps from this one on have a check that passes and need no decision. */
function passing(incident: Incident, from: Step, world: World): number {
  const all = activeChecklists(incident).flatMap(({ steps }) => steps);
  const open = all.slice(all.indexOf(from)).filter((step) => !isFinished(incident, step));
  const known = knownOf(incident);
  const at = open.findIndex((step) => step.decision || checkOf(step, world, known)?.state !== 'pass');
  return at < 0 ? open.length : at;
}
