// The command log: everything that was run for actions, reads too, newest first.
import { formatClock } from '../../core/text/format.ts';
import { dim, line, mark, span } from '../line.ts';
import type { Row, Screen } from '../screen.ts';

export const commandLogScreen: Screen = {
  id: 'command-log',
  title: () => 'COMMAND LOG',
  palette: 'command log',
  also: 'history audit',
  view(state) {
    const rows = state.commands
      .map((command, at): Row => {
        const { says, what = '', took, ok, kind } = command;
        return {
          id: String(at),
          text: `${says} ${what}`,
          draw: () => [
            line(
              dim(formatClock(command.at)),
              `${took} ms`.padStart(9),
              ' ',
              ok ? dim('✓') : mark('critical'),
              ' ',
              kind === 'change' ? span(says, 'bold') : says,
              dim(what ? `  ${what}` : ''),
            ),
          ],
          copies: { text: says, what: 'the command' },
        };
      })
      .reverse();
    return { rows, empty: [line(dim('  nothing was run yet; a shows what can be done'))] };
  },
};
