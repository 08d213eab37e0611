// One study's evidence: every version and delete marker, with its locks (runbook, Evidence Recovery).

import { s3Key } from '../../core/actions/shell-command.ts';
import { type EvidenceVersion, lockedBecause } from '../../core/queries/evidence.ts';
import { type Query, queryReading } from '../../core/queries/query.ts';
import { formatAge, formatBytes, formatCounted, formatInstant, shortAge } from '../../core/text/format.ts';
import { quote } from '../../core/text/shell.ts';
import type { Instant } from '../../core/time.ts';
import { newest } from '../../core/world/reading.ts';
import type { Place } from '../../store.ts';
import type { Row, Screen } from '../screen.ts';
import { descriptionList } from '../toolkit/description-list.ts';
import { bold, dim, type Line, line, span } from '../toolkit/line.ts';
import { ageSays, trouble } from '../toolkit/reading-status.ts';
import { type Column, table } from '../toolkit/table.ts';

const askOf = (place: Place): Query<'evidence-study'> => ({ kind: 'evidence-study', study: place.of.study ?? '' });

export const evidenceStudyScreen: Screen = {
  id: 'evidence-study',
  title: () => 'EVIDENCE',
  queries: (place) => [askOf(place)],
  view(state, place, { columns }) {
    const { now } = state.world;
    const reading = queryReading(state.queries, askOf(place));
    const found = newest(reading)?.value;
    const room = columns - 2;
    const inStudy = (key: string) =>
      found && key.startsWith(`${found.study}/`) ? key.slice(found.study.length + 1) : key;
    const columnsOf: Column<EvidenceVersion>[] = [
      { title: 'object', of: (v) => inStudy(v.key), width: 20, upTo: 60 },
      {
        title: 'kind',
        of: (v) =>
          v.kind === 'delete marker' ? span('deleted', 'warning') : v.latest ? 'newest' : dim('older version'),
        width: 13,
      },
      { title: 'size', of: (v) => (v.kind === 'version' ? formatBytes(v.bytes) : ''), width: 9, align: 'right' },
      { title: 'age', of: (v) => shortAge(now - v.at), width: 5, align: 'right' },
      {
        title: 'held',
        of: (v) => (v.kind === 'delete marker' ? '' : v.lock ? (lockedBecause(v.lock, now) ?? dim('no')) : dim('?')),
        width: 10,
        upTo: 30,
      },
      { title: 'version', of: (v) => dim(v.versionId), width: 12, upTo: 34, spare: 1 },
    ];
    const { head, draw } = table(columnsOf, room);
    const versions = found?.versions ?? [];
    const counted = `${formatCounted(versions.length, 'version')}${found?.complete === false ? ' and more' : ''}`;
    return {
      says: line(bold(place.of.study ?? '')),
      right: ageSays(reading, now) ?? line(dim(counted)),
      head: [
        ...trouble(reading, 'evidence', now, room),
        ...(found?.unknown ? [line(span('? ', 'unknown'), dim(found.unknown))] : []),
        head,
      ],
      rows: versions.map(
        (v): Row => ({
          id: `${v.key} ${v.versionId}`,
          text: `${v.key} ${v.kind} ${v.versionId}`,
          draw: () => [draw(v)],
          opens: {
            kind: 'details',
            title: inStudy(v.key),
            lines: (_, wide) => versionLines(v, found?.bucket ?? '', now, wide - 2),
          },
          target: { file: v.key, version: v.versionId },
          copies: { text: fetchCommand(v, found?.bucket ?? ''), what: 'the download command' },
        }),
      ),
      empty: reading.state === 'live' ? [line(dim('no evidence for this study'))] : [],
    };
  },
};

function fetchCommand({ key, versionId }: EvidenceVersion, bucket: string): string {
  const words = ['--bucket', bucket, ...s3Key(key), '--version-id', versionId, 'evidence'];
  return `aws s3api get-object ${words.map(quote).join(' ')}`;
}

function versionLines(v: EvidenceVersion, bucket: string, now: Instant, columns: number): Line[] {
  const { lock } = v;
  const held =
    lock === undefined
      ? 'not checked'
      : [
          lock.legalHold ? 'legal hold' : '',
          lock.until === undefined
            ? ''
            : `${(lock.mode ?? 'retention').toLowerCase()} until ${formatInstant(lock.until)}${lock.until <= now ? ', expired' : ''}`,
        ]
          .filter(Boolean)
          .join(', ') || 'no legal hold, no retention';
  return descriptionList(
    [
      ['object', v.key],
      [
        'kind',
        v.kind === 'delete marker'
          ? 'delete marker: hides older versions'
          : v.latest
            ? 'newest version'
            : 'older version',
      ],
      ['version', v.versionId],
      ['size', v.kind === 'version' ? formatBytes(v.bytes) : undefined],
      ['written', `${formatInstant(v.at)}, ${formatAge(now - v.at)} ago`],
      ['held', v.kind === 'version' ? held : undefined],
      ['command', v.kind === 'version' ? fetchCommand(v, bucket) : undefined],
    ],
    columns,
  );
}
