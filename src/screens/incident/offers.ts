// What a step's keys lead to: the actions it offers, and the places in the cockpit where more is to be seen.
import type { Offer, Step } from '../../core/incident/checklist.ts';
import { drives, isResumable } from '../../core/incident/context.ts';
import { findStep } from '../../runbook/checklists.ts';
import type { Intent, State } from '../../store.ts';
import { offer as begin } from '../actions/offer.ts';
import type { Here } from '../screen.ts';

/** The step under the marker. */
export function stepHere({ row }: Here): Step | undefined {
  return row ? findStep(row.id)?.step : undefined;
}

/** Begins the action, its target filled in as far as the world tells it: what is missing is asked, then comes the plan. */
export function offerIntents(offer: Offer, state: State): readonly Intent[] {
  if (offer.action === 'notify') return [{ kind: 'open', screen: 'notify' }];
  return begin(state, offer.action, offer.target?.(state.world));
}

/** Why nothing can be changed from here, whatever it is; undefined: it can. */
export function onlyObserves({ incidentContext }: State): string | undefined {
  return incidentContext?.observing ? 'this cockpit only observes' : undefined;
}

/** Why the checklist cannot be worked from here; undefined: it can. */
export function notDriving({ state }: Here): string | undefined {
  const { incidentContext, incident } = state;
  if (!incident) return 'no incident is open';
  if (!incidentContext) return 'the journal is being read';
  if (incidentContext.observing) return 'this cockpit only observes';
  if (incident.resolvedAt !== undefined) return 'it is resolved: O reopens it';
  if (drives(incidentContext, incident)) return undefined;
  return isResumable(incidentContext, incident)
    ? `${incident.control.person} is gone: W takes the wheel`
    : `${incident.control.person} drives: W takes the wheel`;
}
