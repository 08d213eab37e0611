import { expect, test } from 'vitest';
import type { Lock } from '../../src/core/queries/evidence.ts';
import type { QueryReadings } from '../../src/core/queries/query.ts';
import { queryKey } from '../../src/core/queries/query.ts';
import { day, hour } from '../../src/core/time.ts';
import { here, placeAt, type State } from '../../src/store.ts';
import { showing } from '../support/every-screen.ts';
import { away, calm, frameText, outage, pressing, stateOf } from '../support/worlds.ts';

const size = { columns: 80, rows: 24 };
const now = outage.now;

function at(state: State, screen: string, of: Readonly<Record<string, string>> = {}, looks: QueryReadings = {}): State {
  const [first] = state.ui.stack;
  return { ...state, queries: looks, ui: { ...state.ui, stack: [first, placeAt(screen, of)] } };
}

const live = <T>(value: T) =>
  ({ state: 'live', value, at: now, staleAfter: 60_000, from: 's3://bentham-evidence' }) as const;

test('the overview shows the architecture with live status', () => {
  expect(frameText(at(stateOf(outage), 'overview'), size)).toMatchSnapshot();
  expect(frameText(at(stateOf(calm), 'overview'), { columns: 120, rows: 40 })).toMatchSnapshot();
  expect(frameText(at(stateOf(away), 'overview'), size)).toMatchSnapshot();
});

test('evidence is listed by study, oldest first, with the share that is old', () => {
  const group = (study: string, oldest: number, newest: number, objects: number, lock?: Lock) => ({
    study,
    objects,
    bytes: objects * 48_000,
    oldest: now - oldest,
    newest: now - newest,
    ...(lock ? { lock } : {}),
  });
  const looks = {
    [queryKey({ kind: 'evidence' })]: live({
      bucket: 'bentham-evidence',
      groups: [
        group('study_old123', 90 * day, 61 * day, 1204, { legalHold: true }),
        group('study_def456', 40 * day, 2 * day, 412, { legalHold: false, mode: 'COMPLIANCE', until: now + 9 * day }),
        group('study_abc123', 3 * hour, hour, 37),
      ],
      objects: 1653,
      bytes: 79_344_000,
      complete: true,
    }),
  };
  const text = frameText(at(stateOf(calm), 'evidence', {}, looks), size);
  expect(text).toMatchSnapshot();
  expect(text).toMatch(/study_old123 .* all +legal hold/);
  expect(text).toMatch(/study_def456 .* some +\d{4}-\d\d-\d\d/);
  // What could not be asked is not said to be free.
  expect(text).toMatch(/study_abc123 .* \?$/m);
});

test('a study’s evidence shows versions, delete markers and locks', () => {
  const version = (key: string, versionId: string, more: object = {}) => ({
    key: `study_abc123/${key}`,
    versionId,
    kind: 'version' as const,
    latest: true,
    bytes: 183_000,
    at: now - 2 * day,
    ...more,
  });
  const ask = { kind: 'evidence-study', study: 'study_abc123' } as const;
  const looks = {
    [queryKey(ask)]: live({
      bucket: 'bentham-evidence',
      study: 'study_abc123',
      versions: [
        version('page.html', 'v1', { lock: { legalHold: true } }),
        version('screenshot.png', 'v9', { kind: 'delete marker', bytes: 0 }),
        version('screenshot.png', 'v8', { latest: false, lock: { mode: 'GOVERNANCE', until: now + 30 * day } }),
        version('screenshot.png', 'v7', { latest: false }),
      ],
      complete: true,
    }),
  };
  expect(frameText(at(stateOf(calm), 'evidence-study', { study: 'study_abc123' }, looks), size)).toMatchSnapshot();
});

test('backups are compared with the runbook’s schedule', () => {
  const overdue: State = stateOf({
    ...calm,
    readings: {
      ...calm.readings,
      backups: live({
        snapshots: {
          ok: true,
          value: [{ id: 'bentham-prod-daily-14', at: now - 3 * day, kind: 'daily', status: 'available' }],
        },
        redis: { ok: true, value: { newest: now - 3 * hour, objects: 7 } },
        evidence: { ok: true, value: { versioning: true, objectLock: false } },
      }),
    },
  });
  const text = frameText(at(overdue, 'backups'), size);
  expect(text).toMatchSnapshot();
  expect(text).toContain('▲ WARNING  3 warning');

  // Each promise leads on: to the snapshot that should keep it, or to all that is known of it.
  const redis = { savedAt: now - 300_000, saved: false, changes: 1204, appendOnly: false };
  const { readings } = overdue.world;
  if (readings.redis.state !== 'live') throw new Error('the calm world has a Redis');
  const value = { ...readings.redis.value, persistence: redis };
  const world = { ...overdue.world, readings: { ...readings, redis: { ...readings.redis, value } } };
  const opened = (...keys: string[]) => pressing(at({ ...overdue, world }, 'backups'), size, ...keys, 'enter');
  expect(frameText(opened(), size)).toMatch(
    /─ database, hourly ─[\s\S]*schedule +Hourly, kept 7 days[\s\S]*▲ no backup found/i,
  );
  expect(here(opened('j'))).toMatchObject({ screen: 'backups', selected: 'bentham-prod-daily-14' });
  const disk = frameText(opened('j', 'j'), size);
  expect(disk).toMatch(/files +7/);
  expect(disk).toMatch(/saved \(RDB\) +2026-01-17 03:09:07Z, 5 m 0 s ago, 1 204 changes since/);
  expect(disk).toMatch(/last save +FAILED/);
  expect(disk).toMatch(/append-only file +off/);
  const kept = frameText(opened('j', 'j', 'j'), size);
  expect(kept).toMatch(/versioning +on/);
  expect(kept).toMatch(/Object Lock +OFF: versions can be deleted permanently/);
});

test('every part of the diagram opens its own screen', () => {
  const first = at(stateOf(outage), 'overview');
  const opened = (...keys: string[]) => here(pressing(first, size, ...keys, 'enter'));
  expect(opened()).toMatchObject({ screen: 'backend', of: { backend: 'gateway' } });
  expect(opened('j')).toMatchObject({ screen: 'pod' });
  expect(opened('j', 'j', 'j', 'j')).toMatchObject({ screen: 'deployment', of: { deployment: 'orchestrator' } });
  expect(opened('G')).toMatchObject({ screen: 'evidence' });
});

test('of the indexes of one table all is said whole on 80 columns', () => {
  const state = showing('indexes');
  const place = placeAt('indexes', { table: 'jobs' });
  const text = frameText(
    { ...state, ui: { ...state.ui, stack: [state.ui.stack[0], place] } },
    { columns: 80, rows: 24 },
  );
  const below = text.slice(text.indexOf('INDEXES'));
  expect(below).toContain('enforces a constraint');
  expect(below).toContain('invalid: drop or rebuild it');
  expect(below).toMatch(/look at the replica, too, before\s+dropping/);
  expect(below).not.toContain('…');
});
