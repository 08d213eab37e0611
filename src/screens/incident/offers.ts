// What the keys of a step lead to: its actions and its related screens.

import { findAction } from '../../actions/index.ts';
import type { Target } from '../../core/actions/action.ts';
import { offerKeys, type Step } from '../../core/incident/checklist.ts';
import { controlNow, isInControl } from '../../core/incident/context.ts';
import { isOngoing } from '../../core/incident/incident.ts';
import { findStep } from '../../runbook/checklists.ts';
import { isFinished, knownOf } from '../../runbook/messages.ts';
import { type Offered, offersOf } from '../../runbook/offers.ts';
import type { Intent, State } from '../../store.ts';
import { offer as begin, whyNot } from '../actions/offer.ts';
import { runnableFirst } from '../actions/remedies.ts';
import type { Binding, Here } from '../screen.ts';

/** The step under the marker. */
export function stepHere({ row }: Here): Step | undefined {
  return row ? findStep(row.id)?.step : undefined;
}

/** The actions of a step: those that can run from here before the others, those that the evidence points to first. */
export const offeredIn = (step: Step | undefined, state: State): readonly Offered[] =>
  step ? runnableFirst(state, offersOf(step, state.world, knownOf(state.incident))) : [];

/** The action that a step offers first, with its target, for the list of actions; undefined: it offers none. */
export function firstTarget(step: Step, state: State): Target | undefined {
  const [first] = offeredIn(step, state);
  return first && { action: first.action, ...first.target };
}

/** Begins the action with the target that the world suggests: a form for what has no default, then the plan. */
function offerIntents({ action, target, fills }: Offered, state: State): readonly Intent[] {
  if (action === 'notify') return [{ kind: 'open', screen: 'notify' }];
  return begin(state, action, target, fills);
}

/** Whether the footer has its key: of a finished step only what the evidence points to. */
function isMeant(first: Offered | undefined, key: string, here: Here): boolean {
  if (first?.key !== key || first.again || first.unadvised) return false;
  const { incident } = here.state;
  const step = stepHere(here);
  return first.because !== undefined || !incident || !step || !isFinished(incident, step);
}

/** The keys of a step's actions. `unless`: why none can be begun here. The footer has the one that is meant first. */
export const offerBindings = (id: string, unless: (here: Here) => string | undefined): readonly Binding[] =>
  offerKeys.map((key, at) => {
    const all = (here: Here) => offeredIn(stepHere(here), here.state);
    const own = (here: Here) => all(here).find((one) => one.key === key);
    return {
      id: `${id}-${at + 1}`,
      keys: [key],
      title: 'run',
      titleFor: (here) => own(here)?.title,
      about: `run the ${['first', 'second', 'third', 'fourth'][at]} action of the step`,
      silent: true,
      footer: 14,
      inFooter: (here) => isMeant(all(here)[0], key, here),
      unless: (here) => {
        const offer = own(here);
        if (!offer) return 'the step has no such action';
        const action = findAction(offer.action, here.state.own);
        return unless(here) ?? (action && whyNot(here.state, action, offer.target));
      },
      run: (here) => {
        const offer = own(here);
        return offer ? offerIntents(offer, here.state) : [];
      },
    };
  });

/** Of the person who was in control: `is not connected`, `does not answer`. */
export const goneSays = ({ isSilent }: { isSilent: boolean }): string =>
  isSilent ? 'does not answer' : 'is not connected';

/** `reading the journal, 45 %`; without a share where it is not long. */
export const readingSays = ({ journalRead }: State): string =>
  journalRead === undefined ? 'reading the journal' : `reading the journal, ${Math.floor(journalRead * 100)} %`;

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
  if (!incidentContext) return readingSays(state);
  if (incidentContext.observing) return 'this cockpit only observes';
  if (!isOngoing(incident))
    return `the incident is ${incident.cancelledAt === undefined ? 'resolved' : 'cancelled'}; O reopens it`;
  if (isInControl(incidentContext, incident)) return undefined;
  const { person } = incident.control;
  const control = controlNow(incidentContext, incident);
  if (control.state === 'unknown') return `the relay is away, ${person} may be in control: W takes control`;
  return `${person} ${control.state === 'free' ? goneSays(control) : 'is in control'}: W takes control`;
}
