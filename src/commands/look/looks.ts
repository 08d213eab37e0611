// What each look asks, and its answer as a table.
import { keepPromises } from '../../core/health/backups.ts';
import { glyph } from '../../core/health/status.ts';
import { oddities } from '../../core/queries/api-key.ts';
import { blockingTree } from '../../core/queries/database.ts';
import { lockedBecause } from '../../core/queries/evidence.ts';
import type { Queries, Query, QueryKind } from '../../core/queries/query.ts';
import { disagreements } from '../../core/queries/study.ts';
import { sampleEvery, sampleFor } from '../../core/queries/waits.ts';
import { formatAge, formatBytes, formatInstant } from '../../core/text/format.ts';
import type { Instant, Ms } from '../../core/time.ts';
import type { FactId, Facts } from '../../core/world/facts.ts';
import { onCallShown, unansweredPager } from './on-call.ts';
import type { Shown } from './shown.ts';
import { statementsShown, waitsShown } from './statements.ts';

export type LookName =
  | 'pods'
  | 'sessions'
  | 'statements'
  | 'waits'
  | 'keys'
  | 'evidence'
  | 'backups'
  | 'study'
  | 'oncall';
export type LookFlags = {
  json: boolean;
  server?: 'primary' | 'replica' | undefined;
  study?: string | undefined;
  span?: Ms | undefined;
};

/**
 * Who answers, and what its answer looks like. `absent`: why there is nothing to show. `unanswered`: the parts that gave
 * no answer, and why.
 */
export type Look = { what: { fact: FactId } | { ask: Query }; repeat?: Repeat } & Shows<unknown>;

/** Asked so many times, with a pause between two: the last answer is shown. */
export type Repeat = { times: number; pause: Ms };
type Shows<T> = {
  shown(value: T, now: Instant): Shown;
  absent?: ((value: T) => string | undefined) | undefined;
  unanswered?: ((value: T) => readonly string[]) | undefined;
};

/** Here each question meets the type of its own answer; a list of looks cannot express it. */
const ofFact = <F extends FactId>(
  fact: F,
  shown: Shows<Facts[F]>['shown'],
  unanswered?: Shows<Facts[F]>['unanswered'],
) => ({ what: { fact }, shown, unanswered }) as unknown as Look;
const ofQuery = <K extends QueryKind>(ask: Query<K>, ...[shown, absent, unanswered]: ShowsQuery<K>) =>
  ({ what: { ask }, shown, absent, unanswered }) as unknown as Look;
type ShowsQuery<K extends QueryKind> = [
  shown: Shows<Queries[K]['answer']>['shown'],
  absent?: Shows<Queries[K]['answer']>['absent'],
  unanswered?: Shows<Queries[K]['answer']>['unanswered'],
];

const instant = (at: Instant | undefined) => (at ? formatInstant(at) : '–');
const more = (is: boolean) => (is ? ['there are more than these'] : []);

export function lookOf(name: LookName, { server = 'primary', study = '', span }: LookFlags): Look {
  switch (name) {
    case 'pods':
      return ofFact('pods', podsShown);
    case 'backups':
      return ofFact('backups', backupsShown, unansweredBackups);
    case 'oncall':
      return ofQuery<'pager'>({ kind: 'pager' }, onCallShown, undefined, unansweredPager);
    case 'sessions':
      return ofQuery<'database'>({ kind: 'database', server }, sessionsShown);
    case 'statements': {
      const look = ofQuery<'statements'>({ kind: 'statements', server, moment: 'once' }, (list) =>
        statementsShown(list, span === undefined ? 'whole' : 'since'),
      );
      return span === undefined ? look : { ...look, repeat: { times: 2, pause: span } };
    }
    case 'waits': {
      const samples = Math.max(1, Math.round((span ?? sampleFor) / sampleEvery));
      const look = ofQuery<'waits'>({ kind: 'waits', server, moment: 'once', samples }, waitsShown);
      return { ...look, repeat: { times: samples, pause: sampleEvery } };
    }
    case 'keys':
      return ofQuery<'api-keys'>({ kind: 'api-keys' }, keysShown);
    case 'study':
      return ofQuery<'study'>({ kind: 'study', study }, studyShown, ({ row, api }) =>
        absentBecause(row ?? api.answer, study),
      );
    case 'evidence':
      if (study === '') return ofQuery<'evidence'>({ kind: 'evidence' }, evidenceShown);
      return ofQuery<'evidence-study'>({ kind: 'evidence-study', study }, versionsShown, ({ versions }) =>
        absentBecause(versions[0], study),
      );
  }
}

const absentBecause = (found: unknown, study: string) => (found === undefined ? `no study ${study} there` : undefined);

function podsShown(pods: Facts['pods'], now: Instant): Shown {
  const rows = pods.map(({ name, status, containers, restarts, createdAt, node }) => [
    name,
    `${containers.ready}/${containers.total}`,
    status,
    String(restarts),
    formatAge(now - createdAt),
    node,
  ]);
  return {
    head: ['NAME', 'READY', 'STATUS', 'RESTARTS', 'AGE', 'NODE'],
    rows,
    says: rows.length === 0 ? ['no pods'] : [],
  };
}

function backupsShown(backups: Facts['backups'], now: Instant): Shown {
  const rows = keepPromises(backups, now).map(({ verdict, data, frequency, says, retention, location }) => [
    `${glyph[verdict]} ${data}`,
    frequency,
    says,
    retention,
    location,
  ]);
  return { head: ['BACKUP', 'SCHEDULE', 'STATUS', 'RETENTION', 'LOCATION'], rows, says: [] };
}

/** What nobody said where to look for is no missing answer. */
function unansweredBackups({ snapshots, redis, evidence }: Facts['backups']): readonly string[] {
  const parts = { 'database snapshots': snapshots, 'Redis backups': redis, evidence };
  return Object.entries(parts).flatMap(([part, answer]) =>
    answer.ok || answer.fault.kind === 'unconfigured' ? [] : [`${part}: ${answer.fault.what}; ${answer.fault.hint}`],
  );
}

function sessionsShown(detail: Queries['database']['answer']): Shown {
  const rows = blockingTree(detail.sessions).map(({ session, depth }) => [
    `${'  '.repeat(depth)}${session.pid}`,
    session.user,
    session.application,
    session.state || 'hidden',
    session.transactionAge === undefined ? '–' : formatAge(session.transactionAge),
    session.wait ?? '–',
    session.blockedBy.join(' ') || '–',
    session.query,
  ]);
  const head = ['PID', 'USER', 'APPLICATION', 'STATE', 'TRANSACTION', 'WAITS FOR', 'BLOCKED BY', 'QUERY'];
  const hidden = detail.missing.map(({ part, grant }) => `hidden: ${part}; to see it: ${grant}`);
  return { head, rows, says: [...more(!detail.sessionsExact), ...hidden] };
}

function keysShown({ rows: keys, more: cut }: Queries['api-keys']['answer'], now: Instant): Shown {
  const rows = keys.map((key) => [
    key.id,
    key.tenant,
    key.name,
    key.permissions.join(' '),
    key.rateLimit === undefined ? '–' : String(key.rateLimit),
    instant(key.lastUsedAt),
    key.revoked ? `revoked ${instant(key.revokedAt)}` : oddities(key, now).join(', ') || 'ok',
  ]);
  return { head: ['ID', 'TENANT', 'NAME', 'PERMISSIONS', 'LIMIT/MIN', 'LAST USED', 'STATE'], rows, says: more(cut) };
}

function evidenceShown(
  { groups, objects, bytes, complete, bucket, unknown }: Queries['evidence']['answer'],
  now: Instant,
): Shown {
  const rows = groups.map((one) => [
    one.study,
    String(one.objects),
    formatBytes(one.bytes),
    instant(one.oldest),
    instant(one.newest),
    one.lock ? (lockedBecause(one.lock, now) ?? 'none') : 'unknown',
  ]);
  const total = `s3://${bucket}: ${objects} objects, ${formatBytes(bytes)}`;
  const says = [complete ? total : `${total} read, and there are more`, ...(unknown ? [`locks: ${unknown}`] : [])];
  return { head: ['STUDY', 'OBJECTS', 'SIZE', 'OLDEST', 'NEWEST', 'LOCK OF OLDEST'], rows, says };
}

function versionsShown({ versions, complete, unknown }: Queries['evidence-study']['answer'], now: Instant): Shown {
  const rows = versions.map((one) => [
    one.key,
    one.versionId,
    one.latest ? `${one.kind} (latest)` : one.kind,
    formatBytes(one.bytes),
    instant(one.at),
    one.lock ? (lockedBecause(one.lock, now) ?? 'none') : 'unknown',
  ]);
  const says = [...more(!complete), ...(unknown ? [`locks: ${unknown}`] : [])];
  return { head: ['KEY', 'VERSION', 'KIND', 'SIZE', 'MODIFIED', 'LOCK'], rows, says };
}

function studyShown(detail: Queries['study']['answer']): Shown {
  const { row, api, counts, exact, jobsUncounted, errors } = detail;
  const percent = (share: number | undefined) =>
    share === undefined ? 'completion unknown' : `${Math.round(share)} %`;
  const differ = disagreements(detail);
  return {
    head: ['SURFACE', 'STATE', 'JOBS'],
    rows: counts.map(({ surface, status, count }) => [surface, status, String(count)]),
    says: [
      row
        ? `database: ${row.id} of ${row.tenant}: ${row.status}, ${percent(row.completion)}, created ${instant(row.createdAt)}, progress ${instant(row.progressedAt)}`
        : 'database: no such study',
      api.answer
        ? `API: ${api.answer.status ?? 'no status'}, ${percent(api.answer.completion)}`
        : `API: ${api.problem ?? 'no answer'}`,
      ...(differ.length > 0 ? [`database and API disagree: ${differ.join(', ')}`] : []),
      ...(jobsUncounted ? ['jobs: not counted in time'] : more(!exact)),
      ...errors.map(({ message, count }) => `${count} × ${message}`),
    ],
  };
}
