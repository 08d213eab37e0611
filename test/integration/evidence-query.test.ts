// The evidence bucket as it is shown: a hundred thousand objects by study, with what holds them, on the drill's own S3.
import { afterEach, expect, test, vi } from 'vitest';
import { type S3, startS3 } from '../../simulator/s3/s3.ts';
import { listEvidence, queryStudyEvidence } from '../../src/data/aws/evidence.ts';
import { good } from '../support/configuration.ts';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const stop of stops.splice(0)) await stop();
});

const patience = () => AbortSignal.timeout(60_000);

async function begin(objects = 0): Promise<{ s3: S3; settings: Awaited<ReturnType<typeof good>>['settings'] }> {
  const s3 = await startS3({ objects });
  stops.push(s3.stop);
  vi.stubEnv('AWS_ACCESS_KEY_ID', s3.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', s3.secretAccessKey);
  const { settings } = await good({ env: { AWS_ENDPOINT_URL: s3.url, AWS_REGION: 'eu-west-1' } });
  return { s3, settings };
}

test('a hundred thousand objects are counted by study, and the locks of the oldest files are shown', async () => {
  const { settings } = await begin(100_000);
  const found = await listEvidence(settings, patience());
  if (!found.ok) throw new Error(found.fault.what);
  const { groups, objects, complete, unknown } = found.value;
  expect(complete).toBe(true);
  expect(objects).toBe(groups.reduce((sum, group) => sum + group.objects, 0));
  expect(objects).toBeGreaterThan(100_000);
  expect(groups.length).toBeGreaterThan(1000);
  expect(groups.map(({ oldest }) => oldest)).toEqual(groups.map(({ oldest }) => oldest).toSorted((a, b) => a - b));
  const asked = groups.filter(({ lock }) => lock !== undefined);
  expect(asked).toHaveLength(60);
  expect(groups.slice(0, 60)).toEqual(asked);
  expect(unknown).toMatch(/60 studies with the oldest evidence/);
  // Holds, retention, versions and delete markers are found among so many as among few.
  const load = await queryStudyEvidence(settings, 'study_load00000', patience());
  if (!load.ok) throw new Error(load.fault.what);
  expect(load.value.versions).toHaveLength(100);
  expect(load.value.versions.flatMap(({ lock }, i) => (lock?.legalHold ? [i] : []))).toEqual([7, 57]);
  expect(load.value.unknown).toBe('locks of the first 60 versions only');
  const one = await queryStudyEvidence(settings, 'study_abc123', patience());
  if (!one.ok) throw new Error(one.fault.what);
  expect(one.value.complete).toBe(true);
  expect(one.value.versions.some(({ kind }) => kind === 'delete marker')).toBe(true);
  expect(one.value.versions.some(({ kind, latest }) => kind === 'version' && !latest)).toBe(true);
}, 60_000);

test('legal holds and retention of each study are distinguished', async () => {
  const { settings } = await begin();
  const found = await listEvidence(settings, patience());
  if (!found.ok) throw new Error(found.fault.what);
  const locks = found.value.groups.map(({ lock }) => lock);
  expect(locks.some((lock) => lock?.legalHold)).toBe(true);
  expect(locks.some((lock) => lock?.mode === 'COMPLIANCE' && (lock.until ?? 0) > Date.now())).toBe(true);
  expect(locks.some((lock) => lock && !lock.legalHold && (lock.until ?? 0) < Date.now())).toBe(true);
  const one = await queryStudyEvidence(settings, 'study_abc123', patience());
  if (!one.ok) throw new Error(one.fault.what);
  expect(one.value.versions.filter(({ kind }) => kind === 'delete marker')).toHaveLength(1);
  expect(one.value.versions.filter(({ key }) => key.endsWith('/screenshot.png') && !key.includes('job-'))).toHaveLength(
    3,
  );
});
