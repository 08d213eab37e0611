// One run of an action, from the plan to the verification, as a pure state machine. The runner sends it events;
// a late or repeated event changes nothing.

import type { Instant } from '../time.ts';
import type { Action, ActionId, NextStep, Plan, Risk, Target } from './action.ts';
import { callsDone, type Measured, measured, type Progress } from './progress.ts';

export type RunOutcome =
  /** The facts prove it. */
  | 'verified'
  /** It was done; the facts did not prove it in time. */
  | 'unverified'
  | 'failed'
  /** Outcome unknown: the connection was lost, or the time was up. */
  | 'unknown'
  | 'cancelled'
  /** Not available, not allowed, or another run holds the target: nothing was changed. */
  | 'refused'
  /** The world moved between plan and execution: nothing was changed. */
  | 'moved';

/** A call on the screen: the command to paste, a summary, and its target. */
export type SaidCall = { say: string; summary: string; to: string };

export type Phase = 'planning' | 'planned' | 'rechecking' | 'performing' | 'verifying' | 'done';

export type Run = {
  /** ULID. */
  id: string;
  action: ActionId;
  title: string;
  risk: Risk;
  /** It changes nothing on the platform: a read-only environment allows it. */
  onlyReads?: true | undefined;
  target: Target;
  environment: string;
  by: string;
  phase: Phase;
  plan?: Plan;
  calls: readonly SaidCall[];
  /** The texts to type to confirm it, in order; none: `y`. */
  accepts: readonly string[];
  plannedAt?: Instant;
  /** Shown above a new plan. */
  notice?: string;
  /** The differences from the confirmed plan, in words. */
  again?: readonly string[];
  startedAt?: Instant;
  /** Calls that were done. */
  performed: number;
  /** Its output contains a new secret: cleared when the screen is left. */
  reveals?: true;
  /** The last lines of output. */
  output: readonly string[];
  /** How many lines came before them. */
  omitted?: number | undefined;
  /** The progress of the running call, in words. */
  progress?: string;
  /** The progress of its calls or of its verification, in numbers. */
  measured?: Measured | undefined;
  /** The last result of the verification. */
  seen?: string;
  /** Why the outcome is unknown, during the verification. */
  uncertainty?: string | undefined;
  endedAt?: Instant;
  outcome?: RunOutcome;
  /** What happened, in words, and the operator's next move. */
  says?: string;
  hint?: string;
  next: readonly NextStep[];
};

export type RunEvent =
  | { kind: 'planned'; plan: Plan; calls: readonly SaidCall[]; notice?: string; again?: readonly string[] }
  | { kind: 'confirmed' }
  | { kind: 'started' }
  | { kind: 'output'; lines: readonly string[] }
  | { kind: 'progress'; says?: string | undefined; progress?: Progress | undefined }
  | { kind: 'performed'; call: number }
  | { kind: 'performedAll'; uncertainty?: string | undefined }
  | { kind: 'seen'; says: string; progress?: Progress | undefined }
  | { kind: 'ended'; outcome: RunOutcome; says: string; hint?: string; next?: readonly NextStep[] };

/** Lines of output kept on the screen. */
export const keptOutput = 400;
/** A plan older than this has to be made again. */
export const planLasts = 120_000;

const allowed: Readonly<Record<Phase, readonly RunEvent['kind'][]>> = {
  planning: ['planned', 'progress', 'ended'],
  planned: ['planned', 'confirmed', 'ended'],
  rechecking: ['planned', 'progress', 'started', 'ended'],
  performing: ['planned', 'output', 'progress', 'performed', 'performedAll', 'ended'],
  verifying: ['output', 'progress', 'seen', 'ended'],
  done: [],
};

/** The possible outcomes in each phase: a started run can no longer be cancelled or refused. */
const endings: Readonly<Record<Phase, readonly RunOutcome[]>> = {
  planning: ['refused', 'cancelled'],
  planned: ['cancelled', 'refused', 'verified'],
  rechecking: ['cancelled', 'refused', 'moved'],
  performing: ['failed', 'unknown', 'moved', 'cancelled'],
  verifying: ['verified', 'unverified', 'unknown', 'failed'],
  done: [],
};

/** Whether it holds its target: from the confirmation to the end. */
export function isUnderWay(run: Run): boolean {
  return run.phase === 'rechecking' || run.phase === 'performing' || run.phase === 'verifying';
}

/** The run after an event. An event that does not fit returns the same object. */
export function advance(run: Run, event: RunEvent, now: Instant): Run {
  if (!allowed[run.phase].includes(event.kind)) return run;
  switch (event.kind) {
    case 'planned': {
      // The state changed before the first call: nothing was done, and it is asked again.
      if (run.phase === 'performing' && run.performed > 0) return run;
      const { notice: _, again: _was, startedAt: _begun, ...rest } = without(run, 'progress', 'measured');
      const { plan, calls, notice, again } = event;
      const reveals = plan.calls.some((call) => call.tool === 'command' && call.reveals);
      return {
        ...rest,
        phase: 'planned',
        plan,
        calls,
        plannedAt: now,
        notice: notice || undefined,
        again,
        reveals: reveals || undefined,
      };
    }
    case 'confirmed':
      return { ...run, phase: 'rechecking' };
    case 'started':
      return withCalls({ ...without(run, 'progress', 'measured'), phase: 'performing', startedAt: now }, now);
    case 'output': {
      const all = [...run.output, ...event.lines];
      const left = Math.max(0, all.length - keptOutput);
      return { ...run, output: all.slice(left), omitted: (run.omitted ?? 0) + left || undefined };
    }
    case 'progress':
      return {
        ...run,
        progress: event.says ?? run.progress,
        measured: event.progress ? measured(run.measured, event.progress, now) : run.measured,
      };
    case 'performed':
      return withCalls({ ...without(run, 'progress'), performed: event.call + 1 }, now);
    case 'performedAll':
      return { ...without(run, 'progress', 'measured'), phase: 'verifying', uncertainty: event.uncertainty };
    case 'seen':
      return {
        ...run,
        seen: event.says,
        measured: event.progress && measured(run.measured, event.progress, now),
      };
    case 'ended': {
      const { outcome, says, hint, next = [] } = event;
      if (!endings[run.phase].includes(outcome)) return run;
      // Only a plan without calls is done at once.
      if (run.phase === 'planned' && outcome === 'verified' && run.plan?.calls.length !== 0) return run;
      return {
        ...without(run, 'progress', 'measured'),
        phase: 'done',
        endedAt: now,
        outcome,
        says,
        hint: hint || undefined,
        next,
      };
    }
  }
}

/** Several calls are counted as they are done. */
function withCalls(run: Run, now: Instant): Run {
  const progress = callsDone(run.plan?.calls ?? [], run.performed);
  return progress ? { ...run, measured: measured(run.measured, progress, now) } : run;
}

function without(run: Run, ...keys: readonly ('progress' | 'measured')[]): Run {
  const rest = { ...run };
  for (const key of keys) delete rest[key];
  return rest;
}

/** How much friction an action needs with this target. */
export const riskOf = (action: Action, target: Target): Risk => action.riskOf?.(target) ?? action.risk;

/** What has to be typed: nothing, the target, or target and environment. */
export function acceptsFor(risk: Risk, name: string, environment: string): readonly string[] {
  if (risk === 'reversible') return [];
  return risk === 'data' ? [name] : [name, environment];
}

/** `expired`: the plan is older than `planLasts`. `mismatch`: other texts than those to type. */
export type Confirmation = 'confirmed' | 'no-plan' | 'expired' | 'mismatch';

/** Whether the typed texts confirm it. */
export function confirms(run: Run, typed: readonly string[], now: Instant): Confirmation {
  if (run.phase !== 'planned' || run.plannedAt === undefined) return 'no-plan';
  if (now - run.plannedAt > planLasts) return 'expired';
  const fits = typed.length === run.accepts.length && run.accepts.every((text, at) => text === typed[at]);
  return fits ? 'confirmed' : 'mismatch';
}

/** Exit codes of `run` (docs/actions.md). */
export const runExitCode: Readonly<Record<RunOutcome, number>> = {
  verified: 0,
  unverified: 1,
  failed: 2,
  unknown: 3,
  cancelled: 4,
  refused: 4,
  moved: 4,
};
