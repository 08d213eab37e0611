// What the evidence points to on this screen.
import type { ActionId } from '../../core/actions/action.ts';
import { knownOf } from '../../runbook/messages.ts';
import { remedies } from '../../runbook/remedies.ts';
import type { Remedy } from '../../runbook/remedy.ts';
import type { State } from '../../store.ts';

/** Of this world and incident, the most urgent first; what cannot run from here comes last. */
export const remediesOf = (state: State): readonly Remedy[] =>
  runnableFirst(state, remedies(state.world, knownOf(state.incident)));

/** In their order, those that cannot run from this machine last. */
export function runnableFirst<T extends { action: ActionId }>(
  { lacking = {} }: State,
  all: readonly T[],
): readonly T[] {
  const cannot = ({ action }: T) => lacking[action] !== undefined;
  return all.some(cannot) ? [...all.filter((one) => !cannot(one)), ...all.filter(cannot)] : all;
}
