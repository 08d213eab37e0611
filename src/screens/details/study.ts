import { formatAge, formatCount, formatInstant } from '../../core/format.ts';
import { newest } from '../../core/reading.ts';
import { bold, dim, line, span } from '../line.ts';
import { completionSays, isStalled, studyGlyph } from '../panes/studies.ts';
import { ageSays, pairs, trouble } from '../parts.ts';
import type { Screen } from '../screen.ts';
import { gone, text } from '../text.ts';

/** One active study. */
export const studyScreen: Screen = {
  id: 'study',
  title: () => 'STUDY',
  view({ world }, place, { columns }) {
    const { now } = world;
    const reading = world.readings.studies;
    const s = newest(reading)?.value.active.find((one) => one.id === place.of.study);
    if (!s) return gone(`study ${place.of.study}, or it is not active,`);
    const room = columns - 2;
    const when = (at: number) => `${formatInstant(at)}, ${formatAge(now - at)} ago`;
    const stalled = isStalled(s, now) ? span('  no progress for a while', 'warning') : undefined;
    const lines = pairs(
      [
        ['status', line(studyGlyph(s, now), ` ${s.status}`, stalled)],
        ['tenant', s.tenant],
        ['completion', completionSays(s)],
        ['jobs', `${formatCount(s.failedJobs)} failed of ${formatCount(s.totalJobs)}`],
        ['last progress', when(s.progressedAt)],
        ['created', when(s.createdAt)],
      ],
      room,
    );
    return text([...trouble(reading, 'database', now, room, 6), [], ...lines], {
      says: line(bold(s.id), dim(`  ${s.tenant}`)),
      right: ageSays(reading, now) ?? [],
    });
  },
};
