// Takes actions through their lifecycle: plan, confirm, look again, journal, perform, prove, journal. The state itself
// is the pure machine of core/actions/run.ts; this file tells it what happened.
import { actionNamed } from '../../actions/index.ts';
import type { Settings } from '../../config/settings.ts';
import {
  type Action,
  type ActionId,
  isActionId,
  type Plan,
  type Proof,
  type Target,
} from '../../core/actions/action.ts';
import type { LoggedCommand } from '../../core/actions/command-log.ts';
import { acceptsFor, advance, confirms, type Run, type RunEvent, type RunOutcome } from '../../core/actions/run.ts';
import { addressee, say, sketch } from '../../core/actions/say.ts';
import type { Ground, OpenIncident, Survey } from '../../core/actions/survey.ts';
import { describeFault } from '../../core/judgement/describe.ts';
import { formatAge } from '../../core/text/format.ts';
import { door } from '../../core/text/text.ts';
import { type Ms, second } from '../../core/time.ts';
import type { Fault } from '../../core/world/reading.ts';
import { perform } from '../../data/perform/perform.ts';
import type { Performed } from '../../data/perform/performed.ts';
import type { Left, Lock, LockNote, RunLocks } from '../../data/run-locks.ts';
import { pause } from '../../data/source.ts';
import type { KeptFiles } from '../../data/survey/kept.ts';
import { createSurvey } from '../../data/survey/survey.ts';
import type { RunNews } from '../incident/record.ts';
import { shortened, whatIsWrong, withPresets } from './target.ts';

export type RunnerOptions = {
  settings: Settings;
  ground: Ground;
  by: string;
  locks: RunLocks;
  kept: KeptFiles;
  /** Aborts when the engine ends. */
  signal: AbortSignal;
  /** Where the outcome is not known, the facts are asked until they tell; else for as long as the action says. */
  patient: boolean;
  /** The incident that is open. */
  incident(): OpenIncident | undefined;
  /** Why nothing may be changed now: read-only, observing, another cockpit drives. */
  forbids(): string | undefined;
  /** Written and flushed when it resolves; false: it could not be, and nobody allowed to go on without. */
  record(news: RunNews): Promise<boolean>;
  changed(run: Run): void;
  logged(command: LoggedCommand): void;
  /** Something was changed: look at the facts now. */
  acted(): void;
};

const lookAgainEvery: Ms = second;
/** Once the time for proof is over. */
const lookPatientlyEvery: Ms = 5 * second;

type Live = {
  run: Run;
  action: Action;
  survey: Survey & { close(): Promise<void> };
  /** Stops the calls. */
  stop: AbortController;
  /** Stops the looks, too. */
  leave: AbortController;
};

export class Runner {
  readonly #options: RunnerOptions;
  readonly #live = new Map<string, Live>();

  constructor(options: RunnerOptions) {
    this.#options = options;
  }

  /** Runs that hold their target now. */
  get underWay(): readonly Run[] {
    return [...this.#live.values()]
      .map(({ run }) => run)
      .filter((run) => run.phase !== 'planned' && run.phase !== 'planning');
  }

  /** Looks, and says what would be done. Resolves with the planned, or refused, run. */
  async plan(id: string, actionId: ActionId, target: Target): Promise<Run | undefined> {
    if (this.#live.has(id)) return undefined;
    const action = actionNamed(actionId);
    if (!action) return undefined;
    const { ground } = this.#options;
    const whole = withPresets(action, target);
    const wrong = whatIsWrong(action, whole);
    // What cannot be read cannot be confirmed either: it never gets further than this.
    const shown = wrong ? shortened(whole) : whole;
    const name = action.names(shown, ground);
    const run: Run = {
      id,
      action: actionId,
      title: name ? `${action.title}: ${door(name, 200)}` : action.title,
      risk: action.risk,
      target: shown,
      environment: ground.environment,
      by: this.#options.by,
      phase: 'planning',
      calls: [],
      accepts: acceptsFor(action.risk, name, ground.environment),
      performed: 0,
      output: [],
      next: [],
    };
    const live = this.#begin(run, action);
    if (wrong) return this.#end(live, 'refused', wrong.why, { hint: wrong.hint });
    const plan = await this.#look(live);
    if (live.leave.signal.aborted) return live.run;
    if (!plan.ok) return this.#end(live, 'refused', plan.why, { hint: plan.hint });
    this.#planned(live, plan.plan);
    if (plan.plan.calls.length > 0) return live.run;
    return this.#end(live, 'verified', 'that is how it is; nothing was changed', { next: this.#next(live, plan.plan) });
  }

  #begin(run: Run, action: Action): Live {
    const { ground, signal, kept, settings, incident } = this.#options;
    const [stop, leave] = [new AbortController(), new AbortController()];
    const survey = createSurvey({
      settings,
      ground,
      kept,
      incident,
      signal: AbortSignal.any([signal, leave.signal]),
      looked: ({ says, took, ok, what }) =>
        this.#log({ run: run.id, kind: 'look', says, took, ok, ...(what ? { what } : {}) }),
    });
    const live: Live = { run, action, survey, stop, leave };
    this.#live.set(run.id, live);
    this.#options.changed(run);
    return live;
  }

  /** Carries a planned run out, if `typed` is what has to be typed. Resolves when it has ended, or is planned again. */
  async confirm(id: string, typed: readonly string[]): Promise<Run | undefined> {
    const live = this.#live.get(id);
    const { plan } = live?.run ?? {};
    if (!live || !plan || live.run.phase !== 'planned') return live?.run;
    const right = confirms(live.run, typed, Date.now());
    if (right !== true && /too old/.test(right))
      return this.#again(live, 'the plan was too old: this is how it stands now');
    const forbidden = this.#options.forbids();
    if (right !== true || forbidden) return this.#planned(live, plan, forbidden ?? String(right));
    this.#tell(live, { kind: 'confirmed' });
    const object = live.action.object(live.run.target, this.#options.ground);
    const calls = live.run.calls.map((call) => call.say);
    const { action, by } = live.run;
    const taken = await this.#options.locks.take({
      run: id,
      action,
      object: door(object, 300),
      by,
      at: Date.now(),
      calls,
    });
    if (!taken.ok) {
      const who =
        'by' in taken
          ? `${taken.by.by} runs ${taken.by.action} on ${taken.by.object} since ${formatAge(Date.now() - taken.by.at)}`
          : taken.fault;
      return this.#end(live, 'refused', who, { hint: 'wait until it has ended; nothing was changed' });
    }
    try {
      if (taken.left) await this.#leftBehind(taken.left);
      return await this.#carryOut(live, plan, taken.lock);
    } catch (error) {
      return await this.#broken(live, error);
    } finally {
      await taken.lock.release();
      this.#options.acted();
    }
  }

  /** Before the first call: nothing happens. Afterwards: it is asked to stop, and says how far it came. */
  cancel(id: string): void {
    const live = this.#live.get(id);
    if (!live) return;
    const { phase } = live.run;
    live.stop.abort();
    if (phase !== 'performing') live.leave.abort();
    if (phase === 'planning' || phase === 'planned') void this.#end(live, 'cancelled', 'nothing was changed');
  }

  /** Forgets what a run said: a new key is not kept on the screen. */
  forget(id: string): void {
    const live = this.#live.get(id);
    if (live?.run.phase !== 'done') return;
    this.#live.delete(id);
    this.#options.changed({ ...live.run, output: [] });
  }

  /** Takes up a run whose cockpit is gone: its outcome is unknown, and the facts are asked until they tell. */
  async resume({ note, lock }: Left): Promise<Run | undefined> {
    const { run: id, action: actionId, by, object, at, proof } = note;
    const action = isActionId(actionId) ? actionNamed(actionId) : undefined;
    const doubt = await this.#leftBehind(note);
    try {
      if (!lock || !action || !proof || this.#live.has(id)) return undefined;
      const run: Run = {
        id,
        action: action.id,
        title: `${action.title}: ${door(object, 200)}`,
        risk: action.risk,
        target: proof.target,
        environment: this.#options.ground.environment,
        by,
        phase: 'performing',
        calls: note.calls.map((say) => ({ say, sketch: say, to: by })),
        accepts: [],
        startedAt: proof.startedAt ?? at,
        performed: 0,
        output: [],
        next: [],
      };
      const live = this.#begin(run, action);
      this.#tell(live, { kind: 'performedAll', doubt });
      return await this.#prove(live, { memo: proof.memo }, doubt);
    } finally {
      await lock?.release();
    }
  }

  /** Tells the journal of a run whose cockpit is gone; gives why nobody knows what became of it. */
  async #leftBehind({ run, action, object, phase, by }: LockNote): Promise<string> {
    const begun = phase === 'started';
    const detail = `the cockpit of ${by} ended ${begun ? 'while it ran' : 'before it began'}`;
    const state = begun ? 'unknown' : 'cancelled';
    if (isActionId(action)) await this.#options.record({ run, action, target: object, phase: state, detail });
    return detail;
  }

  /** A full disk, or a mistake of ours: nothing is hidden, and nothing is said to be done. */
  async #broken(live: Live, error: unknown): Promise<Run> {
    const why = door(error instanceof Error ? error.message : error, 300);
    const begun = live.run.phase === 'performing' || live.run.phase === 'verifying';
    await this.#record(live, begun ? 'unknown' : 'cancelled', { detail: why }).catch(() => false);
    if (!begun) return this.#end(live, 'refused', why, { hint: 'nothing was changed' });
    if (live.run.phase === 'performing') this.#tell(live, { kind: 'performedAll', doubt: why });
    return this.#end(live, 'unknown', `outcome unknown: ${why}`, { hint: 'look before you try again' });
  }

  async #carryOut(live: Live, plan: Plan, lock: Lock): Promise<Run> {
    const fresh = await this.#look(live);
    if (this.#isStopped(live)) return this.#end(live, 'cancelled', 'nothing was changed');
    if (!fresh.ok) return this.#end(live, 'refused', fresh.why, { hint: `${fresh.hint}; nothing was changed` });
    const forbidden = this.#options.forbids();
    if (forbidden) return this.#planned(live, fresh.plan, `${forbidden}; nothing was changed`);
    if (fresh.plan.rests !== plan.rests)
      return this.#planned(live, fresh.plan, 'the world moved, nothing was changed: this is how it stands now');
    const calls = live.run.calls.map((call) => call.say);
    const unwritten = () =>
      this.#end(live, 'refused', 'the journal cannot be written', {
        hint: 'nothing was changed; see :journal, or allow it in words',
      });
    if (!(await this.#record(live, 'confirmed', { calls }))) return unwritten();
    if (!(await lock.started({ target: live.run.target, memo: plan.memo ?? {}, startedAt: Date.now() }))) {
      await this.#record(live, 'cancelled', { detail: 'somebody else took the target' });
      return this.#end(live, 'refused', 'somebody else took the target', { hint: 'nothing was changed' });
    }
    if (!(await this.#record(live, 'started'))) return unwritten();
    this.#tell(live, { kind: 'started' });
    let doubt: string | undefined;
    for (const [at, call] of plan.calls.entries()) {
      const performed = await this.#perform(live, at, call);
      if (performed.outcome === 'done') {
        this.#tell(live, { kind: 'performed', call: at });
        continue;
      }
      if (performed.outcome !== 'unknown') return this.#stopped(live, performed, at);
      // Not again: whether it happened is for the facts to say.
      doubt = performed.says;
      break;
    }
    this.#tell(live, { kind: 'performedAll', ...(doubt === undefined ? {} : { doubt }) });
    if (doubt === undefined) await this.#record(live, 'finished');
    return this.#prove(live, plan, doubt);
  }

  async #perform(live: Live, at: number, call: Plan['calls'][number]): Promise<Performed> {
    const { settings, ground, kept, signal } = this.#options;
    const begun = performance.now();
    const performed = await perform(call, {
      settings,
      ground,
      signal: AbortSignal.any([signal, live.stop.signal]),
      tell: (lines) => this.#tell(live, { kind: 'output', lines }),
      keep: (rows) => kept.write(live.run.id, rows),
    });
    this.#log({
      run: live.run.id,
      kind: 'change',
      says: live.run.calls[at]?.sketch ?? call.tool,
      took: Math.round(performance.now() - begun),
      ok: performed.outcome === 'done',
      what: performed.says,
    });
    if (call.tool !== 'command') this.#tell(live, { kind: 'output', lines: [performed.says] });
    return performed;
  }

  async #stopped(live: Live, performed: Exclude<Performed, { outcome: 'done' | 'unknown' }>, at: number): Promise<Run> {
    const of = live.run.calls.length;
    const before = at > 0 ? `; ${at} of ${of} calls were done before` : '';
    const outcome: RunOutcome = at > 0 ? 'failed' : performed.outcome;
    const phase = outcome === 'failed' ? 'failed' : 'cancelled';
    await this.#record(live, phase, { detail: performed.says + before });
    const hint = 'hint' in performed ? performed.hint : 'nothing was changed; plan it again';
    return this.#end(live, outcome, performed.says + before, { hint: at > 0 ? 'look at what was done' : hint });
  }

  /** Looks at the facts until they prove it, disprove it, or the time is up. */
  async #prove(live: Live, plan: Pick<Plan, 'memo'>, doubt: string | undefined): Promise<Run> {
    const { action, run } = live;
    if (doubt !== undefined) await this.#record(live, 'unknown', { detail: doubt });
    const proof = await this.#lookForProof(live, plan, doubt);
    const next = this.#next(live, plan);
    const { state, because } = proof;
    if (doubt === undefined) {
      if (state === 'pass') return this.#proven(live, 'verified', because, { next });
      const why =
        state === 'fail' || proof.final ? because : `not proven within ${formatAge(action.within)}: ${because}`;
      const hint = run.calls.length === 0 ? 'look at the facts' : 'it was done; look at the facts';
      return this.#proven(live, 'unverified', why, { hint, next });
    }
    if (state === 'pass') return this.#proven(live, 'verified', `${doubt}, but it happened: ${because}`, { next });
    if (state === 'fail') return this.#proven(live, 'failed', `${doubt}, and the facts say: ${because}`, { next });
    return this.#end(live, 'unknown', `outcome unknown: ${doubt}; seen last: ${because}`, {
      hint: 'look before you try again',
      next,
    });
  }

  async #proven(
    live: Live,
    outcome: 'verified' | 'unverified' | 'failed',
    says: string,
    more: { hint?: string; next: Run['next'] },
  ): Promise<Run> {
    await this.#record(live, outcome, { detail: says });
    return this.#end(live, outcome, says, more);
  }

  async #lookForProof(live: Live, plan: Pick<Plan, 'memo'>, doubt: string | undefined): Promise<Proof> {
    const { action, run, survey, leave } = live;
    const { signal, patient } = this.#options;
    const over = AbortSignal.any([leave.signal, signal]);
    const startedAt = run.startedAt ?? Date.now();
    const until = Date.now() + action.within;
    let proof: Proof = { state: 'unknown', because: 'not looked yet' };
    while (!over.aborted) {
      const done = { run: run.id, target: run.target, plan, startedAt, output: live.run.output };
      const seen = await action
        .verify({ ...done, ...(doubt === undefined ? {} : { doubt }) }, survey)
        .catch((error: unknown): Proof => ({ state: 'unknown', because: door(error, 200) }));
      if (over.aborted) break;
      proof = seen;
      const late = Date.now() >= until;
      if (proof.state !== 'unknown' || proof.final || (late && !(patient && doubt !== undefined))) break;
      this.#tell(live, { kind: 'seen', says: proof.because });
      await pause(late ? lookPatientlyEvery : lookAgainEvery, over);
    }
    return proof;
  }

  #next({ action, run }: Live, plan: Pick<Plan, 'memo'>): Run['next'] {
    const { id, target, startedAt = Date.now() } = run;
    return action.next?.({ run: id, target, plan, startedAt, output: [] }) ?? [];
  }

  #isStopped({ stop }: Live): boolean {
    return stop.signal.aborted || this.#options.signal.aborted;
  }

  async #again(live: Live, notice: string): Promise<Run> {
    const fresh = await this.#look(live);
    return fresh.ok
      ? this.#planned(live, fresh.plan, notice)
      : this.#end(live, 'refused', fresh.why, { hint: fresh.hint });
  }

  /** Permissions and tools first, then the plan. A bug in a plan is a refusal that says so. */
  async #look({ action, run, survey }: Live) {
    try {
      for (const need of action.needs(run.target, this.#options.ground)) {
        const answer = await survey.allows(need);
        if (!answer.ok) return refusal(answer.fault);
      }
      return await action.plan(run.target, survey);
    } catch (error) {
      const why = `the plan failed: ${door(error instanceof Error ? error.message : error, 300)}`;
      return { ok: false as const, why, hint: 'this is a mistake of the cockpit: do it by hand' };
    }
  }

  #planned(live: Live, plan: Plan, notice?: string): Run {
    const { targets } = this.#options.ground;
    const calls = plan.calls.map((call) => ({
      say: say(call, targets),
      sketch: sketch(call, targets),
      to: addressee(call, targets),
    }));
    return this.#tell(live, { kind: 'planned', plan, calls, ...(notice ? { notice } : {}) });
  }

  #tell(live: Live, event: RunEvent): Run {
    const next = advance(live.run, event, Date.now());
    if (next !== live.run) {
      live.run = next;
      this.#options.changed(next);
    }
    return live.run;
  }

  async #end(
    live: Live,
    outcome: RunOutcome,
    says: string,
    more: { hint?: string; next?: Run['next'] } = {},
  ): Promise<Run> {
    const run = this.#tell(live, { kind: 'ended', outcome, says, ...more });
    live.leave.abort();
    await live.survey.close();
    return run;
  }

  async #record(
    { run, action }: Live,
    phase: RunNews['phase'],
    more: { calls?: readonly string[]; detail?: string } = {},
  ): Promise<boolean> {
    const target = door(action.object(run.target, this.#options.ground), 300);
    return this.#options.record({ run: run.id, action: run.action, target, phase, ...more });
  }

  #log(command: Omit<LoggedCommand, 'at'>): void {
    this.#options.logged({ ...command, at: Date.now() });
  }
}

function refusal(fault: Fault) {
  return { ok: false as const, why: describeFault(fault), hint: fault.hint };
}
