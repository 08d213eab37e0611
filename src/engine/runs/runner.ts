// Takes actions through their lifecycle: plan, confirm, look again, journal, perform, prove, journal. The state itself
// is the pure machine of core/run.ts; this file tells it what happened.
import { actionNamed } from '../../actions/index.ts';
import type { Settings } from '../../config/settings.ts';
import type { Action, ActionId, Check, Plan, Target } from '../../core/action.ts';
import type { LoggedCommand } from '../../core/command-log.ts';
import { describeFault } from '../../core/describe.ts';
import { formatAge } from '../../core/format.ts';
import type { Fault } from '../../core/reading.ts';
import { acceptsFor, advance, confirms, type Run, type RunEvent, type RunOutcome } from '../../core/run.ts';
import { addressee, say, sketch } from '../../core/say.ts';
import type { Ground, Survey } from '../../core/survey.ts';
import { door } from '../../core/text.ts';
import { type Ms, second } from '../../core/time.ts';
import { perform } from '../../data/perform/perform.ts';
import type { Performed } from '../../data/perform/performed.ts';
import type { Lock, RunLocks } from '../../data/run-locks.ts';
import { pause } from '../../data/source.ts';
import type { KeptFiles } from '../../data/survey/kept.ts';
import { createSurvey } from '../../data/survey/survey.ts';

/** What the journal is told of a run. */
export type RunNews = {
  run: string;
  action: ActionId;
  target: string;
  phase: 'confirmed' | 'started' | 'finished' | 'failed' | 'verified' | 'unverified' | 'unknown' | 'cancelled';
  calls?: readonly string[];
  detail?: string;
};

export type RunnerOptions = {
  settings: Settings;
  ground: Ground;
  by: string;
  locks: RunLocks;
  kept: KeptFiles;
  /** Aborts when the engine ends. */
  signal: AbortSignal;
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

type Live = { run: Run; action: Action; survey: Survey & { close(): Promise<void> }; stop: AbortController };

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
    const { ground, signal, kept, settings } = this.#options;
    const whole = withPresets(action, target);
    const name = action.names(whole, ground);
    const run: Run = {
      id,
      action: actionId,
      title: name ? `${action.title}: ${door(name, 200)}` : action.title,
      risk: action.risk,
      target: whole,
      environment: ground.environment,
      by: this.#options.by,
      phase: 'planning',
      calls: [],
      accepts: acceptsFor(action.risk, name, ground.environment),
      performed: 0,
      output: [],
      next: [],
    };
    const stop = new AbortController();
    const survey = createSurvey({
      settings,
      ground,
      kept,
      signal: AbortSignal.any([signal, stop.signal]),
      looked: ({ says, took, ok, what }) =>
        this.#log({ run: id, kind: 'look', says, took, ok, ...(what ? { what } : {}) }),
    });
    const live: Live = { run, action, survey, stop };
    this.#live.set(id, live);
    this.#options.changed(run);
    const missing = action.fields.find((field) => !field.optional && !whole[field.name]?.trim());
    if (missing) return this.#end(live, 'refused', `${missing.name} is missing`, { hint: missing.ask });
    const plan = await this.#look(live);
    if (stop.signal.aborted) return live.run;
    return plan.ok ? this.#planned(live, plan.plan) : this.#end(live, 'refused', plan.why, { hint: plan.hint });
  }

  /** Carries a planned run out, if `typed` is what has to be typed. Resolves when it has ended, or is planned again. */
  async confirm(id: string, typed: readonly string[]): Promise<Run | undefined> {
    const live = this.#live.get(id);
    const { plan } = live?.run ?? {};
    if (!live || !plan) return live?.run;
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
      if (taken.left) await this.leftBehind(taken.left);
      return await this.#carryOut(live, plan, taken.lock);
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
    if (phase === 'planning' || phase === 'planned') void this.#end(live, 'cancelled', 'nothing was changed');
  }

  /** Forgets what a run said: a new key is not kept on the screen. */
  forget(id: string): void {
    const live = this.#live.get(id);
    if (live?.run.phase !== 'done') return;
    this.#live.delete(id);
    this.#options.changed({ ...live.run, output: [] });
  }

  /** Tells of a run whose cockpit is gone. */
  async leftBehind(left: { run: string; action: string; object: string; phase: string; by: string }): Promise<void> {
    const begun = left.phase === 'started';
    await this.#options.record({
      run: left.run,
      action: left.action as ActionId,
      target: left.object,
      phase: begun ? 'unknown' : 'cancelled',
      detail: `the cockpit of ${left.by} ended ${begun ? 'while it ran: look at the facts' : 'before it began'}`,
    });
  }

  async #carryOut(live: Live, plan: Plan, lock: Lock): Promise<Run> {
    const fresh = await this.#look(live);
    if (live.stop.signal.aborted) return this.#end(live, 'cancelled', 'nothing was changed');
    if (!fresh.ok) return this.#end(live, 'refused', fresh.why, { hint: `${fresh.hint}; nothing was changed` });
    if (fresh.plan.rests !== plan.rests)
      return this.#planned(live, fresh.plan, 'the world moved, nothing was changed: this is how it stands now');
    const calls = live.run.calls.map((call) => call.say);
    const noted = (await this.#record(live, 'confirmed', { calls })) && (await this.#record(live, 'started'));
    if (!noted)
      return this.#end(live, 'refused', 'the journal cannot be written', {
        hint: 'nothing was changed; see :journal, or allow it in words',
      });
    await lock.started();
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
    this.#tell(live, { kind: 'performedAll' });
    if (doubt === undefined) await this.#record(live, 'finished');
    return this.#prove(live, plan, doubt);
  }

  async #perform(live: Live, at: number, call: Plan['calls'][number]): Promise<Performed> {
    const { settings, ground, kept } = this.#options;
    const begun = performance.now();
    const performed = await perform(call, {
      settings,
      ground,
      signal: live.stop.signal,
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
  async #prove(live: Live, plan: Plan, doubt: string | undefined): Promise<Run> {
    const { action, run, survey, stop } = live;
    const startedAt = run.startedAt ?? Date.now();
    const until = Date.now() + action.within;
    let check: Check = { state: 'unknown', because: 'not looked yet' };
    while (Date.now() < until && !stop.signal.aborted) {
      const done = { run: run.id, target: run.target, plan, startedAt, output: live.run.output };
      check = await action
        .verify(done, survey)
        .catch((error: unknown): Check => ({ state: 'unknown', because: door(error, 200) }));
      if (check.state !== 'unknown') break;
      this.#tell(live, { kind: 'seen', says: check.because });
      await pause(lookAgainEvery, AbortSignal.any([stop.signal, this.#options.signal]));
    }
    const next = action.next?.({ run: run.id, target: run.target, plan, startedAt, output: [] }) ?? [];
    if (check.state === 'pass') {
      const says =
        doubt === undefined ? check.because : `its answer was lost (${doubt}), but it happened: ${check.because}`;
      await this.#record(live, 'verified', { detail: says });
      return this.#end(live, 'verified', says, { next });
    }
    if (doubt !== undefined) {
      await this.#record(live, 'unknown', { detail: `${doubt}; ${check.because}` });
      return this.#end(live, 'unknown', `outcome unknown: ${doubt}; seen last: ${check.because}`, {
        hint: 'look before you try again',
        next,
      });
    }
    const why =
      check.state === 'fail' ? check.because : `not proven within ${formatAge(action.within)}: ${check.because}`;
    await this.#record(live, 'unverified', { detail: why });
    return this.#end(live, 'unverified', why, { hint: 'it was done; look at the facts', next });
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
    live.stop.abort();
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

function withPresets(action: Action, target: Target): Target {
  const presets = action.fields.flatMap((f) =>
    f.preset !== undefined && !target[f.name]?.trim() ? [[f.name, f.preset]] : [],
  );
  return { ...target, ...Object.fromEntries(presets) };
}

function refusal(fault: Fault) {
  return { ok: false as const, why: describeFault(fault), hint: fault.hint };
}
