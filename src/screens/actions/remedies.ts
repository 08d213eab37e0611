// What the evidence points to on this screen.
import { knownOf } from '../../runbook/messages.ts';
import { remedies } from '../../runbook/remedies.ts';
import type { Remedy } from '../../runbook/remedy.ts';
import type { State } from '../../store.ts';

/** Of this world and incident, the most urgent first. */
export const remediesOf = ({ world, incident }: State): readonly Remedy[] => remedies(world, knownOf(incident));
