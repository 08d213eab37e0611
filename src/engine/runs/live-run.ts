// One run while this cockpit owns it: its checks and plan, its calls, its verification, and how each step reaches the
// screen and the journal.
import type { Settings } from '../../config/settings.ts';
import type { Action, Plan, Planned, Proof } from '../../core/actions/action.ts';
import type { LoggedCommand } from '../../core/actions/command-log.ts';
import type { ActionContext, Preflight } from '../../core/actions/preflight.ts';
import { advance, type Run, type RunEvent, type RunOutcome } from '../../core/actions/run.ts';
import { summarize, targetOf, toShellCommand } from '../../core/actions/shell-command.ts';
import { describeFault } from '../../core/health/describe.ts';
import { formatAge } from '../../core/text/format.ts';
import { sanitize } from '../../core/text/text.ts';
import { type Ms, second } from '../../core/time.ts';
import type { World } from '../../core/world/world.ts';
import type { CallResult } from '../../data/call-result.ts';
import { execute } from '../../data/execute.ts';
import type { KeptFiles } from '../../data/journal/kept-rows.ts';
import { createPreflight } from '../../data/preflight.ts';
import { pause } from '../../data/source.ts';
import { debugLog } from '../../disk/debug-log.ts';
import { openIncident, type Recorder, type RunNews } from '../incident/recorder.ts';

/** What all runs of one runner share. */
export type RunContext = {
  settings: Settings;
  actionContext: ActionContext;
  recorder: Recorder;
  kept: KeptFiles;
  /** Aborts when the engine ends. */
  signal: AbortSignal;
  /** With an unknown outcome, verify until the facts decide; otherwise only for the action's own time. */
  patient: boolean;
  /** The health of the platform now. */
  world(): Promise<World>;
  changed(run: Run): void;
  logged(command: LoggedCommand): void;
  /** Why this run may make no further call; asked right before each. */
  mayCall(run: string): Promise<string | undefined>;
  /** Resolves when written and flushed; false: it could not be written, and actions without a record are not allowed. */
  record(news: RunNews, automatic?: true): Promise<boolean>;
};

const verifyEvery: Ms = second;
/** After the action's own time to verify. */
const verifySlowlyEvery: Ms = 5 * second;

/** How far the calls came. `uncertainty`: why the outcome of the last one is unknown. */
export type Executed =
  | { end: 'all'; uncertainty?: string; recorded?: string | undefined }
  | { end: 'stopped'; result: Exclude<CallResult, { outcome: 'done' | 'unknown' }>; at: number };

export class LiveRun {
  readonly action: Action;
  readonly #context: RunContext;
  readonly preflight: Preflight & { close(): Promise<void> };
  /** Stops the calls. */
  readonly stop = new AbortController();
  /** Stops preflight and verification, too. */
  readonly leave = new AbortController();
  /** Nobody waits for preflight and verification any more. */
  readonly #over: AbortSignal;
  #run: Run;
  /** Of a cockpit that has ended: nobody does it any more. */
  readonly #resumed: true | undefined;

  constructor(run: Run, action: Action, context: RunContext, resumed?: true) {
    this.#run = run;
    this.#resumed = resumed;
    this.action = action;
    this.#context = context;
    const { settings, recorder, actionContext, kept, signal, changed, world } = context;
    this.#over = AbortSignal.any([signal, this.leave.signal]);
    this.preflight = createPreflight({
      settings,
      context: actionContext,
      kept,
      incident: () => openIncident(recorder, Date.now()),
      world,
      signal: this.#over,
      looked: ({ says, took, ok, what }) => this.log({ kind: 'look', says, took, ok, what }),
      progress: (progress) => this.tell({ kind: 'progress', progress }),
    });
    changed(run);
  }

  get run(): Run {
    return this.#run;
  }

  get isStopped(): boolean {
    return this.stop.signal.aborted || this.#context.signal.aborted;
  }

  /** Permissions and tools first, then the plan. A bug in a plan is a refusal that says so. */
  async look(): Promise<Planned> {
    const { action, preflight, run } = this;
    try {
      for (const need of action.needs(run.target, this.#context.actionContext)) {
        const answer = await preflight.allows(need);
        if (!answer.ok) return { ok: false, why: describeFault(answer.fault), hint: answer.fault.hint };
      }
      return await action.plan(run.target, preflight);
    } catch (error) {
      const why = `the plan failed: ${sanitize(error instanceof Error ? error.message : error, 300)}`;
      return { ok: false, why, hint: 'bug in the cockpit: run it by hand' };
    }
  }

  /** Shows a plan and asks for confirmation; `again`: the differences from the confirmed plan. */
  planned(plan: Plan, notice?: string, again?: readonly string[]): Run {
    const { targets } = this.#context.actionContext;
    const calls = plan.calls.map((call) => ({
      say: toShellCommand(call, targets),
      summary: summarize(call, targets),
      to: targetOf(call, targets),
    }));
    return this.tell({ kind: 'planned', plan, calls, notice, again });
  }

  /** The calls of a plan, one after the other. The first one that is not done ends it; none is ever repeated. */
  async execute({ calls }: Plan): Promise<Executed> {
    let recorded: string | undefined;
    for (const [at, call] of calls.entries()) {
      const why = await this.#context.mayCall(this.#run.id);
      if (why !== undefined) return { end: 'stopped', result: { outcome: 'cancelled', says: why }, at };
      const result = await this.#call(at, call);
      if (result.outcome === 'done') {
        this.tell({ kind: 'performed', call: at });
        recorded = result.recorded ?? recorded;
      }
      // Never repeated: the facts decide whether it happened.
      else if (result.outcome === 'unknown') return { end: 'all', uncertainty: result.says };
      else return { end: 'stopped', result, at };
    }
    return { end: 'all', recorded };
  }

  async #call(at: number, call: Plan['calls'][number]): Promise<CallResult> {
    const { settings, actionContext, kept, signal, world } = this.#context;
    const begun = performance.now();
    const result = await execute(call, {
      settings,
      context: actionContext,
      signal: AbortSignal.any([signal, this.stop.signal]),
      tell: (lines) => this.tell({ kind: 'output', lines }),
      progress: (says, progress) => this.tell({ kind: 'progress', says, progress }),
      keep: (rows) => kept.write(this.run.id, rows),
      world,
    });
    this.log({
      kind: 'change',
      says: this.run.calls[at]?.summary ?? call.tool,
      command: this.run.calls[at]?.say,
      took: Math.round(performance.now() - begun),
      ok: result.outcome === 'done',
      what: result.says,
    });
    if (call.tool !== 'command') this.tell({ kind: 'output', lines: [result.says] });
    return result;
  }

  /** Verifies and ends the run. `uncertainty`: why the outcome is unknown; then only the facts decide. */
  async verify(plan: Pick<Plan, 'baseline'>, uncertainty: string | undefined): Promise<Run> {
    if (uncertainty !== undefined) await this.record('unknown', { detail: uncertainty });
    const { state, because, final } = await this.#proof(plan, uncertainty);
    const next = await this.next(plan, 'next', state === 'pass');
    const ended = async (outcome: RunOutcome & RunNews['phase'], says: string, hint?: string) => {
      await this.record(outcome, { detail: says });
      return this.end(outcome, says, { next, hint });
    };
    if (uncertainty === undefined) {
      if (state === 'pass') return ended('verified', because);
      const within = formatAge(this.action.within);
      const late = this.#over.aborted ? 'verification was stopped' : `not verified within ${within}`;
      const why = state === 'fail' || final ? because : `${late}: ${because}`;
      const hint = this.run.calls.length === 0 ? 'check the current state' : 'it was done; check the current state';
      return ended('unverified', why, hint);
    }
    if (state === 'pass') return ended('verified', `${uncertainty}, but it was done: ${because}`);
    if (state === 'fail') return ended('failed', `${uncertainty}; current state: ${because}`);
    const seen = this.#over.aborted ? 'verification was stopped' : `last seen: ${because}`;
    const says = `outcome unknown: ${uncertainty}; ${seen}`;
    return this.end('unknown', says, { hint: 'check the current state before you retry', next });
  }

  /** Verifies until the facts prove it, disprove it, or time is up. */
  async #proof(plan: Pick<Plan, 'baseline'>, uncertainty: string | undefined): Promise<Proof> {
    const { patient } = this.#context;
    const over = this.#over;
    const startedAt = this.run.startedAt ?? Date.now();
    const endedAt = Date.now();
    const until = endedAt + this.action.within;
    let proof: Proof = { state: 'unknown', because: 'not checked yet' };
    while (!over.aborted) {
      const { id: run, target, output } = this.run;
      const seen = await this.action
        .verify({ run, target, plan, startedAt, endedAt, output, uncertainty }, this.preflight)
        .catch((error: unknown): Proof => ({ state: 'unknown', because: sanitize(error, 200) }));
      if (over.aborted) break;
      proof = seen;
      const late = Date.now() >= until;
      if (proof.state !== 'unknown' || proof.final || (late && !(patient && uncertainty !== undefined))) break;
      this.tell({ kind: 'seen', says: proof.because, progress: proof.progress });
      await pause(late ? verifySlowlyEvery : verifyEvery, over);
    }
    return proof;
  }

  /** What to do next, by the facts where they answer. */
  async next(plan: Pick<Plan, 'baseline'>, which: 'next' | 'wayBack', proven?: boolean): Promise<Run['next']> {
    const { id, target, startedAt = Date.now() } = this.#run;
    try {
      const done = { run: id, target, plan, startedAt, output: [], proven };
      return (await this.action[which]?.(done, this.preflight)) ?? [];
    } catch (error) {
      debugLog.warn('run', { run: id, action: this.action.id, next: sanitize(error, 200) });
      return [];
    }
  }

  tell(event: RunEvent): Run {
    const next = advance(this.#run, event, Date.now());
    if (next !== this.#run) {
      const { id, phase, outcome, says } = next;
      if (phase !== this.#run.phase) debugLog.info('run', { run: id, action: this.action.id, phase, outcome, says });
      this.#run = next;
      this.#context.changed(next);
    }
    return this.#run;
  }

  async end(outcome: RunOutcome, says: string, more: { hint?: string; next?: Run['next'] } = {}): Promise<Run> {
    const run = this.tell({ kind: 'ended', outcome, says, ...more });
    this.leave.abort();
    await this.preflight.close();
    return run;
  }

  /** Resolves when written and flushed; false: it could not be written. */
  async record(phase: RunNews['phase'], more: { calls?: readonly string[]; detail?: string } = {}): Promise<boolean> {
    const { id, action, target } = this.#run;
    const object = sanitize(this.action.object(target, this.#context.actionContext), 300);
    return this.#context.record({ run: id, action, target: object, phase, ...more }, this.#resumed);
  }

  /** For the command log. */
  log(command: Omit<LoggedCommand, 'at' | 'run'>): void {
    const { kind, says, took, ok, what } = command;
    debugLog.write(kind === 'change' ? 'info' : 'debug', 'call', { run: this.#run.id, kind, says, took, ok, what });
    this.#context.logged({ run: this.#run.id, at: Date.now(), ...command });
  }
}
