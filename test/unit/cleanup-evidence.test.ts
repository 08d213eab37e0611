// How old evidence has to be before it is deleted, where that is told, and that everything that was deleted is looked at.
import { expect, test } from 'vitest';
import { cleanupEvidence } from '../../src/actions/cleanup-evidence.ts';
import type { Plan, Target } from '../../src/core/actions/action.ts';
import { wrongValue } from '../../src/core/actions/field.ts';
import type { ActionContext, EvidenceObject, Preflight } from '../../src/core/actions/preflight.ts';
import { tablesOf } from '../../src/core/platform/tables.ts';
import { day } from '../../src/core/time.ts';
import { now } from '../support/world.ts';

const prefix = 'study_abc123/';
const object = (n: number, age: number): EvidenceObject => ({
  ...{ key: `${prefix}${String(n).padStart(5, '0')}.png`, bytes: 1000, modifiedAt: now - age * day },
});

/** A bucket that is listed as S3 does: what is older than asked for, in the order of the keys. */
function bucketOf(objects: readonly EvidenceObject[], retentionDays = 90): Preflight {
  const preflight: Pick<Preflight, 'context' | 'now' | 'evidence' | 'tables'> = {
    context: { targets: { bucket: 'bentham-evidence', retentionDays } } as ActionContext,
    now: () => now,
    // The runbook's studies have no manifest.
    tables: async () => ({ ok: true, value: tablesOf() }),
    evidence: async ({ prefix: under, before }) => ({
      ok: true,
      value: {
        objects: objects.filter((o) => o.key.startsWith(under) && o.modifiedAt < before),
        ...{ listed: 9, unspeakable: 0, versioned: true },
      },
    }),
  };
  return preflight as Preflight;
}
async function planOf(target: Target, preflight: Preflight): Promise<Plan> {
  const planned = await cleanupEvidence.plan({ prefix, ...target }, preflight);
  if (!planned.ok) throw new Error(planned.why);
  return planned.plan;
}

test('without --days the configured retention applies: in the plan, in the deletion, in the journal', async () => {
  const preflight = bucketOf([object(1, 60), object(2, 91), object(3, 200)]);
  const plan = await planOf({}, preflight);
  expect(plan.impact[0]).toMatch(/^Deletes 2 objects .* under study_abc123\/, older than 90 days \(before 2025-10-19/);
  expect(plan.note).toMatch(/2 objects older than 90 days .*evidence\.retentionDays is 90/);
  expect(plan.warnings).toEqual([]);
  const nothing = await cleanupEvidence.plan({ prefix }, bucketOf([object(1, 60)]));
  expect(nothing).toMatchObject({ ok: false, why: expect.stringContaining('older than 90 days') });
});

test('fewer days than the retention cause a warning', async () => {
  const plan = await planOf({ days: '30' }, bucketOf([object(1, 60)]));
  expect(plan.warnings?.join()).toContain('30 days is less than the retention (evidence.retentionDays: 90)');
  expect((await planOf({ days: '120' }, bucketOf([object(1, 200)]))).warnings).toEqual([]);
});

test('zero, negative and fractional days are refused with a message', async () => {
  const days = cleanupEvidence.fields.find(({ name }) => name === 'days');
  for (const text of ['0', '-1', '1.5', '1e3', '30d', 'all'])
    expect(days && wrongValue(days, text)).toEqual({
      ...{ why: `cannot be ${text}`, hint: 'give a whole number from 1 to 9999' },
    });
  for (const text of ['0', '-1', '1.5', 'all'])
    expect(await cleanupEvidence.plan({ prefix, days: text }, bucketOf([object(1, 60)]))).toMatchObject({ ok: false });
});

test('it is verified only when no deleted object is listed any more', async () => {
  const all = Array.from({ length: 5000 }, (_, n) => object(n, 100));
  const plan = await planOf({}, bucketOf(all));
  const seen = (left: readonly EvidenceObject[]) =>
    cleanupEvidence.verify({ run: 'r', target: { prefix }, plan, startedAt: now, output: [] }, bucketOf(left));
  expect(await seen([])).toMatchObject({ state: 'pass' });
  expect(await seen(all.slice(4999))).toMatchObject({
    state: 'unknown',
    because: expect.stringMatching(/^1 of 5.000 are still listed: study_abc123\/04999\.png$/),
  });
  // What is held, or has become old since, was never to go.
  expect(await seen([{ ...object(3, 100), held: 'legal hold' }, object(9999, 100)])).toMatchObject({ state: 'pass' });
});

test('the proof looks no further than the last deleted object: behind it there may be millions', async () => {
  const bucket = bucketOf([object(1, 100), object(2, 100), object(3, 10)]);
  const plan = await planOf({}, bucket);
  const looked: (string | undefined)[] = [];
  const evidence: Preflight['evidence'] = (wanted) => {
    looked.push(wanted.until);
    return bucketOf([]).evidence(wanted);
  };
  const done = { run: 'r', target: { prefix }, plan, startedAt: now, output: [] };
  expect(await cleanupEvidence.verify(done, { ...bucket, evidence })).toMatchObject({ state: 'pass' });
  expect(looked).toEqual([object(2, 100).key]);
});

test('a look that did not come to the last deleted object proves nothing', async () => {
  const bucket = bucketOf([object(1, 100)]);
  const plan = await planOf({}, bucket);
  const evidence: Preflight['evidence'] = async () => ({
    ...{ ok: true, value: { objects: [], listed: 2000, unspeakable: 0, bounded: true } },
  });
  const done = { run: 'r', target: { prefix }, plan, startedAt: now, output: [] };
  expect(await cleanupEvidence.verify(done, { ...bucket, evidence })).toEqual({
    ...{ state: 'unknown', because: 'only 2 000 objects were looked through' },
  });
});

test('a prefix that matches several studies causes a warning', async () => {
  const other = { ...object(1, 200), key: 'study_abc1234/00001.png' };
  const wide = await cleanupEvidence.plan({ prefix: 'study_abc123' }, bucketOf([object(1, 200), other]));
  expect(wide).toMatchObject({ plan: { warnings: [expect.stringContaining('matches 2 studies, not one')] } });
  expect((await planOf({}, bucketOf([object(1, 200), other]))).warnings).toEqual([]);
});
