// What the keys of a step lead to: its actions and its related screens.
import type { Offer, Step } from '../../core/incident/checklist.ts';
import { isInControl, isResumable } from '../../core/incident/context.ts';
import { isOngoing } from '../../core/incident/incident.ts';
import { findStep } from '../../runbook/checklists.ts';
import type { Intent, State } from '../../store.ts';
import { offer as begin } from '../actions/offer.ts';
import type { Here } from '../screen.ts';

/** The step under the marker. */
export function stepHere({ row }: Here): Step | undefined {
  return row ? findStep(row.id)?.step : undefined;
}

/** Begins the action with the target that the world suggests: a form for missing fields, then the plan. */
export function offerIntents(offer: Offer, state: State): readonly Intent[] {
  if (offer.action === 'notify') return [{ kind: 'open', screen: 'notify' }];
  return begin(state, offer.action, offer.target?.(state.world));
}

/** Why this cockpit can change nothing; undefined when it can. */
export function onlyObserves({ incidentContext }: State): string | undefined {
  return incidentContext?.observing ? 'this cockpit only observes' : undefined;
}

/** Why this cockpit cannot work the checklist; undefined when it can. */
export const notDriving = ({ state }: Here): string | undefined => whyNotInControl(state);

/** The same, of the state alone. */
export function whyNotInControl(state: State): string | undefined {
  const { incidentContext, incident } = state;
  if (!incident) return 'no incident is open';
  if (!incidentContext) return 'reading the journal';
  if (incidentContext.observing) return 'this cockpit only observes';
  if (!isOngoing(incident))
    return `the incident is ${incident.cancelledAt === undefined ? 'resolved' : 'cancelled'}; O reopens it`;
  if (isInControl(incidentContext, incident)) return undefined;
  return isResumable(incidentContext, incident)
    ? `${incident.control.person} is not connected: W takes control`
    : `${incident.control.person} is in control: W takes control`;
}
