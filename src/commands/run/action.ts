// What `run` does: plan, confirmation on the terminal, and the same runner as below the screen.

import type { Command } from 'commander';
import { ulid } from 'ulid';
import { allActions } from '../../actions/index.ts';
import { usageError } from '../../config/flags.ts';
import { complain, print, printText, tell } from '../../config/output.ts';
import type { Settings } from '../../config/settings.ts';
import type { Action, Target } from '../../core/actions/action.ts';
import { arm, forbids, initialArming } from '../../core/actions/arming.ts';
import type { LoggedCommand } from '../../core/actions/command-log.ts';
import { nameOfAction, wordOf } from '../../core/actions/plan-text.ts';
import { isUnderWay, type Run, runExitCode } from '../../core/actions/run.ts';
import { stripControl } from '../../core/text/text.ts';
import { type Ms, second } from '../../core/time.ts';
import type { World } from '../../core/world/world.ts';
import type { Recorder } from '../../engine/incident/recorder.ts';
import type { Runner } from '../../engine/runs/runner.ts';
import { loadWithOwn } from '../own-commands.ts';
import { isBehind, unblock } from '../terminal-waits.ts';
import { askTyped } from './ask.ts';
import type { RunFlags } from './flags.ts';
import { oneShotRunner } from './one-shot.ts';
import { takePerson } from './person.ts';
import { outputTeller, progressTeller } from './progress.ts';
import { askMissing, targetFrom } from './target.ts';
import { listText, planText, resultText } from './text.ts';

const say = printText;

/** Gives the exit code. */
export async function runAction(command: Command, action: Action | undefined, flags: RunFlags): Promise<number> {
  if (flags.list) {
    const { own } = (await loadWithOwn(command)).settings;
    const list = listed(action ? [action] : allActions(own), flags.json === true);
    for (const text of own?.problems ?? []) complain(`own commands are off: ${text}`);
    if (flags.json) print(list);
    else say(list);
    return 0;
  }
  if (!action) {
    complain('no action given: see `run --list`');
    return usageError;
  }
  const given = targetFrom(action, flags);
  const [first] = given.missing;
  if (first && !(process.stdin.isTTY && process.stderr.isTTY)) {
    complain(`${action.id} needs --${first.name}: ${first.ask}`);
    return usageError;
  }
  const { settings } = await loadWithOwn(command);
  const target = first ? await askMissing(settings, action, given) : given.target;
  if (target) return carryOut(settings, action, target, flags);
  complain('cancelled; nothing was changed');
  return runExitCode.cancelled;
}

async function carryOut(settings: Settings, action: Action, target: Target, flags: RunFlags): Promise<number> {
  let arming = initialArming(settings.environment);
  const fresh = outputTeller();
  const tellProgress = progressTeller();
  // A terminal that takes nothing (ctrl-s) stops neither the run nor a signal. Its few lines are kept.
  unblock(process.stdout);
  unblock(process.stderr);
  const sayOutput = (run: Run) => {
    for (const line of fresh(run)) say(`  ${line}`);
  };
  const commands: LoggedCommand[] = [];
  const forbidden = (recorder: Recorder, { onlyReads }: Pick<Run, 'onlyReads'>) =>
    recorder.mayAct(true) ?? forbids(arming, Date.now(), '--arm "why"', onlyReads);
  const { runner, recorder, close } = await oneShotRunner(settings, {
    patient: false,
    forbids: forbidden,
    world: worldNow(settings),
    changed(run) {
      if (flags.json || isBehind(process.stdout)) return;
      sayOutput(run);
      const far = tellProgress(run, Date.now());
      if (far !== undefined) say(`  … ${far}`);
    },
    logged: (command) => commands.push(command),
  });
  const person = flags.dryRun ? 'known' : await takePerson(recorder);
  if (person !== 'known') {
    await close();
    if (person === 'missing') return usageError;
    complain('cancelled; nothing was changed');
    return runExitCode.cancelled;
  }
  const why = flags.arm ?? flags.reason;
  if (why !== undefined && arming.state === 'read-only' && !flags.dryRun) {
    const armed = arm(arming, why, Date.now());
    if ('refused' in armed) complain(armed.refused);
    else {
      arming = armed.arming;
      if (arming.state === 'armed') await recorder.record({ kind: 'armed', until: arming.until, why: arming.reason });
    }
  }
  const id = ulid();
  const finish = async (run: Run): Promise<number> => {
    await close();
    if (flags.json) print(JSON.stringify(forPrograms(run, commands), null, 2));
    else {
      sayOutput(run);
      say(resultText(run));
    }
    return run.outcome ? runExitCode[run.outcome] : 0;
  };
  const { interrupted, stopWatching } = watchInterrupts(runner, id);
  try {
    let run = await runner.plan(id, action.id, target);
    for (;;) {
      if (run?.phase !== 'planned') return run ? await finish(run) : usageError;
      if (!flags.json) say(planText(run));
      if (flags.dryRun) {
        runner.cancel(id);
        return await finish(run);
      }
      const not = forbidden(recorder, run);
      if (not) return await refuse(runner, id, flags, not, finish, run);
      const typed = await confirmed(run, flags, interrupted);
      if (typeof typed === 'string') return await refuse(runner, id, flags, typed, finish, run);
      run = await runner.confirm(id, typed);
      // With --yes nobody reads a changed plan.
      if (run?.phase === 'planned' && flags.yes) {
        runner.cancel(id);
        return await finish({
          ...run,
          phase: 'done',
          outcome: 'moved',
          says: run.notice ?? 'state changed since the plan; nothing was done',
          hint: 'read the new plan, then run it again',
        });
      }
    }
  } finally {
    stopWatching();
    await close();
  }
}

/** The cockpit's health without a cockpit: at most one look at a time, and not more often than this. */
const lookEvery: Ms = 5 * second;
const lookFor: Ms = 10 * second;

function worldNow(settings: Settings): () => Promise<World> {
  let last: { at: number; world: Promise<World> } | undefined;
  return () => {
    if (last && performance.now() - last.at < lookEvery) return last.world;
    const begun = performance.now();
    const look = async () => {
      const { lookOnce } = await import('../status/look.ts');
      const { world, end } = await lookOnce(settings, lookFor, () => performance.now() - begun);
      void end();
      return world;
    };
    last = { at: begun, world: look() };
    return last.world;
  };
}

async function refuse(
  runner: Runner,
  id: string,
  flags: RunFlags,
  why: string,
  finish: (run: Run) => Promise<number>,
  run: Run,
) {
  runner.cancel(id);
  const isCancelled = why === 'cancelled';
  if (!flags.json && !isCancelled) complain(why);
  const says = isCancelled ? 'nothing was done' : why;
  return finish({ ...run, phase: 'done', outcome: isCancelled ? 'cancelled' : 'refused', says });
}

/** The typed text, or why the run ends. */
async function confirmed(run: Run, flags: RunFlags, signal: AbortSignal): Promise<readonly string[] | string> {
  if (flags.yes && run.risk !== 'irreversible') return run.accepts;
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    if (run.risk === 'irreversible') return 'irreversible: type the confirmation on a terminal; --yes is not enough';
    return 'no terminal to confirm on: use --yes';
  }
  // Who confirms has seen the plan, wherever the output goes.
  if (flags.json || !process.stdout.isTTY) tell(planText(run));
  const wanted = run.accepts.length === 0 ? ['y'] : run.accepts;
  const typed: string[] = [];
  for (const text of wanted) {
    // The default is no: enter alone confirms nothing.
    const asks =
      run.accepts.length === 0
        ? `${wordOf(run.action)}? [y/N] `
        : `type ${stripControl(text, 200)} to confirm, then enter: `;
    const answer = await askTyped(asks, {
      input: process.stdin,
      output: process.stderr,
      signal,
    });
    if (answer === 'pasted') return 'pasted text does not confirm: type it';
    if (answer === 'cancelled' || answer.typed !== stripControl(text, 200)) return 'cancelled';
    typed.push(text);
  }
  return run.accepts.length === 0 ? [] : typed;
}

/**
 * Ctrl-C before the first call cancels, and ends a question that waits. Afterwards the first one says what was done, and a
 * second one stops it. SIGTERM, and SIGHUP of a terminal that went away, stop it at once: nobody sends them twice.
 */
function watchInterrupts(runner: Runner, id: string): { interrupted: AbortSignal; stopWatching: () => void } {
  let asked = false;
  const question = new AbortController();
  const onInterrupt = () => {
    const [run] = runner.underWay;
    if (!run || !isUnderWay(run) || run.phase === 'rechecking') {
      question.abort();
      return runner.cancel(id);
    }
    if (asked) return runner.cancel(id);
    asked = true;
    complain(`${run.performed} of ${run.calls.length} calls done; the run continues. Press Ctrl-C again to stop it.`);
  };
  const onEnd = () => {
    question.abort();
    runner.cancel(id, { verifies: false });
  };
  process.on('SIGINT', onInterrupt).on('SIGTERM', onEnd).on('SIGHUP', onEnd);
  return {
    interrupted: question.signal,
    stopWatching() {
      process.off('SIGINT', onInterrupt).off('SIGTERM', onEnd).off('SIGHUP', onEnd);
    },
  };
}

function forPrograms(run: Run, commands: readonly LoggedCommand[]): object {
  const {
    id,
    action,
    title,
    risk,
    target,
    environment,
    phase,
    again,
    outcome,
    says,
    hint,
    plan,
    calls,
    output,
    startedAt,
    endedAt,
    next,
  } = run;
  return {
    version: 1,
    run: id,
    action,
    title,
    risk,
    target,
    environment,
    phase,
    outcome: outcome ?? null,
    moved: again ?? [],
    says: says ?? null,
    hint: hint ?? null,
    plan: plan
      ? {
          impact: plan.impact,
          warnings: plan.warnings ?? [],
          undo: plan.undo ?? null,
          instead: plan.instead ?? null,
          answered: plan.answered,
        }
      : null,
    found: plan?.found?.json ?? null,
    calls: calls.map((call) => call.say),
    output,
    startedAt: startedAt === undefined ? null : new Date(startedAt).toISOString(),
    endedAt: endedAt === undefined ? null : new Date(endedAt).toISOString(),
    next,
    commands: commands.map(({ at, ...rest }) => ({ at: new Date(at).toISOString(), ...rest })),
  };
}

function listed(all: readonly Action[], json: boolean): string {
  if (!json) return listText(all);
  const short = all.map(({ id, title, risk, fields }) => ({
    id: nameOfAction(id),
    title,
    risk,
    fields: fields.map((f) => f.name),
  }));
  return JSON.stringify(short, null, 2);
}
