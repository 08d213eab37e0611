import { differenceLines } from '../../core/actions/difference.ts';
import { evaluatePod, reasonsOf } from '../../core/health/pods.ts';
import { evaluateReplicas, readyOf } from '../../core/health/replicas.ts';
import { healthStatuses } from '../../core/health/status.ts';
import { type DeployedRevision, type DeploymentDetail, revisionOf } from '../../core/queries/deployment-detail.ts';
import { type Query, queryReading } from '../../core/queries/query.ts';
import { formatAge, formatInstant, shortAge } from '../../core/text/format.ts';
import type { Instant } from '../../core/time.ts';
import type { Deployment, Pod } from '../../core/world/facts.ts';
import { known, newest } from '../../core/world/reading.ts';
import type { World } from '../../core/world/world.ts';
import type { Place } from '../../store.ts';
import { eventRows } from '../pods/events.ts';
import { podSays, rolloutSays } from '../pods/pane.ts';
import type { Row, Screen } from '../screen.ts';
import { podKeys } from '../terminal/pod-keys.ts';
import { descriptionList } from '../toolkit/description-list.ts';
import { diffTone } from '../toolkit/diff.ts';
import { bold, dim, type Line, line, mark, span, spread, wrap } from '../toolkit/line.ts';
import { missingRows } from '../toolkit/missing.ts';
import { ageSays, trouble } from '../toolkit/reading-status.ts';
import { gone } from '../toolkit/text-view.ts';

const askFor = ({ of }: Place): Query<'deployment'> => ({ kind: 'deployment', deployment: of.deployment ?? '' });

/** One deployment: its rollout pod by pod, its revisions, its events. */
export const deploymentScreen: Screen = {
  id: 'deployment',
  title: () => 'DEPLOYMENT',
  keys: podKeys,
  queries: (place) => [askFor(place)],
  view({ world, queries: looks }, place, { columns }) {
    const { now } = world;
    const watched = world.readings.deployments;
    const d = newest(watched)?.value.find((one) => one.name === place.of.deployment);
    if (!d) return gone(`deployment ${place.of.deployment}`);
    const reading = queryReading<'deployment'>(looks, askFor(place));
    const detail = newest(reading)?.value;
    const revisions = detail?.revisions ?? [];
    const pods = (newest(world.readings.pods)?.value ?? []).filter((p) => p.app === d.name);
    const room = columns - 2;
    const problem = watched.state === 'lost' ? watched : reading;
    return {
      says: line(bold(d.name), dim(`  ${d.namespace}`)),
      right: ageSays(watched, now) ?? ageSays(reading, now) ?? [],
      head: [
        ...(problem.state === 'lost' ? trouble(problem, 'kubernetes', now, room) : []),
        ...headOf(d, pods, detail, world, room),
      ],
      rows: [
        ...podRows(pods, revisions, now),
        ...revisionRows(revisions, now),
        ...missingRows(detail?.missing ?? []),
        ...eventRows(detail?.events ?? [], now),
      ],
      empty: [line(dim('no pods'))],
    };
  },
};

function headOf(
  d: Deployment,
  pods: readonly Pod[],
  detail: DeploymentDetail | undefined,
  { now, scope, readings }: World,
  room: number,
): Line[] {
  const seen = known(readings.pods, now) && pods;
  const verdict = evaluateReplicas(d, seen, now, scope);
  const { ready, doubt } = readyOf(d, seen, scope);
  const reasons = reasonsOf(seen ?? [], now);
  const old = d.replicas - d.updated;
  return descriptionList(
    [
      ['health', line(mark(verdict), span(` ${verdict}`, verdict))],
      [
        'replicas',
        [`${ready} ready, ${d.available} available of ${d.desired} desired`, doubt].filter(Boolean).join('; '),
      ],
      [
        'rollout',
        d.rollout.state === 'complete'
          ? line(`complete, revision ${d.revision > 0 ? d.revision : 'unknown'}`)
          : line(
              rolloutSays(d),
              `  ${d.updated} of ${d.desired} updated to revision ${d.revision}${old > 0 ? `, ${old} old` : ''}`,
            ),
      ],
      ['because', [d.rollout.state === 'complete' ? undefined : d.rollout.why, ...reasons].filter(Boolean).join('; ')],
      ['how', detail?.strategy],
      ['images', d.images.join(', ')],
      ['created', `${formatInstant(d.createdAt)}, ${formatAge(now - d.createdAt)} ago`],
    ],
    room,
  );
}

/** Pod by pod, the newest revision first, the worst of each before the others. */
function podRows(pods: readonly Pod[], revisions: readonly DeployedRevision[], now: Instant): Row[] {
  const judged = pods.map((p) => ({ p, verdict: evaluatePod(p, now), of: revisionOf(p, revisions)?.revision }));
  judged.sort(
    (a, b) =>
      (b.of ?? 0) - (a.of ?? 0) ||
      healthStatuses.indexOf(b.verdict) - healthStatuses.indexOf(a.verdict) ||
      (a.p.name < b.p.name ? -1 : 1),
  );
  const mixed = new Set(judged.map(({ of }) => of)).size > 1;
  return judged.map(({ p, verdict, of }): Row => {
    const says = podSays(p);
    return {
      id: `pod/${p.uid}`,
      text: `${p.name} ${says} ${p.node} revision ${of ?? ''}`,
      draw: (wide) => [
        spread(
          line(
            mark(verdict),
            ` ${p.name}  `,
            of !== undefined && mixed ? dim(`rev ${of}  `) : undefined,
            verdict === 'ok' ? dim(says) : says,
          ),
          line(p.restarts > 0 ? dim(`↻${p.restarts}  `) : undefined, dim(`${shortAge(now - p.createdAt)}`)),
          wide,
        ),
      ],
      opens: { kind: 'open', screen: 'pod', of: { pod: p.uid } },
      copies: { text: p.name, what: `pod ${p.name}` },
    };
  });
}

function revisionRows(revisions: readonly DeployedRevision[], now: Instant): Row[] {
  return revisions.map((revision): Row => {
    const { images, active, createdAt, cause, replicas, ready } = revision;
    return {
      id: `revision/${revision.revision}`,
      text: `revision ${revision.revision} ${images.join(' ')} ${cause ?? ''}`,
      draw: () => [
        line(
          active ? bold(`  rev ${revision.revision}  `) : `  rev ${revision.revision}  `,
          active ? span('now  ', 'accent') : undefined,
          dim(`${formatInstant(createdAt).slice(0, 16)}Z  `),
          images.map(tagOf).join(', '),
          dim(`  ${[replicas > 0 ? `${ready}/${replicas} ready` : undefined, cause].filter(Boolean).join('  ')}`),
        ),
      ],
      opens: {
        kind: 'details',
        title: `revision ${revision.revision}`,
        lines: (_, columns) => revisionLines(revision, now, columns - 2),
      },
      copies: { text: images.join(' '), what: `the image of revision ${revision.revision}` },
    };
  });
}

/** `api-gateway:2026.11.3` of `ghcr.io/bentham/api-gateway:2026.11.3`. */
const tagOf = (image: string) => image.split('/').at(-1) ?? image;

function revisionLines(revision: DeployedRevision, now: Instant, columns: number): Line[] {
  const { images, createdAt, cause, replicas, ready, active, differs, replicaSet } = revision;
  return [
    ...descriptionList(
      [
        ['images', images.join(', ')],
        ['made', `${formatInstant(createdAt)}, ${formatAge(now - createdAt)} ago`],
        ['why', cause],
        ['pods', `${ready} ready of ${replicas}`],
        ['replica set', replicaSet],
      ],
      columns,
    ),
    [],
    ...(active
      ? [line(dim('this is the current revision'))]
      : differs.length > 0
        ? [
            line(dim('a rollback to it changes')),
            ...differs
              .flatMap(differenceLines)
              .flatMap((text) => wrap(text, columns - 4).map((part) => line('  ', span(part, diffTone(text))))),
          ]
        : [line(dim('no difference from the current revision'))]),
  ];
}
