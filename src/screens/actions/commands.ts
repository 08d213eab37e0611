// The command log: every command that actions ran, reads included, newest first.
import { formatClock, formatInstant } from '../../core/text/format.ts';
import type { State } from '../../store.ts';
import type { Row, Screen } from '../screen.ts';
import { descriptionList } from '../toolkit/description-list.ts';
import { dim, type Line, line, mark, span } from '../toolkit/line.ts';

export const commandLogScreen: Screen = {
  id: 'command-log',
  title: () => 'COMMAND LOG',
  palette: 'command log',
  also: 'history audit runs',
  view(state) {
    const rows = state.commands
      .map((command): Row => {
        const { says, what = '', took, ok, kind } = command;
        return {
          // Old ones are dropped: a number would be another one's by then.
          id: `${command.at}/${command.run}/${says}`,
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
          opens: {
            kind: 'details',
            title: kind === 'change' ? 'change' : 'read',
            lines: (_, wide) => commandLines(command, wide - 2),
          },
          copies: { text: command.command ?? says, what: 'the command' },
        };
      })
      .reverse();
    return { rows, empty: [line(dim('  no commands yet; a lists the actions'))] };
  },
};

/** The whole command, whatever its length. */
function commandLines({ at, says, command, what, took, ok }: State['commands'][number], columns: number): Line[] {
  return descriptionList(
    [
      ['command', command ?? says],
      ['answer', line(mark(ok ? 'ok' : 'critical'), ` ${what ?? (ok ? 'done' : 'failed')}`)],
      ['when', `${formatInstant(at)}, took ${took} ms`],
    ],
    columns,
  );
}
