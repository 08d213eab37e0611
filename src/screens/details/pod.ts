import { judgePod } from '../../core/assess.ts';
import { formatAge, formatInstant } from '../../core/format.ts';
import { newest } from '../../core/reading.ts';
import { bold, dim, line, mark, span } from '../line.ts';
import { podSays } from '../panes/pods.ts';
import { ageSays, pairs, trouble, word } from '../parts.ts';
import type { Screen } from '../screen.ts';
import { gone, text } from '../text.ts';

/** One pod, all that its watch tells. */
export const podScreen: Screen = {
  id: 'pod',
  title: () => 'POD',
  view({ world }, place, { columns }) {
    const { now } = world;
    const reading = world.readings.pods;
    const pod = newest(reading)?.value.find((p) => p.uid === place.of.pod);
    if (!pod) return gone('this pod');
    const verdict = judgePod(pod, now);
    const when = (at: number) => `${formatInstant(at)}, ${formatAge(now - at)} ago`;
    const lines = pairs(
      [
        ['verdict', line(mark(verdict), span(` ${word[verdict]}`, verdict), `  ${podSays(pod)}`)],
        ['message', pod.message],
        ['deployment', pod.app],
        ['phase', pod.phase],
        ['containers ready', `${pod.containers.ready} of ${pod.containers.total}`],
        ['restarts', `${pod.restarts}${pod.lastRestartAt ? `, last ${when(pod.lastRestartAt)}` : ''}`],
        ['exit code', pod.exitCode === undefined ? undefined : exitSays(pod.exitCode)],
        ['image', pod.image],
        ['node', pod.node || 'not scheduled'],
        ['created', when(pod.createdAt)],
        ['ending', pod.terminating ? 'yes' : undefined],
      ],
      columns - 2,
    );
    return text([...trouble(reading, 'kubernetes', now, columns - 2), [], ...lines], {
      says: line(bold(pod.name), dim(`  ${pod.namespace}`)),
      right: ageSays(reading, now) ?? [],
    });
  },
};

/** What an exit code usually means. */
function exitSays(code: number): string {
  if (code === 137) return '137: killed, out of memory or by a failing probe';
  if (code === 143) return '143: ended on request (SIGTERM)';
  if (code === 139) return '139: segmentation fault';
  return String(code);
}
