// All studies, newest first, searched on the server and loaded while scrolling.

import { meaningOf, type StateOwner } from '../../core/platform/mapping.ts';
import type { Query } from '../../core/queries/query.ts';
import type { StudyRow } from '../../core/queries/study.ts';
import { formatCount, shortAge } from '../../core/text/format.ts';
import { newest } from '../../core/world/reading.ts';
import type { Place } from '../../store.ts';
import type { Row, Screen } from '../screen.ts';
import { dim, highlight, type Line, line, type Span, span } from '../toolkit/line.ts';
import { memoize } from '../toolkit/memoize.ts';
import { ageSays, trouble } from '../toolkit/reading-status.ts';
import { type Column, table, widest } from '../toolkit/table.ts';
import { longestAnswer, rowsFor } from './paging.ts';

/** How many rows are queried. */
const steps = [200, 1000, 5000, 20_000];

type StudiesAsk = Query<'studies'>;

function askFor(place: Place, rows: number): StudiesAsk {
  return { kind: 'studies', search: place.filter.trim().toLowerCase(), rows };
}

/** A status in its colour; an unknown one is marked. */
export function statusSpan(status: string, owner: StateOwner = 'study'): Span {
  const meaning = meaningOf(owner, status.trim());
  if (meaning === 'failed') return span(status, 'critical');
  if (meaning === undefined) return span(status.trim() === '' ? 'no status' : status, 'warning');
  return meaning === 'running' ? span(status, 'ok') : dim(status);
}

const rowsOf = memoize((all: readonly StudyRow[], filter: string, columns: number, minute: number) => {
  const id = widest(
    all.map((s) => s.id),
    8,
    40,
  );
  const columnsOf: Column<StudyRow>[] = [
    { title: 'study', of: (s) => s.id, width: Math.min(id, 24), upTo: id },
    { title: 'tenant', of: (s) => dim(s.tenant), width: 14, upTo: 32, spare: 1 },
    { title: 'status', of: (s) => statusSpan(s.status), width: 10 },
    {
      title: 'done',
      of: (s) => (s.completion === undefined ? '–' : `${Math.round(s.completion)} %`),
      width: 5,
      align: 'right',
    },
    {
      title: 'progress',
      of: (s) => dim(`${shortAge(minute - s.progressedAt)} ago`),
      width: 8,
      align: 'right',
      spare: 2,
    },
    {
      title: 'age',
      of: (s) => dim(s.createdAt ? shortAge(minute - s.createdAt) : '?'),
      width: 5,
      align: 'right',
      spare: 3,
    },
  ];
  const { head, draw } = table(columnsOf, columns);
  const words = filter.split(/\s+/).filter(Boolean);
  const marked = (l: Line) => words.reduce((done, word) => highlight(done, word), l);
  const rows = all.map(
    (s): Row => ({
      id: s.id,
      text: '',
      draw: () => [marked(draw(s))],
      opens: { kind: 'open', screen: 'study', of: { study: s.id } },
      copies: { text: s.id, what: s.id },
    }),
  );
  return { head, rows };
});

export const allStudiesScreen: Screen = {
  id: 'all-studies',
  title: () => 'ALL STUDIES',
  palette: 'all studies: search by id, tenant, status',
  queries: (place) => [askFor(place, rowsFor(place, steps))],
  view(state, place, { columns }) {
    const reading = longestAnswer(state.queries, place, steps, askFor);
    const { now } = state.world;
    const room = columns - 2;
    const found = newest(reading)?.value;
    // Ages in whole minutes, so that rows change once a minute, not once a second.
    const { head, rows } = rowsOf(found?.rows ?? none, place.filter, room, Math.floor(now / 60_000) * 60_000);
    const last = found?.more && rows.length >= (steps.at(-1) ?? 0) ? '; filter to find older ones' : '';
    return {
      says: line(
        found ? `${formatCount(rows.length)}${found.more ? ' and more' : ''}, newest first` : '',
        last ? dim(last) : undefined,
      ),
      right: ageSays(reading, now) ?? [],
      head: [...(reading.state === 'lost' ? trouble(reading, 'database', now, room) : []), head],
      rows,
      filtersItself: true,
      empty: found ? [line(dim(place.filter ? `no study matches “${place.filter}”` : 'no studies'))] : [],
    };
  },
};

const none: readonly StudyRow[] = [];
