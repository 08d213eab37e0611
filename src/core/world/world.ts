import { type Form, runbookForm } from '../platform/form.ts';
import type { SurfaceAct } from '../platform/surface-acts.ts';
import { type Instant, type Ms, minute } from '../time.ts';
import { type FactId, type Facts, factIds } from './facts.ts';
import { newest, pending, type Reading } from './reading.ts';
import type { MetricId, Thresholds } from './thresholds.ts';

export type Readings = { readonly [F in FactId]: Reading<Facts[F]> };

/** The part of the settings that the evaluation depends on. */
export type Scope = {
  /** In words, on every frame: PRODUCTION, STAGING, or what the configuration says. */
  environment: string;
  /** The name of the drill's scenario; set only in a drill. */
  drill?: string;
  /** Starts read-only (production). */
  guarded: boolean;
  /** Options that the environment or flags redirect away from the profile, in words; absent if none. */
  redirected?: readonly string[];
  namespace: string;
  /** Deployment names by role (runbook, System Overview). */
  deployments: { gateway: string; orchestrator: string; executor: string };
  /** The severity of any other broken workload; absent: a warning. */
  otherWorkloads?: 'warning' | 'critical';
  /** Only some pods are watched (kubernetes.podSelector): those that are not seen may run. */
  somePods?: true;
  /** Staging has none. */
  hasReplica: boolean;
  thresholds: Thresholds;
  /** A job that runs longer is stuck; absent: ten minutes. */
  jobTimeout?: Ms;
};

/** One measured value of a metric, for its trend; `lasts`: how long it stands for while no other follows. */
export type Sample = { at: Instant; value: number; margin?: number | undefined; lasts?: Ms };

/** How far back a trend goes: half an hour (issue 16). */
export const trendSpan: Ms = 30 * minute;

/** The samples of the last `trendSpan`, oldest first. */
export type History = { readonly [M in MetricId]?: readonly Sample[] };

/** Everything on the screen is a pure function of this. */
export type World = {
  now: Instant;
  scope: Scope;
  readings: Readings;
  history: History;
  /** What the journal records of surfaces, oldest first; absent: nothing, or it was not read. */
  surfaceActs?: readonly SurfaceAct[];
};

/** Nothing known yet. */
export function emptyWorld(scope: Scope, now: Instant): World {
  const readings = Object.fromEntries(factIds.map((id) => [id, pending])) as unknown as Readings;
  return { now, scope, readings, history: {} };
}

/** The platform's tables, as last read; the runbook's before that. */
export function formOf({ readings: { studies } }: World): Form {
  return newest(studies)?.value.form ?? runbookForm;
}
