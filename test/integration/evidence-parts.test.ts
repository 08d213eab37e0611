// Evidence that is more than one run takes: the next one goes on behind the last key, and together they reach each object.
import { DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type S3, startS3 } from '../../simulator/s3/s3.ts';
import { cleanupEvidence } from '../../src/actions/cleanup-evidence.ts';
import { restoreDeletedEvidence } from '../../src/actions/restore-deleted-evidence.ts';
import type { Settings } from '../../src/config/settings.ts';
import type { Action, Target } from '../../src/core/actions/action.ts';
import type { Answer, EvidenceAsk, Preflight } from '../../src/core/actions/preflight.ts';
import { tablesOf } from '../../src/core/platform/tables.ts';
import { deletedEvidence } from '../../src/data/aws/deleted-evidence.ts';
import { evidenceObjects } from '../../src/data/aws/preflight.ts';
import { good } from '../support/configuration.ts';

const Bucket = 'bentham-evidence';
const names = ['a', 'b', 'c/1', 'c/2', 'd', 'e', 'é'];
let server: S3;
let settings: Settings;
let s3: S3Client;

beforeAll(async () => {
  server = await startS3();
  vi.stubEnv('AWS_ACCESS_KEY_ID', server.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', server.secretAccessKey);
  ({ settings } = await good({ env: { AWS_ENDPOINT_URL: server.url, AWS_REGION: 'eu-west-1' } }));
  s3 = new S3Client({ endpoint: server.url, region: 'eu-west-1', forcePathStyle: true });
  for (const name of names) {
    await s3.send(new PutObjectCommand({ Bucket, Key: `study_there/${name}`, Body: name }));
    await s3.send(new PutObjectCommand({ Bucket, Key: `study_gone/${name}`, Body: name }));
    await s3.send(new DeleteObjectCommand({ Bucket, Key: `study_gone/${name}` }));
  }
});
afterAll(async () => {
  s3?.destroy();
  await server?.stop();
  vi.unstubAllEnvs();
});

/** What each part finds, of at most three, until there is no more. */
async function parts<F extends { resume?: string | undefined }>(
  look: (wanted: EvidenceAsk) => Promise<Answer<F>>,
  keysOf: (found: F) => readonly { key: string }[],
): Promise<string[][]> {
  const found: string[][] = [];
  for (let after: string | undefined, more = true; more; ) {
    expect(found.length).toBeLessThan(20);
    const part = await look({ prefix: '', before: Date.now() + 60_000, most: 3, after });
    if (!part.ok) throw new Error(part.fault.what);
    found.push(keysOf(part.value).map(({ key }) => key.replace(/^study_\w+\//, '')));
    after = part.value.resume;
    more = after !== undefined;
  }
  return found;
}

test('old evidence is found part by part, and each object once', async () => {
  const found = await parts(
    (wanted) => evidenceObjects(settings, { ...wanted, prefix: 'study_there/' }),
    ({ objects }) => objects,
  );
  expect(found.flat()).toEqual(names);
  expect(found.every((part) => part.length <= 3)).toBe(true);
});

test('deleted evidence is found part by part, and each object once', async () => {
  const found = await parts(
    (wanted) => deletedEvidence(settings, { ...wanted, prefix: 'study_gone/' }),
    ({ deleted }) => deleted,
  );
  expect(found.flat().toSorted()).toEqual(names.toSorted());
});

test('a proof looks no farther than the last key that it is about', async () => {
  const found = await evidenceObjects(settings, {
    ...{ prefix: 'study_there/', before: Date.now() + 60_000, most: 100 },
    ...{ after: 'study_there/a', until: 'study_there/c/2' },
  });
  expect(found.ok && found.value.objects.map(({ key }) => key)).toEqual([
    'study_there/b',
    'study_there/c/1',
    'study_there/c/2',
  ]);
});

/** The real bucket, in parts of three. */
const inParts = (): Preflight => {
  const preflight: Partial<Preflight> = {
    context: { targets: { bucket: Bucket, retentionDays: 90 } } as Preflight['context'],
    // A hundred days later, all of it is old.
    now: () => Date.now() + 100 * 86_400_000,
    tables: async () => ({ ok: true, value: tablesOf() }),
    evidence: (wanted) => evidenceObjects(settings, { ...wanted, most: 3 }),
    deletedEvidence: (wanted) => deletedEvidence(settings, { ...wanted, most: 3 }),
  };
  return preflight as Preflight;
};

/** The targets of the plans that follow each other, as each offers the next. */
async function offered(action: Action, target: Target): Promise<Target[]> {
  const made = await action.plan(target, inParts());
  if (!made.ok) throw new Error(made.why);
  const done = { run: 'r', target, plan: made.plan, startedAt: 0, output: [] };
  const next = (await action.next?.(done, inParts())) ?? [];
  const on = next.flatMap((one) => ('target' in one && one.action === action.id ? [one.target] : []));
  expect(made.plan.warnings?.some((text) => text.includes('behind'))).toBe(on.length > 0);
  return [target, ...(on[0] ? await offered(action, on[0]) : [])];
}

test.each([
  [cleanupEvidence, 'study_there/', ['c/1', 'e']],
  [restoreDeletedEvidence, 'study_gone/', ['c/1', 'e']],
] as const)('$id offers to go on behind the last key of a part', async (action, prefix, ends) => {
  const targets = await offered(action, { prefix });
  expect(targets.map(({ after }) => after)).toEqual([undefined, ...ends.map((end) => `${prefix}${end}`)]);
});
