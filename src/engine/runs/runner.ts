// Takes actions through their lifecycle: plan, confirm, plan again, journal, execute, journal, verify, journal. The state
// itself is the pure machine of core/actions/run.ts; this file decides what comes next, live-run.ts does it.
import { findAction, isActionId } from '../../actions/index.ts';
import { scopeOf } from '../../config/scope.ts';
import type { ActionId, Plan, Target } from '../../core/actions/action.ts';
import { describeDrift } from '../../core/actions/drift.ts';
import { isOwnAction } from '../../core/actions/plan-text.ts';
import { acceptsFor, confirms, type Run, type RunOutcome, riskOf } from '../../core/actions/run.ts';
import { shortened, whatIsWrong, withAbsoluteTimes, withPresets } from '../../core/actions/target.ts';
import { formatAge } from '../../core/text/format.ts';
import { sanitize } from '../../core/text/text.ts';
import { emptyWorld } from '../../core/world/world.ts';
import { keptFiles } from '../../data/journal/kept-rows.ts';
import { type Left, type Lock, type LockNote, RunLocks } from '../../data/journal/run-locks.ts';
import type { Held } from '../../data/relay/lease.ts';
import { actionContextOf } from '../action-context.ts';
import { recordRun } from '../incident/recorder.ts';
import { leaseLeft } from '../incident/relay-news.ts';
import type { Loss } from '../relay/kept-lease.ts';
import type { TargetLease } from '../relay/target-leases.ts';
import { type Executed, LiveRun, type RunContext } from './live-run.ts';

/** What a runner needs of its caller: the screen's engine, `run`, a test. */
export type RunnerOptions = Pick<RunContext, 'settings' | 'recorder' | 'signal' | 'patient' | 'changed' | 'logged'> & {
  /** Why nothing may be changed now: read-only, observing, another cockpit is in control. */
  forbids(run: Pick<Run, 'onlyReads'>): string | undefined;
  /** For the command line: the person in control of a cockpit on this host is in control too. */
  asPerson?: boolean;
  /** The health of the platform now; not known without it. */
  world?: RunContext['world'];
  /** Something was changed: poll the facts now. */
  acted?(): void;
};

export class Runner {
  /** One run at a time for each target on this host. */
  readonly locks: RunLocks;
  readonly #context: RunnerOptions & RunContext;
  readonly #live = new Map<string, LiveRun>();
  /** Of runs that hold their target on the relay. */
  readonly #leases = new Map<string, TargetLease>();

  constructor(options: RunnerOptions) {
    const { settings, recorder } = options;
    const journal = settings.journal.directory ?? '';
    this.locks = new RunLocks(journal);
    this.#context = {
      world: async () => emptyWorld(scopeOf(settings), Date.now()),
      ...options,
      actionContext: actionContextOf(settings),
      kept: keptFiles(journal),
      mayCall: async (run) => {
        const forbidden = await recorder.lostControl(options.asPerson);
        const loss = forbidden === undefined ? await this.#leases.get(run)?.confirm() : undefined;
        return forbidden ?? (loss && whyTargetLost(loss));
      },
      async record(news, automatic) {
        const written = await recordRun(recorder, news, automatic);
        // A person may have allowed actions without a record.
        return written.ok || recorder.allowed !== undefined;
      },
    };
  }

  /** Runs that hold the lock of their target. */
  get underWay(): readonly Run[] {
    return [...this.#live.values()]
      .map(({ run }) => run)
      .filter((run) => run.phase !== 'planned' && run.phase !== 'planning');
  }

  /** Makes a plan. Resolves with the planned, or refused, run. */
  async plan(id: string, actionId: ActionId, target: Target): Promise<Run | undefined> {
    if (this.#live.has(id)) return undefined;
    const action = findAction(actionId, this.#context.settings.own);
    if (!action) return undefined;
    const { actionContext, recorder } = this.#context;
    const whole = withAbsoluteTimes(action, withPresets(action, target), Date.now());
    const wrong = whatIsWrong(action, whole);
    // An invalid target is refused here, before any plan.
    const shown = wrong ? shortened(whole) : whole;
    const name = action.names(shown, actionContext);
    const risk = riskOf(action, shown);
    const run: Run = {
      id,
      action: actionId,
      title: name ? `${action.title}: ${sanitize(name, 200)}` : action.title,
      risk,
      onlyReads: action.onlyReads?.(shown) || undefined,
      target: shown,
      environment: actionContext.environment,
      by: recorder.journal.writer.name,
      phase: 'planning',
      calls: [],
      accepts: acceptsFor(risk, name, actionContext.environment),
      performed: 0,
      output: [],
      next: [],
    };
    const live = new LiveRun(run, action, this.#context);
    this.#live.set(id, live);
    if (wrong) return live.end('refused', wrong.why, { hint: wrong.hint });
    const plan = await live.look();
    if (live.leave.signal.aborted) return live.run;
    if (!plan.ok) return live.end('refused', plan.why, { hint: plan.hint, next: plan.next ?? [] });
    live.planned(plan.plan);
    if (plan.plan.calls.length > 0) return live.run;
    return live.end('verified', 'nothing was changed', { next: await live.next(plan.plan, 'next') });
  }

  /** Executes a planned run if `typed` confirms it. Resolves when it has ended, or is planned again. */
  async confirm(id: string, typed: readonly string[]): Promise<Run | undefined> {
    const live = this.#live.get(id);
    const { plan } = live?.run ?? {};
    if (!live || !plan || live.run.phase !== 'planned') return live?.run;
    const confirmation = confirms(live.run, typed, Date.now());
    if (confirmation === 'expired') return again(live, plan, 'the plan was too old; nothing was done. New plan:');
    const forbidden = this.#context.forbids(live.run);
    if (forbidden !== undefined) return live.planned(plan, forbidden);
    if (confirmation !== 'confirmed') return live.planned(plan, 'text does not match');
    live.tell({ kind: 'confirmed' });
    const object = live.action.object(live.run.target, this.#context.actionContext);
    const calls = live.run.calls.map((call) => call.say);
    const { action, by } = live.run;
    const { recorder } = this.#context;
    const taken = await this.locks.take({
      run: id,
      action,
      object: sanitize(object, 300),
      by,
      at: Date.now(),
      calls,
    });
    if (!taken.ok) {
      const who =
        'by' in taken
          ? `${taken.by.by} has been running ${taken.by.action} on ${taken.by.object} for ${formatAge(Date.now() - taken.by.at)}`
          : taken.fault;
      return live.end('refused', who, { hint: 'nothing was changed; wait until it ends' });
    }
    try {
      if (taken.left) await this.#leftBehind(taken.left);
      const far = await recorder.shared?.targets.take(sanitize(object, 300), action);
      if (far && !far.ok)
        return await live.end('refused', whoRuns(far.by), { hint: `nothing was changed; ${untilFree(far.by)}` });
      if (far) this.#leases.set(id, far.lease);
      return await this.#execute(live, plan, taken.lock);
    } catch (error) {
      return await broken(live, error);
    } finally {
      await this.#leases.get(id)?.release();
      this.#leases.delete(id);
      await taken.lock.release();
      this.#context.acted?.();
    }
  }

  /** Before the first call nothing is changed; afterwards the running call is stopped, and, if it `verifies`, looked for. */
  cancel(id: string, { verifies = true } = {}): void {
    const live = this.#live.get(id);
    if (!live) return;
    const { phase } = live.run;
    live.stop.abort();
    if (phase !== 'performing' || !verifies) live.leave.abort();
    if (phase === 'planning' || phase === 'planned') void live.end('cancelled', 'nothing was changed');
  }

  /** Clears the output of a run: a new key must not stay on the screen. */
  forget(id: string): void {
    const live = this.#live.get(id);
    if (live?.run.phase !== 'done') return;
    this.#live.delete(id);
    this.#context.changed({ ...live.run, output: [] });
  }

  /** Resumes a run whose cockpit has ended: its outcome is unknown, and it is verified until the facts decide. */
  async resume({ note, lock }: Left): Promise<Run | undefined> {
    const { run: id, action: actionId, by, object, at, proof } = note;
    const action = findAction(actionId, this.#context.settings.own);
    const uncertainty = await this.#leftBehind(note);
    // As planned: an empty field had its preset.
    const target = action && proof ? withPresets(action, proof.target) : {};
    try {
      if (!lock || !action || !proof || this.#live.has(id) || whatIsWrong(action, target)) return undefined;
      const run: Run = {
        id,
        action: action.id,
        title: `${action.title}: ${sanitize(object, 200)}`,
        risk: riskOf(action, target),
        target,
        environment: this.#context.actionContext.environment,
        by,
        phase: 'performing',
        calls: note.calls.map((say) => ({ say, summary: say, to: by })),
        accepts: [],
        startedAt: proof.startedAt ?? at,
        performed: 0,
        output: [],
        next: [],
      };
      const live = new LiveRun(run, action, this.#context, true);
      this.#live.set(id, live);
      live.tell({ kind: 'performedAll', uncertainty });
      return await live.verify({ baseline: proof.memo }, uncertainty);
    } finally {
      await lock?.release();
    }
  }

  /** Records a run whose cockpit has ended; returns why its outcome is unknown. */
  async #leftBehind({ run, action, object, phase, by }: LockNote): Promise<string> {
    const begun = phase === 'started';
    const detail = `the cockpit of ${by} ended ${begun ? 'while it ran' : 'before it began'}`;
    const state = begun ? 'unknown' : 'cancelled';
    if (isActionId(action) || isOwnAction(action))
      await this.#context.record({ run, action, target: object, phase: state, detail }, true);
    return detail;
  }

  async #execute(live: LiveRun, plan: Plan, lock: Lock): Promise<Run> {
    const fresh = await live.look();
    if (live.isStopped) return live.end('cancelled', 'nothing was changed');
    if (!fresh.ok) return live.end('refused', fresh.why, { hint: `${fresh.hint}; nothing was changed` });
    const forbidden = this.#context.forbids(live.run);
    if (forbidden) return live.planned(fresh.plan, `${forbidden}; nothing was changed`);
    if (fresh.plan.preconditions !== plan.preconditions)
      return live.planned(fresh.plan, movedNotice, describeDrift(plan, fresh.plan));
    const calls = live.run.calls.map((call) => call.say);
    const unwritten = () =>
      live.end('refused', 'the journal cannot be written', {
        hint: 'nothing was changed; fix the journal, or allow actions without a record',
      });
    if (!(await live.record('confirmed', { calls, detail: plan.note }))) return unwritten();
    if (!(await lock.started({ target: live.run.target, memo: plan.baseline ?? {}, startedAt: Date.now() }))) {
      await live.record('cancelled', { detail: 'another run took the target first' });
      return live.end('refused', 'another run took the target first', { hint: 'nothing was changed' });
    }
    if (!(await live.record('started'))) return unwritten();
    live.tell({ kind: 'started' });
    const executed = await live.execute(plan);
    if (executed.end === 'stopped') return stopped(live, plan, executed);
    const { uncertainty, recorded } = executed;
    live.tell({ kind: 'performedAll', uncertainty });
    // A check of health needs readings from after the command.
    if (isOwnAction(live.action.id)) this.#context.acted?.();
    if (uncertainty === undefined) await live.record('finished', { detail: recorded });
    return live.verify(plan, uncertainty);
  }
}

/** Whoever was killed holds the target until the lease ends. */
const untilFree = (by: Held | undefined): string =>
  by?.endsIn === undefined
    ? 'wait until it ends'
    : `wait until it ends; if its cockpit was killed, the target is free in ${leaseLeft(by.endsIn)}`;

const whoRuns = (by: Held | undefined): string =>
  by
    ? `${by.name} at ${by.host} is running ${by.what ?? 'an action'} on it`
    : 'another host is running an action on it';

/** The target is another's now. */
function whyTargetLost(loss: Loss): string {
  if (loss.why === 'taken') return whoRuns(loss.by);
  return `this cockpit did not respond for ${formatAge(loss.for)}, and another host may run an action on it`;
}

const movedNotice = 'state changed since the plan; nothing was done. New plan:';

/** Plans again, and asks for confirmation again. */
async function again(live: LiveRun, before: Plan, notice: string): Promise<Run> {
  const fresh = await live.look();
  if (fresh.ok) return live.planned(fresh.plan, notice, describeDrift(before, fresh.plan));
  const began = live.run.phase === 'performing';
  return live.end(began ? 'moved' : 'refused', fresh.why, { hint: `${fresh.hint}; nothing was changed` });
}

/** The state changed before the first call: nothing was done, and it is planned again. */
async function stopped(live: LiveRun, plan: Plan, { result, at }: Extract<Executed, { end: 'stopped' }>): Promise<Run> {
  const of = live.run.calls.length;
  const before = at > 0 ? `; ${at} of ${of} calls were done before` : '';
  const outcome: RunOutcome = at > 0 ? 'failed' : result.outcome;
  const phase = outcome === 'failed' ? 'failed' : 'cancelled';
  await live.record(phase, { detail: result.says + before });
  if (outcome === 'moved' && !live.isStopped) return again(live, plan, `${result.says}; nothing was done. New plan:`);
  const hint = 'hint' in result ? result.hint : 'nothing was changed; plan again';
  const next = outcome === 'failed' ? await live.next(plan, 'wayBack') : [];
  return live.end(outcome, result.says + before, { hint: at > 0 ? `check what was done; ${hint}` : hint, next });
}

/** A full disk, or a bug: the error is shown, and nothing is reported as done. */
async function broken(live: LiveRun, error: unknown): Promise<Run> {
  const why = sanitize(error instanceof Error ? error.message : error, 300);
  const begun = live.run.phase === 'performing' || live.run.phase === 'verifying';
  await live.record(begun ? 'unknown' : 'cancelled', { detail: why }).catch(() => false);
  if (!begun) return live.end('refused', why, { hint: 'nothing was changed' });
  if (live.run.phase === 'performing') live.tell({ kind: 'performedAll', uncertainty: why });
  return live.end('unknown', `outcome unknown: ${why}`, { hint: 'check the current state before you retry' });
}
