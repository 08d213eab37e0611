// What a drill's PagerDuty and Slack received, newest first.
import type { Arrived } from '../../core/incident/context.ts';
import { formatClock } from '../../core/text/format.ts';
import type { Row, Screen } from '../screen.ts';
import { dim, type Line, line, span, wrap } from '../toolkit/line.ts';
import { widest } from '../toolkit/table.ts';

export const receivedScreen: Screen = {
  id: 'received',
  title: () => 'RECEIVED',
  palette: 'received: the drill’s PagerDuty and Slack',
  view({ incidentContext, world }) {
    const isDrill = world.scope.drill !== undefined;
    const all = incidentContext?.received ?? [];
    return {
      says: line(dim(isDrill ? 'at the drill’s PagerDuty and Slack' : 'only a drill shows received messages')),
      rows: all
        .map((one, at) =>
          rowOf(
            one,
            at,
            widest(
              all.map(({ channel }) => channel),
              9,
              20,
            ),
          ),
        )
        .toReversed(),
      empty: [line(dim(isDrill ? 'nothing received yet; m writes messages' : 'check PagerDuty and Slack'))],
    };
  },
};

function rowOf({ at, channel, says, key }: Arrived, index: number, wide: number): Row {
  return {
    id: String(index),
    text: `${channel} ${says} ${key ?? ''}`,
    draw: () => [
      line(dim(`${formatClock(at)}  `), span(channel.padEnd(wide), 'accent'), `  ${says}`, dim(key ? `  ${key}` : '')),
    ],
    opens: {
      kind: 'details',
      title: `${channel} ${formatClock(at)}`,
      lines: (_, columns): readonly Line[] =>
        [says, ...(key ? [`alert key ${key}`] : [])].flatMap((part) =>
          wrap(part, columns - 4).map((row) => line('  ', row)),
        ),
    },
    copies: { text: says, what: 'the message' },
  };
}
