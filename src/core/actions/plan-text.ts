// What a plan says of itself, the same on the screen and on the command line.
import type { ActionId, Undo } from './action.ts';

/** `restart` of restart-deployment: every action's id begins with its verb. */
export const verbOf = (action: ActionId): string => action.split('-', 1)[0] ?? action;

/** `undo: roll back to revision 42`, or `cannot be undone`, with what can be done instead. */
export function undoSays({ undo, instead }: Undo): string {
  if (undo !== undefined) return `undo: ${undo}`;
  return `cannot be undone${instead === undefined ? '' : `: ${instead}`}`;
}
