import { formatCount, formatPercent } from '../../core/format.ts';
import { newest } from '../../core/reading.ts';
import { causeOf } from '../../runbook/causes.ts';
import { bold, line, mark, span } from '../line.ts';
import { failureRate, judgeSurface } from '../panes/surfaces.ts';
import { ageSays, pairs, trouble, word } from '../parts.ts';
import type { Screen } from '../screen.ts';
import { gone, text } from '../text.ts';

/** One surface's last hour. */
export const surfaceScreen: Screen = {
  id: 'surface',
  title: () => 'SURFACE',
  view({ world }, place, { columns }) {
    const reading = world.readings.surfaces;
    const s = newest(reading)?.value.surfaces.find((one) => one.id === place.of.surface);
    if (!s) return gone(`surface ${place.of.surface}`);
    const verdict = judgeSurface(s, world.scope.thresholds);
    const known = s.topError ? causeOf(s.topError) : undefined;
    const room = columns - 2;
    const lines = pairs(
      [
        ['verdict', line(mark(verdict), span(` ${word[verdict]}`, verdict))],
        [
          'failed',
          `${formatPercent(failureRate(s))}: ${formatCount(s.failures)} of ${formatCount(s.finished)} jobs in the last hour`,
        ],
        ['affected studies', formatCount(s.affectedStudies)],
        [
          'most frequent error',
          s.topError ? `${s.topErrorCount ? `${formatCount(s.topErrorCount)}× ` : ''}${s.topError}` : 'none',
        ],
        ['likely cause', known?.cause],
        ['fix', known?.fix],
      ],
      room,
    );
    return text([...trouble(reading, 'database', world.now, room, 6), [], ...lines], {
      says: line(bold(s.id)),
      right: ageSays(reading, world.now) ?? [],
    });
  },
};
