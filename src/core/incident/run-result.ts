// What a run of an action came to, for the step that offers it.
import type { ActionId, BuiltInActionId } from '../actions/action.ts';
import { verbOf, wordOf } from '../actions/plan-text.ts';
import type { HealthStatus } from '../health/status.ts';
import { shortClock } from '../text/format.ts';
import type { Instant } from '../time.ts';
import type { RunPhase } from './event.ts';
import type { RunState } from './incident.ts';

/** Every action's id begins with its verb. */
type VerbOf<Id> = Id extends `${infer Verb}-${string}` ? Verb : Id;

/** What has been done once it is done; in the order of actions/index.ts. */
const participles: Readonly<Record<VerbOf<BuiltInActionId> | 'run', string>> = {
  restart: 'restarted',
  rollback: 'rolled back',
  scale: 'scaled',
  failover: 'failed over',
  retry: 'retried',
  restore: 'restored',
  cancel: 'cancelled',
  pause: 'paused',
  resume: 'resumed',
  disable: 'disabled',
  enable: 'enabled',
  test: 'tested',
  list: 'listed',
  create: 'created',
  revoke: 'revoked',
  rotate: 'rotated',
  cleanup: 'cleaned up',
  refresh: 'refreshed',
  analyze: 'analyzed',
  vacuum: 'vacuumed',
  end: 'ended',
  evict: 'evicted',
  deploy: 'deployed',
  acknowledge: 'acknowledged',
  reassign: 'reassigned',
  escalate: 'escalated',
  note: 'noted',
  notify: 'sent',
  resolve: 'resolved',
  run: 'ran',
  preserve: 'preserved',
};

/** `restarted` of `restart-deployment`; of an action that this version does not know its id. */
export function participleOf(action: ActionId): string {
  return new Map(Object.entries(participles)).get(verbOf(action)) ?? action;
}

/** `running`: it has begun and has no end yet. */
export type RunResult = { state: HealthStatus | 'running'; says: string; at: Instant };

const states: Readonly<Record<RunPhase, RunResult['state'] | undefined>> = {
  confirmed: 'running',
  started: 'running',
  finished: 'ok',
  verified: 'ok',
  unverified: 'warning',
  failed: 'critical',
  unknown: 'unknown',
  // Nothing happened.
  cancelled: undefined,
};

/**
 * `restarted 03:12, verified: 3/3 ready`; undefined for a run that was cancelled before anything happened. `about`: its
 * object, where the step may act on several. `isAlone`: its cockpit has ended. `isBrief`: without what proved it.
 */
export function runResult(
  { action, phase, phases }: RunState,
  { about = '', isAlone = false, isBrief = false }: { about?: string; isAlone?: boolean; isBrief?: boolean } = {},
): RunResult | undefined {
  const state = states[phase];
  const last = phases.at(-1);
  if (!state || !last) return undefined;
  const named = about ? `${about} ` : '';
  const detail = last.detail && !isBrief ? `: ${last.detail}` : '';
  const did = `${named}${participleOf(action)} ${shortClock(last.at)}`;
  const tries = `${named}${wordOf(action)}`;
  const at = last.at;
  switch (state) {
    case 'ok':
      return { state, at, says: `${did}, ${phase === 'verified' ? 'verified' : 'done'}${detail}` };
    case 'warning':
      return { state, at, says: `${did}, not verified${detail}` };
    case 'critical':
      return { state, at, says: `${tries} failed ${shortClock(at)}${detail}` };
    case 'running':
      if (!isAlone) return { state, at, says: `${tries} running since ${shortClock(at)}` };
      return { state: 'unknown', at, says: `${tries} ${shortClock(at)}, outcome unknown: its cockpit ended` };
    case 'unknown':
      return { state, at, says: `${tries} ${shortClock(at)}, outcome unknown${detail}` };
  }
}
