// The runs module: actions from the screen, arming, the command log, and the runs of a killed cockpit.
import {
  type Arming,
  arm,
  disarm,
  endOf,
  forbids,
  initialArming,
  settle,
  touch,
  whyOver,
} from '../../core/actions/arming.ts';
import { keptCommands, type LoggedCommand } from '../../core/actions/command-log.ts';
import type { Recorder } from '../incident/recorder.ts';
import type { CreateModule } from '../module.ts';
import type { RunDo } from '../protocol.ts';
import { Tasks } from '../tasks.ts';
import { Runner } from './runner.ts';

/** What is allowed now. The runs module keeps it; others read it. */
export type Armed = { arming: Arming };

export const runsModule =
  (recorder: Recorder, armed: Armed = { arming: { state: 'read-only' } }): CreateModule =>
  (context) => {
    const { settings } = context;
    let arming: Arming = initialArming(settings.environment);
    armed.arming = arming;
    let commands: readonly LoggedCommand[] = [];
    const tasks = new Tasks();

    const setArming = (next: Arming) => {
      if (next === arming) return;
      if (arming.state === 'armed' && next.state === 'read-only') {
        const why = whyOver(arming, Date.now());
        const byItself = Date.now() >= endOf(arming) ? true : undefined;
        tasks.add(recorder.record({ kind: 'disarmed', why }, byItself));
        context.emit({ said: { says: `read-only again: ${why}`, verdict: 'unknown' } });
      }
      arming = next;
      armed.arming = next;
      context.emit({ arming });
    };
    const runner = new Runner({
      settings,
      recorder,
      signal: context.signal,
      patient: true,
      forbids: ({ onlyReads }) => recorder.mayAct() ?? forbids(arming, Date.now(), undefined, onlyReads),
      changed: (run) => context.emit({ runs: { [run.id]: run } }),
      logged: (command) => {
        commands = [...commands, command].slice(-keptCommands);
        context.emit({ commands });
      },
      world: async () => context.world(),
      acted: () => context.refresh(),
    });

    const carryOut = (run: string, what: RunDo) => {
      setArming(touch(arming, Date.now()));
      if (what.do === 'plan') tasks.add(runner.plan(run, what.action, what.target));
      else if (what.do === 'confirm') tasks.add(runner.confirm(run, what.typed));
      else if (what.do === 'cancel') runner.cancel(run);
      else runner.forget(run);
    };

    const sweep = async () => {
      await recorder.ready;
      if (settings.environment.observe || recorder.journal.state.trouble) return;
      for (const left of await runner.locks.sweep()) tasks.add(runner.resume(left));
    };
    tasks.add(sweep());
    context.emit({ arming });
    context.onWorld(({ now }) => setArming(settle(arming, now)));

    return {
      handle(command) {
        if (command.kind === 'run') carryOut(command.run, command.what);
        if (command.kind === 'present') setArming(touch(arming, Date.now()));
        if (command.kind === 'disarm') setArming(disarm(arming));
        if (command.kind !== 'arm') return;
        const next = arm(arming, command.reason, Date.now());
        if ('refused' in next)
          return context.emit({ said: { says: `not armed: ${next.refused}`, verdict: 'unknown' } });
        setArming(next.arming);
        if (next.arming.state === 'armed')
          tasks.add(recorder.record({ kind: 'armed', until: next.arming.until, why: next.arming.reason }));
      },
      async stop() {
        await tasks.settled();
      },
    };
  };
