// Evidence by study: its size, its age, what can be deleted (runbook, Evidence Cleanup).
import { type EvidenceGroup, oldBefore } from '../../core/queries/evidence.ts';
import { queryReading } from '../../core/queries/query.ts';
import { formatBytes, formatCount, formatCounted, formatInstant, shortAge } from '../../core/text/format.ts';
import { day, type Instant } from '../../core/time.ts';
import { newest } from '../../core/world/reading.ts';
import type { State } from '../../store.ts';
import type { Row, Screen } from '../screen.ts';
import { dim, line, type Span, span } from '../toolkit/line.ts';
import { ageSays, trouble } from '../toolkit/reading-status.ts';
import { type Column, table, widest } from '../toolkit/table.ts';

const orders: readonly (readonly [string, (a: EvidenceGroup, b: EvidenceGroup) => number])[] = [
  ['oldest', (a, b) => a.oldest - b.oldest],
  ['size', (a, b) => b.bytes - a.bytes],
  ['objects', (a, b) => b.objects - a.objects],
  ['name', (a, b) => (a.study < b.study ? -1 : 1)],
];

/** When evidence counts as old, in days (runbook: 30). */
export function retentionDays(state: State): number {
  return state.incidentContext?.targets.retentionDays ?? 30;
}

/** What keeps a study's oldest file: a legal hold, or a retention and its last day. */
function heldSays({ lock }: EvidenceGroup, now: Instant): string | Span {
  if (!lock) return dim('?');
  if (lock.legalHold) return 'legal hold';
  return lock.until !== undefined && lock.until > now ? formatInstant(lock.until).slice(0, 10) : dim('no');
}

export const evidenceScreen: Screen = {
  id: 'evidence',
  title: () => 'EVIDENCE',
  palette: 'evidence',
  also: 's3 bucket',
  sorts: orders.map(([name]) => name),
  queries: () => [{ kind: 'evidence' }],
  view(state, place, { columns }) {
    const { now } = state.world;
    const reading = queryReading(state.queries, { kind: 'evidence' });
    const list = newest(reading)?.value;
    const days = retentionDays(state);
    const old = oldBefore(now, days);
    const groups = (list?.groups ?? []).toSorted(orders[place.sort % orders.length]?.[1]);
    const room = columns - 2;
    const columnsOf: Column<EvidenceGroup>[] = [
      {
        title: 'study',
        of: (g) => g.study,
        width: 16,
        upTo: widest(
          groups.map((g) => g.study),
          16,
          48,
        ),
      },
      { title: 'objects', of: (g) => formatCount(g.objects), width: 9, align: 'right' },
      { title: 'size', of: (g) => formatBytes(g.bytes), width: 9, align: 'right' },
      { title: 'oldest', of: (g) => shortAge(now - g.oldest), width: 6, align: 'right' },
      { title: 'newest', of: (g) => shortAge(now - g.newest), width: 6, align: 'right', spare: 2 },
      {
        title: `older than ${days} d`,
        of: (g) => (g.newest < old ? span('all', 'accent') : g.oldest < old ? 'some' : dim('–')),
        width: 15,
        spare: 1,
      },
      { title: 'held', of: (g) => heldSays(g, now), width: 10 },
    ];
    const { head, draw } = table(columnsOf, room);
    const total = list ? `${formatCounted(list.objects, 'object')}, ${formatBytes(list.bytes)}` : '';
    return {
      says: line(dim(list?.bucket ?? '')),
      right: ageSays(reading, now) ?? line(dim(list?.complete === false ? `at least ${total}` : total)),
      head: [
        ...trouble(reading, 'evidence', now, room),
        line(
          dim(
            `old: before ${formatInstant(now - days * day).slice(0, 10)} (${days} days); held: lock of the oldest file`,
          ),
        ),
        ...(list?.unknown ? [line(span('? ', 'unknown'), dim(list.unknown))] : []),
        head,
      ],
      rows: groups.map(
        (g): Row => ({
          id: g.study,
          text: g.study,
          draw: () => [draw(g)],
          opens: { kind: 'open', screen: 'evidence-study', of: { study: g.study } },
          target: { prefix: `${g.study}/`, study: g.study },
          copies: { text: `s3://${list?.bucket ?? ''}/${g.study}/`, what: 'the S3 path' },
        }),
      ),
      empty: reading.state === 'live' ? [line(dim('the bucket is empty'))] : [],
    };
  },
};
