// The severity that the facts suggest, evaluated once for each world.
import { type Suggestion, suggestSeverity } from '../../runbook/suggest-severity.ts';
import type { State } from '../../store.ts';
import { memoize } from '../toolkit/memoize.ts';

const suggested = memoize((world: State['world']): Suggestion => suggestSeverity(world), 2);

export function suggestionOf(state: State): Suggestion {
  return suggested(state.world);
}
