// The shell module: programs that get the terminal while the screen is away, and port-forwards. Start, end, exit code and
// command are in the journal; the start is flushed before the program starts.

import { kubectlInherits } from '../../actions/plan.ts';
import { targetsOf } from '../../config/targets.ts';
import { forbids } from '../../core/actions/arming.ts';
import type { EventOf } from '../../core/incident/event.ts';
import { leftOpen } from '../../core/incident/left-open.ts';
import { guardSays, sessionTarget } from '../../core/shell/command.ts';
import { isChange, type ShellRequest, type ShellSession, type Shells } from '../../core/shell/session.ts';
import { formatAge } from '../../core/text/format.ts';
import type { Prepared } from '../../data/shell/prepare.ts';
import type { ProgramEnd } from '../../data/shell/terminal-program.ts';
import type { Recorder } from '../incident/recorder.ts';
import type { CreateModule } from '../module.ts';
import type { Armed } from '../runs/module.ts';
import { Tasks } from '../tasks.ts';
import { Forwards } from './forwards.ts';

type News = Omit<EventOf<'shell'>, 'kind'>;

/** A session between its checks and its end. */
type Waiting = { session: ShellSession; prepared: Prepared };

export const shellModule =
  (recorder: Recorder, armed: Armed): CreateModule =>
  (context) => {
    const { settings, signal } = context;
    const targets = targetsOf(settings);
    const tasks = new Tasks();
    let shells: Shells = { forwards: [] };
    let waiting: Waiting | undefined;

    const show = (next: Partial<Shells>) => {
      shells = { ...shells, ...next };
      context.emit({ shells });
    };
    const say = (says: string, verdict: 'ok' | 'warning' | 'unknown') => context.emit({ said: { says, verdict } });

    /** Why this may not be done now; asked again right before it is. */
    const whyNot = (changes: boolean): string | undefined => {
      if (settings.environment.observe) return 'this cockpit only observes';
      return changes ? (recorder.mayAct() ?? forbids(armed.arming, Date.now())) : undefined;
    };
    /** False: it cannot be written, and nobody allowed to act without a record. */
    const record = async (news: News): Promise<boolean> => {
      const written = await recorder.record({ kind: 'shell', pid: process.pid, ...news });
      return written.ok || recorder.allowed !== undefined;
    };
    const forwards = new Forwards({
      settings,
      targets,
      signal,
      whyNot: () => whyNot(true),
      record,
      changed: (all) => show({ forwards: all }),
      say,
    });

    const refuse = (session: ShellSession, why: string) => {
      show({ session: { ...session, phase: 'refused' } });
      say(`${session.request.tool} not started: ${why}`, 'warning');
    };

    const open = async (turn: string, request: ShellRequest) => {
      if (waiting) return say('another program waits for the terminal', 'warning');
      const session: ShellSession = { turn, request, phase: 'checking' };
      const forbidden = whyNot(isChange(request));
      if (forbidden !== undefined) return refuse(session, forbidden);
      show({ session });
      const { prepareSession } = await import('../../data/shell/prepare.ts');
      const made = await prepareSession(request, { settings, targets, inherits: kubectlInherits, signal });
      if (!made.ok) {
        if (made.code === 'no-shell') return show({ session: { ...session, phase: 'no-shell' } });
        return refuse(session, made.why);
      }
      const banner = {
        title: `bentham-cockpit ${settings.environment.name}: ${request.tool} ${sessionTarget(request, targets)}`,
        command: made.value.command,
        note: [guardSays(request), 'exit or ctrl-d returns.'].filter(Boolean).join(' '),
      };
      const ready: ShellSession = { ...session, phase: 'ready', banner };
      waiting = { session: ready, prepared: made.value };
      show({ session: ready });
    };

    const run = async ({ session, prepared }: Waiting) => {
      const { turn, request } = session;
      const { argv, env, command } = prepared;
      const news = { session: turn, tool: request.tool, target: sessionTarget(request, targets), command };
      try {
        const forbidden = whyNot(isChange(request)) ?? (isChange(request) ? await recorder.lostControl() : undefined);
        if (forbidden !== undefined) return refuse(session, forbidden);
        if (!(await record({ ...news, phase: 'started' }))) return refuse(session, 'the journal cannot be written');
        const began = Date.now();
        const { endSays, runInTerminal } = await import('../../data/shell/terminal-program.ts');
        const end = await runInTerminal(argv, env, signal, prepared.leftover);
        await record({ ...news, phase: 'ended', ...exitOf(end), detail: endSays(end) });
        show({ session: { ...session, phase: 'ended' } });
        const isFine = 'code' in end && end.code === 0;
        say(
          `${request.tool} ended: ${endSays(end)}, after ${formatAge(Date.now() - began)}`,
          isFine ? 'ok' : 'warning',
        );
        context.refresh();
      } finally {
        await prepared.close();
      }
    };

    const sweep = async () => {
      await recorder.ready;
      if (settings.environment.observe || recorder.journal.state.trouble) return;
      const { entries, writer } = recorder.journal;
      for (const { exit: _, ...news } of leftOpen(entries, writer, runs)) {
        const detail = 'the cockpit was killed: how it ended is unknown';
        await recorder.record({ ...news, phase: 'ended', detail }, true);
      }
    };
    tasks.add(sweep());

    const take = (turn: string): Waiting | undefined => {
      if (waiting?.session.turn !== turn) return undefined;
      const taken = waiting;
      waiting = undefined;
      return taken;
    };

    return {
      handle(command) {
        if (command.kind !== 'shell') return;
        const { what } = command;
        switch (what.do) {
          case 'open':
            return tasks.add(open(what.turn, what.request));
          case 'go': {
            const taken = take(what.turn);
            if (!taken) return;
            const running = run(taken);
            recorder.pending.add(running);
            return tasks.add(running);
          }
          case 'drop': {
            const taken = take(what.turn);
            if (taken) refuse(taken.session, 'the terminal is in use');
            return tasks.add(taken?.prepared.close() ?? Promise.resolve());
          }
          case 'forward':
            return tasks.add(forwards.open(what));
          case 'stop-forward':
            return tasks.add(forwards.stop(what.id));
        }
      },
      async stop() {
        const closing = forwards.stopAll();
        recorder.pending.add(closing);
        await closing;
        await waiting?.prepared.close();
        await tasks.settled();
      },
    };
  };

function exitOf(end: ProgramEnd): { exit?: number } {
  return 'code' in end ? { exit: end.code } : {};
}

/** Whether a process of this host runs. */
function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
