// Every surface of the last hour, with its error, the likely cause and the fix.

import { estimateSays, sampledSays } from '../../core/health/measure.ts';
import {
  disabledSays,
  failureRate,
  failureShare,
  jobsSay,
  type SurfaceHealth,
  sampledJobs,
  sampledShare,
  studiesSay,
} from '../../core/health/surfaces.ts';
import { uncapitalized } from '../../core/text/text.ts';
import type { Surface } from '../../core/world/facts.ts';
import { isStale, newest } from '../../core/world/reading.ts';
import { causeOf } from '../../runbook/causes.ts';
import type { Row, Screen } from '../screen.ts';
import { dim, faded, firstFitting, type Line, line, mark, span } from '../toolkit/line.ts';
import { askedSays, trouble } from '../toolkit/reading-status.ts';
import { type Column, table, widest } from '../toolkit/table.ts';
import { judgedSurfaces, nothingFinished } from './pane.ts';

const orders: readonly (readonly [string, (a: SurfaceHealth, b: SurfaceHealth) => number])[] = [
  ['health', () => 0],
  ['failures', (a, b) => b.s.failures - a.s.failures],
  ['rate', (a, b) => failureRate(b.s) - failureRate(a.s)],
  ['name', (a, b) => (a.s.id < b.s.id ? -1 : 1)],
];

/** `~10 ±16 of ~650 ±150`, with one margin, and with none. */
const jobsOf = (s: Surface): readonly string[] => {
  const failures = sampledSays(s.failures, s.failuresMargin);
  const bare = `${estimateSays(s.failures, s.failuresMargin)} of ${jobsSay(s)}`;
  return [`${failures} of ${sampledJobs(s)}`, `${failures} of ${jobsSay(s)}`, bare];
};

export const surfacesScreen: Screen = {
  id: 'surfaces',
  title: () => 'SURFACES',
  palette: 'surfaces',
  sorts: orders.map(([name]) => name),
  view({ world }, place, { columns }) {
    const reading = world.readings.surfaces;
    const old = reading.state !== 'live' || isStale(reading, world.now);
    const all = judgedSurfaces(world).toSorted(orders[place.sort % orders.length]?.[1]);
    const room = columns - 2;
    const name = widest(
      all.map(({ s }) => s.id),
      8,
      32,
    );
    const columnsOf: Column<SurfaceHealth>[] = [
      { title: '', of: ({ verdict }) => mark(verdict), width: 1 },
      { title: 'surface', of: ({ s }) => s.id, width: Math.min(name, 20), upTo: name },
      {
        title: 'health',
        of: ({ verdict, disabled }) => span(disabled ? 'DISABLED' : verdict, verdict),
        width: 8,
        spare: 3,
      },
      {
        title: 'failed',
        of: ({ s, verdict }, wide) => {
          const tone = verdict === 'ok' ? 'plain' : verdict;
          return firstFitting(wide, line(span(sampledShare(s), tone)), line(span(failureShare(s), tone)));
        },
        width: 6,
        upTo: widest(
          all.map(({ s }) => sampledShare(s)),
          6,
          16,
        ),
        align: 'right',
      },
      {
        title: 'jobs',
        of: ({ s }, wide) => firstFitting(wide, ...jobsOf(s).map((text) => line(text))),
        width: 16,
        upTo: widest(
          all.flatMap(({ s }) => jobsOf(s)),
          16,
          34,
        ),
        align: 'right',
      },
      { title: 'studies', of: ({ s }) => studiesSay(s), width: 7, align: 'right', spare: 1 },
      {
        title: 'most frequent error',
        of: ({ s }) =>
          s.topError
            ? line(s.topErrorCount ? dim(`${sampledSays(s.topErrorCount, s.topErrorMargin)}× `) : undefined, s.topError)
            : dim('–'),
        width: 20,
        upTo: 90,
        spare: 2,
      },
    ];
    const { head, draw } = table(columnsOf, room);
    const rows = all.map((j): Row => {
      const below: Line[] = [];
      const known = j.s.topError && j.verdict !== 'ok' ? causeOf(j.s.topError) : undefined;
      if (j.disabled) below.push(line('   ', span(disabledSays(j.disabled, world.now).says, j.verdict)));
      if (room < 90 && j.s.topError && j.verdict !== 'ok') below.push(line('   ', dim(j.s.topError)));
      if (known) below.push(line(`   likely ${uncapitalized(known.cause)}: ${uncapitalized(known.fix)}`));
      return {
        id: j.s.id,
        text: `${j.s.id} ${j.s.topError ?? ''} ${j.disabled ? 'DISABLED' : j.verdict}`,
        height: below.length + 1,
        draw: () => [draw(j), ...below].map((l) => (old ? faded(l) : l)),
        opens: { kind: 'open', screen: 'surface', of: { surface: j.s.id } },
      };
    });
    return {
      says: line(dim(newest(reading)?.value.estimated ? 'last hour, sampled' : 'last hour')),
      right: askedSays(reading, world.now),
      head: [...trouble(reading, 'database', world.now, room), head],
      rows,
      empty: nothingFinished(world, room),
    };
  },
};
