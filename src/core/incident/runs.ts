// The runs of actions in an incident.
import type { ActionId } from '../actions/action.ts';
import type { Instant } from '../time.ts';
import type { Entry, EventOf, RunPhase } from './event.ts';

export type RunState = {
  run: string;
  action: ActionId;
  target: string;
  by: string;
  /** Whose cockpit runs it. */
  session: string;
  /** What its writer signs with. */
  key?: string;
  calls: readonly string[];
  phase: RunPhase;
  phases: readonly { phase: RunPhase; at: Instant; detail?: string }[];
};

/** The runs after an entry about one of them. */
export function runsAfter(
  runs: readonly RunState[],
  event: EventOf<'action'>,
  { at, writer }: Entry,
): readonly RunState[] {
  // Mostly one of the last.
  const known = runs.findLastIndex((one) => one.run === event.run);
  const before = runs[known];
  const phase = { phase: event.phase, at, detail: event.detail || undefined };
  const after: RunState = before
    ? { ...before, phase: event.phase, phases: [...before.phases, phase], calls: event.calls ?? before.calls }
    : {
        run: event.run,
        action: event.action,
        target: event.target,
        by: writer.name,
        session: writer.session,
        key: writer.key,
        calls: event.calls ?? [],
        phase: event.phase,
        phases: [phase],
      };
  return before ? runs.with(known, after) : [...runs, after];
}
