import { expect, test } from 'vitest';
import { type Backups, keepPromises } from '../../src/core/health/backups.ts';
import { lockedBecause, oldBefore } from '../../src/core/queries/evidence.ts';
import { day, hour, minute } from '../../src/core/time.ts';

const now = Date.UTC(2026, 0, 17, 3, 14, 7);
const snapshot = (id: string, age: number, kind: 'hourly' | 'daily' | 'other', status = 'available') => ({
  id,
  at: now - age,
  kind,
  status,
});
const kept: Backups = {
  snapshots: { ok: true, value: [snapshot('h', 20 * minute, 'hourly'), snapshot('d', 5 * hour, 'daily')] },
  redis: { ok: true, value: { newest: now - 3 * hour, objects: 7 } },
  evidence: { ok: true, value: { versioning: true, objectLock: true, mode: 'GOVERNANCE', days: 30 } },
};
const verdicts = (backups: Backups) => keepPromises(backups, now).map((p) => p.verdict);

test('backups on schedule are ok', () => {
  expect(verdicts(kept)).toEqual(['ok', 'ok', 'ok', 'ok']);
  expect(keepPromises(kept, now)[3]?.says).toBe('versioning on, Object Lock on (governance, 30 days)');
});

test('overdue, missing, failed and unprotected are warnings', () => {
  expect(
    verdicts({
      snapshots: {
        ok: true,
        value: [
          snapshot('h', 2 * hour, 'hourly'),
          snapshot('d', 2 * day, 'daily'),
          snapshot('x', 0, 'daily', 'failed'),
        ],
      },
      redis: { ok: true, value: { objects: 0 } },
      evidence: { ok: true, value: { versioning: true, objectLock: false } },
    }),
  ).toEqual(['warning', 'warning', 'warning', 'warning']);
});

test('snapshots of an unknown kind count as hourly and as daily', () => {
  const value = [snapshot('rds:bentham-prod-2026', 10 * minute, 'other')];
  expect(verdicts({ ...kept, snapshots: { ok: true, value } }).slice(0, 2)).toEqual(['ok', 'ok']);
});

test('backups that cannot be read are unknown; backups that are not configured are not checked', () => {
  const fault = { kind: 'unconfigured', where: 'x', what: 'not configured', hint: 'y' } as const;
  const [, , redis] = keepPromises({ ...kept, redis: { ok: false, fault } }, now);
  expect(redis).toMatchObject({ verdict: 'unknown', unasked: true });
  const [, , away] = keepPromises({ ...kept, redis: { ok: false, fault: { ...fault, kind: 'timeout' } } }, now);
  expect(away).toMatchObject({ verdict: 'unknown' });
  expect(away?.unasked).toBeUndefined();
});

test('the age is computed from now', () => {
  expect(new Date(oldBefore(now, 30)).toISOString()).toBe('2025-12-18T03:14:07.000Z');
});

test('a version is locked by a legal hold or by active retention', () => {
  expect(lockedBecause({ legalHold: true }, now)).toBe('legal hold');
  expect(lockedBecause({ mode: 'COMPLIANCE', until: now + day }, now)).toBe('compliance until 2026-01-18');
  expect(lockedBecause({ mode: 'COMPLIANCE', until: now - day }, now)).toBeUndefined();
  expect(lockedBecause(undefined, now)).toBeUndefined();
});

test('a list of snapshots is looked through once, however often it is judged', () => {
  let looks = 0;
  const counted = (one: ReturnType<typeof snapshot>) => ({
    ...one,
    get status() {
      looks += 1;
      return 'available';
    },
  });
  const all = Array.from({ length: 100 }, (_, i) => counted(snapshot(`h${i}`, i * hour, 'hourly')));
  const of = (value: typeof all): Backups => ({ ...kept, snapshots: { ok: true, value } });
  const first = keepPromises(of(all), now);
  expect(first.map(({ verdict }) => verdict)).toEqual(['ok', 'warning', 'ok', 'ok']);
  const once = looks;
  // Judged later, the same list is late.
  expect(keepPromises(of(all), now + 3 * hour)[0]).toMatchObject({ verdict: 'warning', newest: now });
  expect(looks).toBe(once);
  expect(keepPromises(of(all.slice(50)), now)[0]).toMatchObject({ verdict: 'warning', newest: now - 50 * hour });
  expect(looks).toBeGreaterThan(once);
});
