// A procedure of the runbook as a value: steps with evidence, actions and manual commands.
import type { ActionId, Check, Target } from '../actions/action.ts';
import type { Instant, Ms } from '../time.ts';
import type { FactId } from '../world/facts.ts';
import type { Targets } from '../world/targets.ts';
import type { World } from '../world/world.ts';

/** SEV1 is the worst (runbook, Severity Levels). */
export const severities = [1, 2, 3, 4] as const;
export type Severity = (typeof severities)[number];

/** `SEV1`. */
export type SeverityName = `SEV${Severity}`;
export const severityName = (severity: Severity): SeverityName => `SEV${severity}`;

export const procedureIds = [
  'sev1',
  'sev2',
  'sev3',
  'sev4',
  'security',
  'full-recovery',
  'api-key-rotation',
  'credential-rotation',
  'deployment',
  'rollback',
  'database-maintenance',
  'session-maintenance',
  'evidence-cleanup',
  'evidence-recovery',
  'point-in-time-recovery',
] as const;
export type ProcedureId = (typeof procedureIds)[number];

/** The keys of a step's offers, in the order of the offers that name none. */
export const offerKeys = ['r', 'd', 'f', 'x'] as const;
export type OfferKey = (typeof offerKeys)[number];

/** An action that a step offers; `target` fills in the known fields. */
export type Offer = {
  action: ActionId;
  /** The title of its key: `restart gateway`. */
  title: string;
  /** Default: by its place among the offers. It stays the same, whatever the evidence puts first. */
  key?: OfferKey;
  /** Offered only while the evidence points to it. */
  ifPointedTo?: true;
  /** It serves another purpose than the remedies: the evidence gives it no target, no title and no other place. */
  asIs?: true;
  /** Offered only while this holds. */
  onlyWhile?(world: World): boolean;
  target?(world: World): Target;
  /** What the form begins with, to confirm or to change: `{ replicas: '5' }`. */
  fills?(world: World): Target;
};

/** A step that says "if needed": the evidence recommends, a person decides. */
export type Decision = {
  /** A question for yes or no. */
  question: string;
  recommend(world: World, known: Known): Recommendation;
  /** The action that yes means: once it has run, the answer is yes, even if the facts no longer recommend it. */
  remedy?: ActionId;
  /** Actions that the step offers in its place: once one of them has worked, the answer is no. */
  instead?: readonly ActionId[];
};

/**
 * `unsure` recommends neither; `ran`: its remedy has run, and only the answer is missing. `instead`: what comes before
 * it, where no is not "not needed": `roll back first`.
 */
export type Recommendation = { answer: 'yes' | 'no' | 'unsure'; because: string; ran?: true; instead?: string };

export type Link = { title: string; url: string };

export type Step = {
  /** Unique among all checklists: `sev1/gateway-status`. */
  id: `${ProcedureId}/${string}`;
  /** What to do, written to be read aloud. */
  say: string;
  /** Details of the open step. */
  more?: readonly string[];
  /** Not in the runbook: written for the cockpit. */
  ours?: true;
  /** Live evidence, line by line. */
  evidence?(world: World, known: Known): readonly Evidence[];
  /** The live check of this step; default: the sum of the evidence. */
  check?(world: World, known: Known): Check;
  offers?: readonly Offer[];
  /** The related screen. */
  goes?: { screen: string; of?(world: World): Readonly<Record<string, string>>; filter?: string; title: string };
  /** Manual commands with the current targets, one per line. */
  byHand?(targets: Targets, world: World): readonly string[];
  /** The commands depend on each other: pasted, they stop at the first failure. */
  inOrder?: true;
  links?: readonly Link[];
  decision?: Decision;
  /** The step waits for others: suggest a reminder after this time. */
  waits?: { for: string; remind: Ms };
};

/** One line of live evidence. */
export type Evidence = Check & {
  /** Its subject, short: `primary`. */
  subject: string;
  /** When it was measured; absent for what is not measured. */
  at?: Instant;
};

/** What a step may know of the incident itself. */
export type Known = {
  acknowledged?: { by: string; at: Instant };
  /** Messages that went out. */
  notified: readonly { channel: string; at: Instant }[];
  /** Actions that ran to their end, each with its object: `deployment/api-gateway`. */
  ran: readonly RanAction[];
};

/** `at`: when it ended; `worked`: its effect was proven, or for a test that it passed. */
export type RanAction = { action: ActionId; object: string; at: Instant; worked: boolean; by?: string };

/** Nothing was acknowledged or sent yet. */
export const nothingKnown: Known = { notified: [], ran: [] };

/**
 * Whether an action on an object is what is offered. One that is offered for a deployment is offered for no other; a
 * surface that is acted on may stop being the one that fails.
 */
export function offersOn({ action, target }: Offer, ran: ActionId, object: string, world: World): boolean {
  const { deployment } = target?.(world) ?? {};
  return action === ran && (deployment === undefined || object.endsWith(`/${deployment}`));
}

/** The recommendation for a decision: from the facts, or yes once its action has run. */
export function adviceOn({ decision, offers = [] }: Step, world: World, known: Known): Recommendation | undefined {
  const remedy = offers.find(({ action }) => action === decision?.remedy);
  if (remedy) {
    if (known.ran.some(({ action, object }) => offersOn(remedy, action, object, world)))
      return { answer: 'yes', because: 'it was already run', ran: true };
  }
  return decision?.recommend(world, known);
}

/** A step's check: its own, or the sum of its evidence. Undefined without either. */
export function checkOf(step: Step, world: World, known: Known = nothingKnown): Check | undefined {
  if (step.check) return step.check(world, known);
  return step.evidence ? sum(step.evidence(world, known)) : undefined;
}

/** One failure fails, one unknown is unknown; the reason is that of the worst. */
export function sum(evidence: readonly Evidence[]): Check | undefined {
  for (const state of ['fail', 'unknown', 'pass'] as const) {
    const found = evidence.filter((one) => one.state === state);
    if (found.length === 0) continue;
    const shown = found.slice(0, 2).map((one) => `${one.subject} ${one.because}`);
    const more = found.length - shown.length;
    const level = found.every((one) => one.level === 'warning') ? 'warning' : undefined;
    return { state, level, because: [...shown, ...(more > 0 ? [`and ${more} more`] : [])].join('; ') };
  }
  return undefined;
}

/** Something the runbook lists as a sign of this procedure; `fail` means: the sign is there. */
export type Symptom = {
  id: string;
  say: string;
  check(world: World): Check;
  /** The fact that it counts in: without an answer the symptom is unknown, also where the refusal proves an outage. */
  counts?: FactId;
};

export type Checklist = {
  id: ProcedureId;
  title: string;
  /** `ours`: not in the runbook, written for the cockpit. */
  from: 'runbook' | 'ours';
  /** Which part of the runbook it is: `Incident Response`. */
  section: string;
  severity?: Severity;
  /** One or two sentences: when to use it. */
  about: string;
  symptoms: readonly Symptom[];
  steps: readonly Step[];
};
