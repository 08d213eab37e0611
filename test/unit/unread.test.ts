// What could not be read, or counted in time, is unknown: never none, and never well.
import { describe, expect, test } from 'vitest';
import { type Alerts, holds, raisedAlerts, takeFindings } from '../../src/core/health/alert.ts';
import { evaluate } from '../../src/core/health/evaluate.ts';
import { reportOf } from '../../src/core/health/report.ts';
import type { DatabasePart } from '../../src/core/queries/missing.ts';
import type { Database, Studies } from '../../src/core/world/facts.ts';
import type { World } from '../../src/core/world/world.ts';
import { studies as studiesSchema } from '../../src/data/shared-looks/study-schemas.ts';
import { unclearLines } from '../../src/screens/studies/pane.ts';
import { textOf } from '../../src/screens/toolkit/line.ts';
import { calm, live, now } from '../support/worlds.ts';

const { primary, replica, studies } = calm.readings;
if (primary.state !== 'live' || replica.state !== 'live' || studies.state !== 'live') throw new Error('calm is live');

const without = (of: 'primary' | 'replica', part: DatabasePart, more: Partial<Database> = {}): World => {
  const server = (of === 'primary' ? primary : replica).value;
  const value = { ...server, ...more, missing: [{ part, grant: `GRANT ${part}` }] };
  return { ...calm, readings: { ...calm.readings, [of]: live<Database>(value) } };
};
const counted = (more: Partial<Studies>): World => ({
  ...calm,
  readings: { ...calm.readings, studies: live<Studies>({ ...studies.value, ...more }) },
});
const of = (world: World, id: string) => evaluate(world).find((one) => one.id === id);

test('the calm world has none of it', () => {
  expect(reportOf(calm, 'production')).toMatchObject({ verdict: 'ok', exitCode: 0 });
});

describe('a part of the primary that is not readable', () => {
  test.each(['blocked sessions', 'privileges', 'transactions'] as const)('%s makes the primary unknown', (part) => {
    const seen = without('primary', part, { blocked: undefined });
    const finding = of(seen, 'database/primary');
    expect(finding).toMatchObject({ verdict: 'unknown', rule: 'primary/part-unknown', remedy: `GRANT ${part}` });
    expect(finding?.short).toBe(`${part} not readable`);
    expect(reportOf(seen, 'production')).toMatchObject({ verdict: 'unknown', exitCode: 3 });
  });

  test.each([
    ['replication slots', 'database/primary/slot'],
    ['age of ids', 'database/primary/wraparound'],
    ['archiver', 'database/primary/archive'],
    ['checksums', 'database/primary/damage'],
    ['prepared transactions', 'database/primary/prepared'],
    ['sequences', 'database/primary/sequence'],
  ] as const)('%s is an unknown of its own', (part, id) => {
    expect(of(without('primary', part), id)).toMatchObject({ verdict: 'unknown', rule: 'part/unread' });
    expect(of(without('primary', part), 'database/primary')).toMatchObject({ verdict: 'ok' });
  });

  test('what is worse is still told first', () => {
    const writes = { readOnly: [{ by: 'server', role: undefined }] } as unknown as Database['writes'];
    expect(of(without('primary', 'blocked sessions', { writes }), 'database/primary')).toMatchObject({
      verdict: 'critical',
      rule: 'primary/read-only',
    });
  });
});

test('slots of a replica that are not readable are unknown', () => {
  expect(of(without('replica', 'replication slots'), 'database/replica/slot')).toMatchObject({ verdict: 'unknown' });
});

test('an alert of a slot is not cleared while the slots are not readable', () => {
  const slot = { name: 'old', kind: 'physical', active: false, state: 'lost', bytes: 2 ** 40, most: undefined };
  const bad = {
    ...calm,
    readings: { ...calm.readings, primary: live<Database>({ ...primary.value, slots: [slot] }) },
  };
  const dark = without('primary', 'replication slots', { slots: undefined });
  const raised = (...seen: readonly World[]) => {
    let alerts: Alerts = {};
    let at = now;
    for (const world of seen)
      for (const later of [0, holds.warning, holds.calm, holds.calm]) {
        at += later;
        alerts = takeFindings(alerts, evaluate(world), at).alerts;
      }
    return raisedAlerts(alerts, { of: new Map() }).map(({ id }) => id);
  };
  expect(raised(bad)).toContain('database/primary/slot/old');
  expect(raised(bad, dark)).toContain('database/primary/slot/old');
  expect(raised(bad, calm)).toEqual([]);
});

describe('jobs that run too long', () => {
  const seen = counted({ stuckJobs: undefined, stuckUncounted: true });

  test('are unknown where they could not be counted, in status as in the pane', () => {
    const report = reportOf(seen, 'production');
    expect(report).toMatchObject({ verdict: 'unknown', exitCode: 3 });
    expect(report.findings).toContainEqual(
      expect.objectContaining({ id: 'studies/stuck', verdict: 'unknown', rule: 'jobs/stuck-unknown' }),
    );
    const { readings } = seen;
    const lines = unclearLines(readings.studies.state === 'live' ? readings.studies.value : undefined, 80);
    expect(lines.map(textOf)).toEqual([expect.stringContaining('jobs that run too long could not be counted in time')]);
  });

  test('are told by another cockpit as it read them', () => {
    expect(studiesSchema.safeParse({ ...studies.value, stuckJobs: undefined, stuckUncounted: true }).success).toBe(
      true,
    );
  });
});

describe('studies whose jobs could not be counted', () => {
  const doubts = { lastHour: { why: 'uncounted', of: 'job' } } as const;

  test('are no proof that few failed, and no unknown state', () => {
    const seen = counted({ lastHourExact: false, finishedLastHour: 9, failedLastHour: 0, doubts });
    expect(of(seen, 'metric/studyFailures')).toMatchObject({
      verdict: 'unknown',
      says: 'the jobs of the last hour could not be counted in time',
    });
    expect(of(seen, 'studies/states/job')).toBe(undefined);
    expect(studiesSchema.safeParse({ ...studies.value, doubts }).success).toBe(true);
  });

  test('are still too many where enough failed by their own status', () => {
    const seen = counted({ lastHourExact: false, finishedLastHour: 9, failedLastHour: 5, doubts });
    expect(of(seen, 'metric/studyFailures')).toMatchObject({ verdict: 'critical' });
  });
});
