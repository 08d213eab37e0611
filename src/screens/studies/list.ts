// Every active study.

import { isOverdue } from '../../core/health/studies.ts';
import { formatCount, shortAge } from '../../core/text/format.ts';
import type { Instant } from '../../core/time.ts';
import type { Study } from '../../core/world/facts.ts';
import { isStale, newest } from '../../core/world/reading.ts';
import type { Row, Screen } from '../screen.ts';
import { dim, faded, line, span } from '../toolkit/line.ts';
import { memoize } from '../toolkit/memoize.ts';
import { askedSays, trouble } from '../toolkit/reading-status.ts';
import { type Column, table, widest } from '../toolkit/table.ts';
import { activeSays, completionSays, isExecuting, isStalled, nothingActive, studyGlyph, unclearLines } from './pane.ts';

const failedShare = (s: Study) => (s.totalJobs > 0 ? s.failedJobs / s.totalJobs : 0);

const orders: readonly (readonly [string, (a: Study, b: Study) => number])[] = [
  ['oldest progress', (a, b) => a.progressedAt - b.progressedAt],
  ['failed jobs', (a, b) => failedShare(b) - failedShare(a)],
  ['completion', (a, b) => (b.completion ?? -1) - (a.completion ?? -1)],
  ['age', (a, b) => a.createdAt - b.createdAt],
  ['tenant', (a, b) => (a.tenant < b.tenant ? -1 : a.tenant > b.tenant ? 1 : 0)],
];

const ordered = memoize((active: readonly Study[], sort: number) => active.toSorted(orders[sort]?.[1]));

export const studiesScreen: Screen = {
  id: 'studies',
  title: () => 'STUDIES',
  palette: 'studies',
  sorts: orders.map(([name]) => name),
  view({ world }, place, { columns }) {
    const reading = world.readings.studies;
    const seen = newest(reading)?.value;
    const { now } = world;
    const old = reading.state !== 'live' || isStale(reading, now);
    const active = ordered(seen?.active ?? none, place.sort % orders.length);
    const room = columns - 2;
    const id = widest(
      active.map((s) => s.id),
      8,
      40,
    );
    const tenant = widest(
      active.map((s) => s.tenant),
      6,
      32,
    );
    const all: Column<Study>[] = [
      // The status shows that it runs; the glyph would look like a second marker.
      {
        title: '',
        of: (s) => (isExecuting(s) && !isStalled(s, now) && !isOverdue(s, now) ? '' : studyGlyph(s, now)),
        width: 1,
      },
      { title: 'study', of: (s) => s.id, width: Math.min(id, 22), upTo: id },
      { title: 'tenant', of: (s) => dim(s.tenant), width: Math.min(tenant, 14), upTo: tenant, spare: 1 },
      { title: 'status', of: (s) => statusOf(s, now), width: 9 },
      { title: 'done', of: completionSays, width: 5, align: 'right' },
      { title: 'failed jobs', of: (s) => failedSays(s), width: 15, align: 'right', spare: 2 },
      { title: 'progress', of: (s) => dim(`${shortAge(now - s.progressedAt)} ago`), width: 8, align: 'right' },
      { title: 'age', of: (s) => dim(shortAge(now - s.createdAt)), width: 4, align: 'right', spare: 3 },
    ];
    const { head, draw } = table(all, room);
    const rows = active.map(
      (s): Row => ({
        id: s.id,
        text: `${s.id} ${s.tenant} ${s.status}`,
        draw: () => [old ? faded(draw(s)) : draw(s)],
        opens: { kind: 'open', screen: 'study', of: { study: s.id } },
        copies: { text: s.id, what: s.id },
      }),
    );
    const total = seen ? activeSays(seen) : '';
    const isPart = seen !== undefined && seen.activeCount.value > active.length;
    return {
      says: line(total, isPart ? dim(`, the ${active.length} with the oldest progress`) : undefined),
      right: askedSays(reading, now),
      head: [...trouble(reading, 'database', now, room), ...unclearLines(seen, room), head],
      rows,
      empty: nothingActive(world),
    };
  },
};

const none: readonly Study[] = [];

function statusOf(s: Study, now: Instant) {
  if (isStalled(s, now)) return span('stalled', 'warning');
  return isOverdue(s, now) ? span('overdue', 'warning') : s.status;
}

function failedSays(s: Study) {
  if (s.jobsUncounted) return dim('not counted');
  const text = `${formatCount(s.failedJobs)} of ${formatCount(s.totalJobs)}`;
  const share = failedShare(s);
  return share > 0.5 ? span(text, 'critical') : share > 0 ? span(text) : dim(text);
}
