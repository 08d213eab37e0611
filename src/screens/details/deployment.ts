import { judgeDeployment, judgePod } from '../../core/assess.ts';
import { formatAge, formatInstant } from '../../core/format.ts';
import { newest } from '../../core/reading.ts';
import { bold, dim, line, mark, span, spread } from '../line.ts';
import { podSays, rolloutSays } from '../panes/pods.ts';
import { ageSays, pairs, shortAge, trouble, word } from '../parts.ts';
import type { Row, Screen } from '../screen.ts';
import { gone } from '../text.ts';

/** One deployment, and its pods to go on to. */
export const deploymentScreen: Screen = {
  id: 'deployment',
  title: () => 'DEPLOYMENT',
  view({ world }, place, { columns }) {
    const { now } = world;
    const reading = world.readings.deployments;
    const d = newest(reading)?.value.find((one) => one.name === place.of.deployment);
    if (!d) return gone(`deployment ${place.of.deployment}`);
    const verdict = judgeDeployment(d);
    const pods = (newest(world.readings.pods)?.value ?? []).filter((p) => p.app === d.name);
    const room = columns - 2;
    const about = pairs(
      [
        ['verdict', line(mark(verdict), span(` ${word[verdict]}`, verdict))],
        ['replicas', `${d.ready} ready, ${d.updated} updated, ${d.available} available of ${d.desired} wanted`],
        [
          'rollout',
          d.rollout.state === 'complete'
            ? 'complete'
            : line(rolloutSays(d), d.rollout.why ? `  ${d.rollout.why}` : undefined),
        ],
        ['revision', d.revision > 0 ? String(d.revision) : 'not known'],
        ['images', d.images.join(', ')],
        ['created', `${formatInstant(d.createdAt)}, ${formatAge(now - d.createdAt)} ago`],
      ],
      room,
    );
    const rows = pods.map((p): Row => {
      const state = judgePod(p, now);
      return {
        id: `pod/${p.uid}`,
        text: `${p.name} ${podSays(p)} ${p.node}`,
        draw: (wide) => [
          spread(
            line(mark(state), ` ${p.name}  `, state === 'ok' ? dim(podSays(p)) : podSays(p)),
            line(p.restarts > 0 ? dim(`↻${p.restarts}  `) : undefined, dim(`${shortAge(now - p.createdAt)}`)),
            wide,
          ),
        ],
        opens: { kind: 'open', screen: 'pod', of: { pod: p.uid } },
        copies: { text: p.name, what: `pod ${p.name}` },
      };
    });
    return {
      says: line(bold(d.name), dim(`  ${d.namespace}`)),
      right: ageSays(reading, now) ?? [],
      head: [...trouble(reading, 'kubernetes', now, room), [], ...about, [], line(dim(`pods  ${pods.length}`))],
      rows,
      empty: [line(dim('it has no pods'))],
    };
  },
};
