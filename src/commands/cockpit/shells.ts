// Gives the terminal to a program of the engine, and takes it back.
import type { ShellSession } from '../../core/shell/session.ts';
import { wrap } from '../../core/text/text.ts';
import type { Command } from '../../engine/protocol.ts';
import type { Terminal } from './terminal.ts';

export type ShellHost = {
  /** Whether a program has the terminal. */
  readonly isAway: boolean;
  /** Takes what the engine says of the session; `engineFailed`: the thread is gone, and its program with it. */
  take(session: ShellSession | undefined, engineFailed: boolean): void;
};

/** `lend`: gives the terminal away until a promise resolves; false where it is in use. */
export function shellHost(
  terminal: Terminal,
  send: (command: Command) => void,
  lend: (away: () => Promise<void>) => boolean,
): ShellHost {
  let away: { turn: string; done: () => void } | undefined;
  return {
    get isAway() {
      return away !== undefined;
    },
    take(session, engineFailed) {
      if (away && (engineFailed || (session?.turn === away.turn && isOver(session)))) return away.done();
      if (session?.phase !== 'ready' || session.turn === away?.turn) return;
      const { turn, banner } = session;
      // The command in one piece: it can be copied.
      const says = banner ? [...folded(banner.title), banner.command, ...folded(banner.note)] : [];
      const over = new Promise<void>((done) => {
        away = { turn, done };
      });
      const run = () => {
        send({ kind: 'shell', what: { do: 'go', turn } });
        return over;
      };
      const given = lend(() =>
        terminal.handOver(says.join('\n'), run).finally(() => {
          away = undefined;
        }),
      );
      if (given) return;
      away = undefined;
      send({ kind: 'shell', what: { do: 'drop', turn } });
    },
  };
}

const folded = (text: string): readonly string[] => wrap(text, Math.max(20, process.stdout.columns || 80));

const isOver = ({ phase }: ShellSession): boolean => phase === 'ended' || phase === 'refused';
