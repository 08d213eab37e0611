// One run while a cockpit carries it: what is known of it, its looks, and how its news reach the screen and the journal.
import type { Action, Plan, Planned } from '../../core/actions/action.ts';
import type { LoggedCommand } from '../../core/actions/command-log.ts';
import type { Preflight } from '../../core/actions/preflight.ts';
import { advance, type Run, type RunEvent, type RunOutcome } from '../../core/actions/run.ts';
import { summarize, targetOf, toShellCommand } from '../../core/actions/shell-command.ts';
import { describeFault } from '../../core/health/describe.ts';
import { sanitize } from '../../core/text/text.ts';
import { createPreflight } from '../../data/preflight.ts';
import { debugLog } from '../../disk/debug-log.ts';
import type { RunNews } from '../incident/recorder.ts';
import type { RunnerOptions } from './options.ts';

export class LiveRun {
  readonly action: Action;
  readonly options: RunnerOptions;
  readonly preflight: Preflight & { close(): Promise<void> };
  /** Stops the calls. */
  readonly stop = new AbortController();
  /** Stops the looks, too. */
  readonly leave = new AbortController();
  #run: Run;

  constructor(run: Run, action: Action, options: RunnerOptions) {
    this.#run = run;
    this.action = action;
    this.options = options;
    const { settings, context, kept, incident, signal } = options;
    this.preflight = createPreflight({
      settings,
      context,
      kept,
      incident,
      signal: AbortSignal.any([signal, this.leave.signal]),
      looked: ({ says, took, ok, what }) => this.log({ kind: 'look', says, took, ok, ...(what ? { what } : {}) }),
    });
    options.changed(run);
  }

  get run(): Run {
    return this.#run;
  }

  get isStopped(): boolean {
    return this.stop.signal.aborted || this.options.signal.aborted;
  }

  /** Permissions and tools first, then the plan. A bug in a plan is a refusal that says so. */
  async look(): Promise<Planned> {
    const { action, preflight, run } = this;
    try {
      for (const need of action.needs(run.target, this.options.context)) {
        const answer = await preflight.allows(need);
        if (!answer.ok) return { ok: false, why: describeFault(answer.fault), hint: answer.fault.hint };
      }
      return await action.plan(run.target, preflight);
    } catch (error) {
      const why = `the plan failed: ${sanitize(error instanceof Error ? error.message : error, 300)}`;
      return { ok: false, why, hint: 'this is a mistake of the cockpit: do it by hand' };
    }
  }

  /** Shows a plan, and asks; `again`: what is another thing than in the plan that was confirmed. */
  planned(plan: Plan, notice?: string, again?: readonly string[]): Run {
    const { targets } = this.options.context;
    const calls = plan.calls.map((call) => ({
      say: toShellCommand(call, targets),
      sketch: summarize(call, targets),
      to: targetOf(call, targets),
    }));
    return this.tell({ kind: 'planned', plan, calls, ...(notice ? { notice } : {}), ...(again ? { again } : {}) });
  }

  next(plan: Pick<Plan, 'baseline'>): Run['next'] {
    const { id, target, startedAt = Date.now() } = this.#run;
    return this.action.next?.({ run: id, target, plan, startedAt, output: [] }) ?? [];
  }

  tell(event: RunEvent): Run {
    const next = advance(this.#run, event, Date.now());
    if (next !== this.#run) {
      const { id, phase, outcome, says } = next;
      if (phase !== this.#run.phase) debugLog.info('run', { run: id, action: this.action.id, phase, outcome, says });
      this.#run = next;
      this.options.changed(next);
    }
    return this.#run;
  }

  async end(outcome: RunOutcome, says: string, more: { hint?: string; next?: Run['next'] } = {}): Promise<Run> {
    const run = this.tell({ kind: 'ended', outcome, says, ...more });
    this.leave.abort();
    await this.preflight.close();
    return run;
  }

  /** Written and flushed when it resolves; false: it could not be. */
  async record(phase: RunNews['phase'], more: { calls?: readonly string[]; detail?: string } = {}): Promise<boolean> {
    const { id, action, target } = this.#run;
    const object = sanitize(this.action.object(target, this.options.context), 300);
    return this.options.record({ run: id, action, target: object, phase, ...more });
  }

  /** For the command log. */
  log(command: Omit<LoggedCommand, 'at' | 'run'>): void {
    const { kind, says, took, ok, what } = command;
    debugLog.write(kind === 'change' ? 'info' : 'debug', 'call', { run: this.#run.id, kind, says, took, ok, what });
    this.options.logged({ run: this.#run.id, at: Date.now(), ...command });
  }
}
