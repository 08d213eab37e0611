// Accepts every step whose check passes, up to the first that needs a person.
import { checkOf, type Step } from '../../core/incident/checklist.ts';
import { activeChecklists, isFinished, knownOf } from '../../runbook/messages.ts';
import type { Intent } from '../../store.ts';
import type { Here } from '../screen.ts';
import { send } from './asking.ts';
import { stepHere } from './offers.ts';

type Acceptable = {
  steps: readonly Step[];
  /** The step that needs a person; undefined if all steps from here are done. */
  next: Step | undefined;
  /** Why `next` needs one. */
  because: string;
};

/** The steps from the marker on that their checks prove, and where a person has to decide. */
function acceptable(here: Here): Acceptable {
  const { incident, world } = here.state;
  const from = stepHere(here);
  if (!incident || !from) return { steps: [], next: undefined, because: 'no step is selected' };
  const all = activeChecklists(incident).flatMap((list) => list.steps);
  const open = all.slice(Math.max(0, all.indexOf(from))).filter((step) => !isFinished(incident, step));
  const steps: Step[] = [];
  for (const step of open) {
    const check = checkOf(step, world, knownOf(incident));
    if (step.decision) return { steps, next: step, because: 'this step needs your decision' };
    if (!check) return { steps, next: step, because: 'this step has nothing to check' };
    if (check.state !== 'pass') return { steps, next: step, because: `the check does not pass: ${check.because}` };
    steps.push(step);
  }
  return { steps, next: undefined, because: 'no open step from here on' };
}

/** Why nothing can be accepted here; undefined when something can. */
export function acceptsNothing(here: Here): string | undefined {
  const { steps, because } = acceptable(here);
  return steps.length === 0 ? because : undefined;
}

/** Marks the steps as done, each with its evidence, and goes to the one that needs a person. */
export function acceptIntents(here: Here): readonly Intent[] {
  const { steps, next } = acceptable(here);
  const last = next ?? steps.at(-1);
  return [
    send({ do: 'accept', steps: steps.map(({ id }) => id) }),
    ...(last ? [{ kind: 'select', row: last.id } as const] : []),
  ];
}
