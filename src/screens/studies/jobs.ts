// A study's jobs, newest first; of one status, or all.

import { isFinalError } from '../../core/platform/errors.ts';
import { meaningOf } from '../../core/platform/mapping.ts';
import type { Query } from '../../core/queries/query.ts';
import type { Job } from '../../core/queries/study.ts';
import { formatAge, formatCount, formatCounted, shortAge } from '../../core/text/format.ts';
import type { Instant } from '../../core/time.ts';
import { newest } from '../../core/world/reading.ts';
import { causeOf } from '../../runbook/causes.ts';
import type { Place } from '../../store.ts';
import type { Row, Screen } from '../screen.ts';
import { descriptionList } from '../toolkit/description-list.ts';
import { dim, highlight, type Line, line } from '../toolkit/line.ts';
import { ageSays, trouble } from '../toolkit/reading-status.ts';
import { type Column, table, widest } from '../toolkit/table.ts';
import { statusSpan } from './all.ts';
import { longestAnswer, rowsFor } from './paging.ts';

/** How many rows are queried. */
const steps = [200, 2000, 20_000];

const askFor = ({ of, filter }: Place, rows: number): Query<'jobs'> => ({
  kind: 'jobs',
  study: of.study ?? '',
  status: of.status ?? '',
  search: filter.trim().toLowerCase(),
  rows,
});

/** How long a job took, or has been running. */
export function tookSays({ status, createdAt, begunAt, endedAt }: Job, now: Instant): string {
  if (endedAt !== undefined) return createdAt ? formatAge(endedAt - createdAt) : '–';
  const since = begunAt ?? createdAt;
  return since && meaningOf('job', status) === 'running' ? formatAge(now - since) : '–';
}

export const jobsScreen: Screen = {
  id: 'jobs',
  title: () => 'JOBS',
  queries: (place) => [askFor(place, rowsFor(place, steps))],
  view({ world, queries: looks }, place, { columns }) {
    const reading = longestAnswer(looks, place, steps, askFor);
    const { now } = world;
    const room = columns - 2;
    const found = newest(reading)?.value;
    const jobs = found?.rows ?? [];
    const id = widest(
      jobs.map((j) => j.id),
      4,
      36,
    );
    const all: Column<Job>[] = [
      { title: 'job', of: (j) => j.id, width: Math.min(id, 16), upTo: id },
      { title: 'surface', of: (j) => j.surface, width: 14, upTo: 24 },
      { title: 'status', of: (j) => statusSpan(j.status, 'job'), width: 9 },
      { title: 'tries', of: (j) => String(j.attempts), width: 5, align: 'right', spare: 2 },
      { title: 'took', of: (j) => dim(tookSays(j, now)), width: 8, align: 'right', spare: 1 },
      {
        title: 'age',
        of: (j) => dim(j.createdAt ? shortAge(now - j.createdAt) : '?'),
        width: 5,
        align: 'right',
        spare: 3,
      },
      { title: 'error', of: (j) => j.error ?? '', width: 12, upTo: 400 },
    ];
    const { head, draw } = table(all, room);
    const words = place.filter.split(/\s+/).filter(Boolean);
    const marked = (l: Line) => words.reduce((done, word) => highlight(done, word), l);
    const rows = jobs.map(
      (j): Row => ({
        id: j.id,
        text: `${j.id} ${j.surface} ${j.status} ${j.error ?? ''}`,
        draw: () => [marked(draw(j))],
        copies: { text: j.error ?? j.id, what: j.error ? `the error of ${j.id}` : j.id },
        opens: { kind: 'details', title: `job ${j.id}`, lines: (_, wide) => jobLines(j, now, wide - 2) },
      }),
    );
    const which = place.of.status ? `${place.of.status} ` : '';
    const last = found?.more && jobs.length >= (steps.at(-1) ?? 0) ? '; filter to find older ones' : '';
    return {
      says: line(
        place.of.study ?? '',
        found
          ? dim(
              `  ${found.more ? `${formatCount(jobs.length)} and more ${which}jobs` : formatCounted(jobs.length, `${which}job`)}, newest first${last}`,
            )
          : '',
      ),
      right: ageSays(reading, now) ?? [],
      head: [...(reading.state === 'lost' ? trouble(reading, 'database', now, room) : []), head],
      rows,
      filtersItself: true,
      foot:
        words.length > 0 ? [line(dim('the filter searches all jobs of the study: id, surface, status and error'))] : [],
      empty: found
        ? [line(dim(words.length > 0 ? `no ${which}job matches “${place.filter}”` : `no ${which}jobs`))]
        : [],
    };
  },
};

/** All of one job, with the likely cause of its failure. */
export function jobLines(job: Job & { study?: string }, now: Instant, columns: number): Line[] {
  const cause = causeOf(job.error);
  return descriptionList(
    [
      ['study', job.study],
      ['surface', job.surface],
      ['status', line(statusSpan(job.status, 'job'), `, ${job.attempts} tries`)],
      ['created', job.createdAt ? `${formatAge(now - job.createdAt)} ago` : 'no time in the jobs table'],
      ['took', tookSays(job, now)],
      ['error', job.error],
      [
        'code',
        job.code === undefined ? undefined : `${job.code}${isFinalError(job) ? ': a retry cannot succeed' : ''}`,
      ],
      ['cause', cause?.cause],
      ['fix', cause?.fix],
    ],
    columns,
  );
}
