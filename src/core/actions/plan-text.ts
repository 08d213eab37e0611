// What a plan says of itself, the same on the screen and on the command line.
import type { ActionId, OwnActionId, Risk, Undo } from './action.ts';

/** `restart` of restart-deployment: every action's id begins with its verb; an own command is run. */
export const verbOf = (action: ActionId): string => (isOwnAction(action) ? 'run' : (action.split('-', 1)[0] ?? action));

/** As people write it: `roll back`, `clean up`. */
export const wordOf = (action: ActionId): string =>
  verbOf(action).replace(/^(roll|clean|fail)(back|up|over)$/, '$1 $2');

/** An action's name on the command line: of an own command its name. */
export const nameOfAction = (action: ActionId): string => (isOwnAction(action) ? action.slice(4) : action);

/**
 * An action and its object, as the record names a run: `restart-deployment deployment/api-gateway`. Only the action where
 * its name says the object already: `preserve-evidence`.
 */
export function nameOfRun({ action, target }: { action: ActionId; target: string }): string {
  const said = new Set(action.split('-'));
  const isSaid = !target.includes('/') && target.split('-').every((word) => said.has(word));
  return isSaid ? action : `${action} ${target}`;
}

export const isOwnAction = (action: string): action is OwnActionId => action.startsWith('own-');

/**
 * `undo: roll back to revision 42`, or `cannot be undone`, with what can be done instead. Of a reversible action whose way
 * back leads to what is broken, `no undo offered`.
 */
export function undoSays({ undo, instead }: Undo, risk: Risk): string {
  if (undo !== undefined) return `undo: ${undo}`;
  const none = risk === 'reversible' ? 'no undo offered' : 'cannot be undone';
  return `${none}${instead === undefined ? '' : `: ${instead}`}`;
}
