import type { Instant, Ms } from '../time.ts';
import type { World } from '../world/world.ts';
import type { Call } from './call.ts';
import type { ActionContext, Need, Preflight } from './preflight.ts';
import type { Progress } from './progress.ts';

/** How much friction a confirmation asks for. */
export type Risk = 'reversible' | 'data' | 'irreversible';

/** The result of a live check and its reason. */
export type Check = {
  state: 'pass' | 'fail' | 'unknown';
  because: string;
  short?: string;
  /** How much of it is there, counted. */
  progress?: Progress | undefined;
  /** Of a failure: no more than a warning. */
  level?: 'warning';
};

/** The result of a verification. `final`: another check would not tell more. */
export type Proof = Check & { final?: true };

/**
 * Every remediation there is (docs/actions.md). Each file in src/actions declares its own ids here, so that the runbook
 * and the screens name them checked, while core imports no action.
 */
// biome-ignore lint/suspicious/noEmptyInterface: its members are declared by the actions
export interface ActionIds {}
export type BuiltInActionId = keyof ActionIds;
/** Of a command that the user's commands.yaml declares. No action of ours begins so. */
export type OwnActionId = `own-${string}`;
export type ActionId = BuiltInActionId | OwnActionId;

/** Why actions cannot run from this machine, by their ids. */
export type Lacking = { readonly [id in ActionId]?: string };

export type Undo = {
  /** How to undo it, in words, with its limit; absent when it cannot be undone. */
  undo?: string | undefined;
  /** Where it cannot be undone: what brings the effect back in another way, or why nothing does. */
  instead?: string | undefined;
};

/** What a plan shows and then runs. */
export type Plan = Undo & {
  /** The effect, in words and numbers. */
  impact: readonly string[];
  /** Warnings, shown in their colour. */
  warnings?: readonly string[];
  /** In this order; the first one that fails ends it. */
  calls: readonly Call[];
  /** Recorded with the calls: the numbers that a person chose. */
  note?: string;
  /** What answered the preflight: environment, cluster, database. */
  answered: readonly string[];
  /** A hash of the plan's preconditions; another one at execution means that the state changed. */
  preconditions: string;
  /** The result of an action that only reads. */
  found?: Found;
  /** Values from before the change that the verification needs. */
  baseline?: Readonly<Record<string, string>>;
};

/** The full result of an action that only reads: a table for people, an object for programs. Sanitized and redacted. */
export type Found = {
  /** A one-sentence summary. */
  says: string;
  head: readonly string[];
  table: readonly (readonly string[])[];
  json: Readonly<Record<string, unknown>>;
};

/** A plan, or why there is none and what to do about it. */
/** `next`: what may be planned instead. */
export type Planned = { ok: true; plan: Plan } | { ok: false; why: string; hint: string; next?: readonly Suggestion[] };

/** A value that can be chosen, and what it is. */
export type Choice = { value: string; says?: string };

/** What to type or choose before a plan can be made; prompts and command-line flags derive from it. */
export type Field = {
  /** As a flag: `--study`. */
  name: string;
  /** The question: `which deployment?` */
  ask: string;
  kind: 'text' | 'number' | 'choice';
  /** It may have several lines: a message. */
  lines?: true;
  /** A position among names, taken as it is: any name may stand there, also one that cannot be shown. */
  exact?: true;
  optional?: boolean;
  /** The default value. */
  preset?: string;
  /** What an empty value means, where there is no preset: `all`, `the previous one`. */
  empty?: string;
  /** Whether a form asks for it in this world; otherwise its preset is used. */
  asked?(world: World): boolean;
  /** Of a `choice`: the only valid values. */
  oneOf?: readonly string[];
  /** Of a `number`: the minimum and the maximum. */
  range?: readonly [number, number];
  /**
   * `past`: a time in the past, absolute or relative; the run keeps it as an absolute one. `age`: a span, or the time in
   * the past at which it begins; the run keeps it as a span of one unit: `90m`, `24h`, `7d`.
   */
  time?: 'past' | 'age';
  /** The value that would change: `now 3 replicas`. */
  now?(world: World, target: Target): string | undefined;
  /** The form of a text, and its description: `a duration such as 90m, 24h or 7d`. */
  form?: { pattern: RegExp; says: string };
  /** Choices from the world on the screen. */
  choices?(world: World): readonly Choice[];
  /** Choices queried from the platform, if the world does not have them. */
  look?(target: Target, preflight: Preflight): Promise<readonly Choice[]>;
};

export type Target = Readonly<Record<string, string>>;

/** An action and its target, to offer as a next step. */
export type Suggestion = {
  action: ActionId;
  target: Target;
  says: string;
  /** It takes back what was done. */
  undo?: true;
};

/** A command to type in a shell as the next step, where no action does it. `command`: quoted, in one line. */
export type NextCommand = { command: string; says: string };

export type NextStep = Suggestion | NextCommand;

/** An action that was executed and is to be verified. */
export type Execution = {
  run: string;
  target: Target;
  /** After a crash only its `baseline` is known. */
  plan: Pick<Plan, 'baseline'>;
  startedAt: Instant;
  /** When the last call ended; absent after a crash. */
  endedAt?: Instant | undefined;
  output: readonly string[];
  /** Why the outcome is unknown: then only the facts decide, not the answers of the calls. */
  uncertainty?: string | undefined;
  /** False: its proof failed or was not there in time. */
  proven?: boolean | undefined;
};

/** For docs/actions.md: the row of this action. */
export type About = { does: string; looksAt: string; calls: string; proof: string; undo: string; runbook: string };

export type Action = {
  id: ActionId;
  title: string;
  /** The title of its form, with what is there now: `Scale api-gateway (5 replicas now)`. */
  asks?(world: World, target: Target): string | undefined;
  /** What it is done to, one by one: the palette has an entry for each, `restart api-gateway`. */
  each?: { field: 'deployment' | 'surface'; title(name: string): string };
  /** Other words that find it in the palette. */
  also?: string;
  risk: Risk;
  /** Where some targets need more friction than others: the risk of this one. */
  riskOf?(target: Target): Risk;
  /** With this target it changes nothing on the platform: a read-only environment allows it. */
  onlyReads?(target: Target): boolean;
  about: About;
  /** It only reads: its plan is the answer, and there is nothing to confirm. */
  reads?: true;
  fields: readonly Field[];
  /** What to type to confirm a `data` or `irreversible` action: the target's own name. */
  names(target: Target, context: ActionContext): string;
  /** The object that is changed, `deployment/api-gateway`: one action at a time for each. */
  object(target: Target, context: ActionContext): string;
  /** Why the key does nothing now, as far as the world on the screen knows. The plan checks again. */
  unavailable?(world: World, target: Target): string | undefined;
  /** Asked before the plan and again before it is carried out. */
  needs(target: Target, context: ActionContext): readonly Need[];
  /** Makes the plan. Changes nothing. */
  plan(target: Target, preflight: Preflight): Promise<Planned>;
  /** Proof afterwards: `pass` and `fail` are final, `unknown` is checked again until `within` is over. */
  verify(done: Execution, preflight: Preflight): Promise<Proof>;
  within: Ms;
  /** What comes next once it is done: its inverse, or the next step. */
  next?(done: Execution, preflight: Preflight): readonly NextStep[] | Promise<readonly NextStep[]>;
  /** After a call of it failed: the way back from what, by the facts, was changed. */
  wayBack?(done: Execution, preflight: Preflight): Promise<readonly Suggestion[]>;
};
