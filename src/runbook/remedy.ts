// An action that the evidence points to.
import type { BuiltInActionId, Target } from '../core/actions/action.ts';

/** What a remedy is about, as a row of the screen is: `deployment/api-gateway`, `metric/p95`, `backend/redis`. */
export type Concern = `${'deployment' | 'metric' | 'backend' | 'surface'}/${string}`;

/** An action that the evidence points to. */
export type Remedy = {
  action: BuiltInActionId;
  target: Target;
  /** What its form begins with. */
  fills?: Target;
  /** A verb and its object: `roll back api-gateway to revision 41`. */
  title: string;
  /** The evidence. */
  because: string;
  /** The rows that it is offered on; the first one is what its evidence is read from. */
  concerns: readonly Concern[];
};
