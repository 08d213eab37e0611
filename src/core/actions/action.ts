import type { Instant, Ms } from '../time.ts';
import type { World } from '../world/world.ts';
import type { Call } from './call.ts';
import type { ActionContext, Need, Preflight } from './preflight.ts';

/** How much friction a confirmation asks for. */
export type Risk = 'reversible' | 'data' | 'irreversible';

/** A live check's answer, with what it rests on. */
export type Check = { state: 'pass' | 'fail' | 'unknown'; because: string; short?: string };

/** A look for proof. `final`: looking again would not tell more. */
export type Proof = Check & { final?: true };

/**
 * Every remediation there is (docs/actions.md). Each file in src/actions declares its own ids here, so that the runbook
 * and the screens name them checked, while core imports no action.
 */
// biome-ignore lint/suspicious/noEmptyInterface: its members are declared by the actions
export interface ActionIds {}
export type ActionId = keyof ActionIds;

/** What a plan shows and then runs. */
export type Plan = {
  /** In words and numbers: what will be different. */
  impact: readonly string[];
  /** What speaks against it; shown in the colour of a warning. */
  warnings?: readonly string[];
  /** In this order; the first one that fails ends it. */
  calls: readonly Call[];
  /** What the journal tells beside the calls: the numbers that a person chose. */
  note?: string;
  /** How to undo it, in words; absent when it cannot be undone. */
  undo?: string;
  /** Who answered just now: environment, cluster, database. */
  answered: readonly string[];
  /** A fingerprint of what the plan rests on; a different one at execution means the world moved. */
  preconditions: string;
  /** What was looked for, of an action that only looks. */
  found?: Found;
  /** What the proof afterwards needs to know of before. */
  baseline?: Readonly<Record<string, string>>;
};

/** What an action that only looks has seen, whole: for people a table, for programs an object. Sanitized and redacted. */
export type Found = {
  /** What it is, in a sentence. */
  says: string;
  head: readonly string[];
  table: readonly (readonly string[])[];
  json: Readonly<Record<string, unknown>>;
};

/** A plan, or why there is none and what to do about it. */
export type Planned = { ok: true; plan: Plan } | { ok: false; why: string; hint: string };

/** A value that can be chosen, and what it is. */
export type Choice = { value: string; says?: string };

/** What to type or choose before a plan can be made; prompts and command-line flags derive from it. */
export type Field = {
  /** As a flag: `--study`. */
  name: string;
  /** As asked: `which deployment?` */
  ask: string;
  kind: 'text' | 'number' | 'choice';
  /** Line ends belong to it: a message. */
  lines?: true;
  optional?: boolean;
  /** Taken when nothing is given. */
  preset?: string;
  /** What an empty value means, where there is no preset: `all`, `the previous one`. */
  empty?: string;
  /** Whether a form asks for it as things are; its preset is taken where it does not. */
  asked?(world: World): boolean;
  /** Of a `choice`: nothing else is taken. */
  oneOf?: readonly string[];
  /** Of a `number`: the least and the most. */
  range?: readonly [number, number];
  /** What a text has to look like, and how that is said: `a duration such as 90m, 24h or 7d`. */
  form?: { pattern: RegExp; says: string };
  /** Completion from what is on the screen already. */
  choices?(world: World): readonly Choice[];
  /** Completion from a look at the platform, when the world does not know. */
  look?(target: Target, preflight: Preflight): Promise<readonly Choice[]>;
};

export type Target = Readonly<Record<string, string>>;

/** An action and its target, to be offered. */
export type Suggestion = { action: ActionId; target: Target; says: string };

/** An action that was performed and is to be proven. */
export type Execution = {
  run: string;
  target: Target;
  /** Of a cockpit that is gone only its `baseline` is known. */
  plan: Pick<Plan, 'baseline'>;
  startedAt: Instant;
  output: readonly string[];
  /** Why nobody knows whether it happened: only the facts may say so, its calls' answers do not count. */
  uncertainty?: string | undefined;
};

/** For docs/actions.md: the row of this action. */
export type About = { does: string; looksAt: string; calls: string; proof: string; undo: string; runbook: string };

export type Action = {
  id: ActionId;
  title: string;
  risk: Risk;
  about: About;
  /** It only looks: its plan is the answer, and there is nothing to confirm. */
  reads?: true;
  fields: readonly Field[];
  /** What to type to confirm a `data` or `irreversible` action: the target's own name. */
  names(target: Target, context: ActionContext): string;
  /** What is changed: one action at a time for each. `deployment/api-gateway`. */
  object(target: Target, context: ActionContext): string;
  /** Why the key does nothing now, as far as the world on the screen knows. The plan looks again. */
  unavailable?(world: World, target: Target): string | undefined;
  /** Asked before the plan and again before it is carried out. */
  needs(target: Target, context: ActionContext): readonly Need[];
  /** A look that changes nothing. */
  plan(target: Target, preflight: Preflight): Promise<Planned>;
  /** Proof afterwards: `pass` and `fail` are final, `unknown` is asked again until `within` is over. */
  verify(done: Execution, preflight: Preflight): Promise<Proof>;
  within: Ms;
  /** What comes next once it is done: its inverse, or the next step. */
  next?(done: Execution): readonly Suggestion[];
};
