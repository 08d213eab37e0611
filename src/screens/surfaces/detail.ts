// One surface's last hour: its errors, the affected studies, and links to jobs and log lines (runbook, SEV2 and SEV3).

import { sampledSays } from '../../core/health/measure.ts';
import { disabledSays, sampledJobs, sampledShare, studiesSay, unclearJobs } from '../../core/health/surfaces.ts';
import { byProxy, type PoolHealth, poolHealth } from '../../core/platform/pool.ts';
import { surfaceStandings } from '../../core/platform/surface-acts.ts';
import { type Query, queryReading } from '../../core/queries/query.ts';
import type { SurfaceDetail } from '../../core/queries/study.ts';
import { formatCount, shortAge } from '../../core/text/format.ts';
import type { Instant } from '../../core/time.ts';
import type { Surface, Surfaces } from '../../core/world/facts.ts';
import { newest } from '../../core/world/reading.ts';
import type { World } from '../../core/world/world.ts';
import { causeOf } from '../../runbook/causes.ts';
import { testResult } from '../../runbook/surface-since.ts';
import type { Place } from '../../store.ts';
import type { Row, Screen } from '../screen.ts';
import { jobLines } from '../studies/jobs.ts';
import { descriptionList } from '../toolkit/description-list.ts';
import { bold, dim, type Line, line, mark, span } from '../toolkit/line.ts';
import { ageSays, askedSays, trouble } from '../toolkit/reading-status.ts';
import { gone } from '../toolkit/text-view.ts';
import { judgedSurfaces } from './pane.ts';

const askFor = ({ of }: Place): Query<'surface'> => ({ kind: 'surface', surface: of.surface ?? '' });

export const surfaceScreen: Screen = {
  id: 'surface',
  title: () => 'SURFACE',
  queries: (place) => [askFor(place)],
  view({ world, queries: looks }, place, { columns }) {
    const { now } = world;
    const watched = world.readings.surfaces;
    const found = judgedSurfaces(world).find(({ s: one }) => one.id === place.of.surface);
    if (!found) return gone(`surface ${place.of.surface}`);
    const { s, verdict, disabled } = found;
    const reading = queryReading<'surface'>(looks, askFor(place));
    const detail = newest(reading)?.value;
    const room = columns - 2;
    const problem = watched.state === 'lost' ? watched : reading;
    return {
      says: line(bold(s.id)),
      right: ageSays(watched, now) ?? ageSays(reading, now) ?? askedSays(watched, now),
      head: [
        ...(problem.state === 'lost' ? trouble(problem, 'database', now, room, 6) : []),
        ...descriptionList(
          [
            ['health', line(mark(verdict), span(` ${disabled ? disabledSays(disabled, now).says : verdict}`, verdict))],
            ['live test', testedSays(world, s.id)],
            [
              'failed',
              s.finished + (s.unclear ?? 0) > 0
                ? `${sampledShare(s)}${s.margin ? ', sampled' : ''}: ${sampledSays(s.failures, s.failuresMargin)} of ${sampledJobs(s)} jobs in the last hour`
                : 'no jobs in the last hour',
            ],
            ['unknown status', s.unclear ? `${unclearJobs(s)} of these jobs` : undefined],
            ['affected studies', studiesSay(s)],
            ...poolPairs(s, newest(watched)?.value.pools),
          ],
          room,
        ),
        [],
      ],
      rows: detail ? rowsOf(s.id, detail, now) : knownRows(s),
      empty: [line(dim(detail ? 'no failed jobs in the last hour' : 'loading …'))],
    };
  },
};

/** The live tests since it was disabled or enabled; undefined without one. */
function testedSays({ surfaceActs = [], now }: World, id: string): string | undefined {
  const { tests } = surfaceStandings(surfaceActs).find((one) => one.id === id) ?? {};
  return tests && testResult(tests, now);
}

/** The accounts and sessions behind it, in the colour of what is left of them. */
function poolPairs(s: Surface, pools: Surfaces['pools']): readonly (readonly [string, Line | string | undefined])[] {
  if (!pools) return [];
  const health = ({ says, usable, all }: PoolHealth): Line =>
    line(usable === 0 ? span(says, 'critical') : usable * 2 < all ? span(says, 'warning') : says);
  const absent = (what: string) => line(dim(`no table of ${what} that we can read`));
  const sessions = byProxy(s.sessions ?? []);
  return [
    [
      'accounts',
      s.accounts ? health(poolHealth('account', s.accounts)) : pools.accounts ? line(dim('none')) : absent('accounts'),
    ],
    ...(sessions.length > 0
      ? sessions.map(({ proxy, health: one }, at): readonly [string, Line] => [
          at === 0 ? 'sessions' : '',
          line(`${proxy}: `, health(one)),
        ])
      : [['sessions', pools.sessions ? line(dim('none')) : absent('sessions')] as const]),
  ];
}

/** The known part before the query is answered. */
function knownRows({ topError, topErrorCount, topErrorMargin }: Surface): Row[] {
  const times = topErrorCount === undefined ? '' : `${sampledSays(topErrorCount, topErrorMargin)}×`;
  return topError ? [errorRow(topError, times, dim(''), {})] : [];
}

function rowsOf(surface: string, { errors, studies, newest: jobs, exact }: SurfaceDetail, now: Instant): Row[] {
  // The jobs of a surface open in the study with most failures.
  const [worst] = studies;
  const least = exact ? '' : '≥';
  return [
    ...errors.map((error) =>
      errorRow(
        error.message,
        `${least}${formatCount(error.count)}×`,
        dim(`${least}${formatCount(error.studies)} ${error.studies === 1 ? 'study' : 'studies'}`),
        worst
          ? {
              opens: {
                kind: 'open',
                screen: 'jobs',
                of: { study: studyOf(error.message, jobs) ?? worst.study, status: 'failed' },
                filter: surface,
              },
            }
          : {},
      ),
    ),
    ...studies.map(
      ({ study, count }): Row => ({
        id: `study/${study}`,
        text: study,
        draw: () => [line(dim('  study  '), study.padEnd(20), dim(` ${least}${formatCount(count)} failed`))],
        opens: { kind: 'open', screen: 'study', of: { study } },
        copies: { text: study, what: study },
      }),
    ),
    ...jobs.map(
      (job): Row => ({
        id: `job/${job.id}`,
        text: `${job.id} ${job.study} ${job.error ?? ''}`,
        draw: () => [
          line(
            dim(`${shortAge(now - (job.endedAt ?? job.createdAt)).padStart(7)} ago  `),
            job.study,
            dim(`  ${job.error ?? 'no message'}`),
          ),
        ],
        opens: { kind: 'details', title: `job ${job.id}`, lines: (_, columns) => jobLines(job, now, columns - 2) },
        copies: { text: job.id, what: `job ${job.id}` },
      }),
    ),
  ];
}

const studyOf = (message: string, jobs: SurfaceDetail['newest']) => jobs.find(({ error }) => error === message)?.study;

function errorRow(message: string, times: string, says: ReturnType<typeof dim>, more: Pick<Row, 'opens'>): Row {
  const cause = causeOf(message);
  const lines: Line[] = [
    line(span('✗ error', 'critical'), ` ${times.padStart(7)}  `, message, '  ', says),
    ...(cause ? [line(dim(`${' '.repeat(11)}${cause.cause}: `), span(cause.fix, 'accent'))] : []),
  ];
  return {
    id: `error/${message}`,
    text: message,
    height: lines.length,
    draw: () => lines,
    copies: { text: message, what: 'the error' },
    ...more,
  };
}
