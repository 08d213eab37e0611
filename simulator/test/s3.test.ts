import { execFile } from 'node:child_process';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  GetObjectLegalHoldCommand,
  GetObjectLockConfigurationCommand,
  GetObjectRetentionCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutObjectCommand,
  PutObjectLegalHoldCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterEach, describe, expect, test } from 'vitest';
import { unchunk } from '../s3/chunked.ts';
import { type S3, type S3Options, startS3 } from '../s3/s3.ts';

const Bucket = 'bentham-evidence';
const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function begin(options: S3Options = {}): Promise<{ s3: S3; client: S3Client }> {
  const s3 = await startS3(options);
  stops.push(s3.stop);
  const { accessKeyId, secretAccessKey } = s3;
  const client = new S3Client({
    endpoint: s3.url,
    region: 'eu-west-1',
    forcePathStyle: true,
    maxAttempts: 1,
    credentials: { accessKeyId, secretAccessKey },
  });
  stops.push(async () => client.destroy());
  return { s3, client };
}

test('pages of a hundred thousand objects are complete and without duplicates', async () => {
  const { client } = await begin({ objects: 100_000 });
  let token: string | undefined;
  let count = 0;
  let last = '';
  do {
    const page = await client.send(
      new ListObjectsV2Command({ Bucket, Prefix: 'study_load', ContinuationToken: token || undefined }),
    );
    for (const { Key = '' } of page.Contents ?? []) {
      if (Key > last) count += 1;
      last = Key;
    }
    token = page.NextContinuationToken;
  } while (token);
  expect(count).toBe(100_000);
});

test('a delimiter groups keys into studies, also across pages', async () => {
  const { client } = await begin();
  const whole = await client.send(new ListObjectsV2Command({ Bucket, Delimiter: '/' }));
  const studies = whole.CommonPrefixes?.map((one) => one.Prefix) ?? [];
  expect(studies).toContain('study_abc123/');
  expect(new Set(studies).size).toBe(studies.length);
  const first = await client.send(new ListObjectsV2Command({ Bucket, Delimiter: '/', MaxKeys: 10 }));
  const second = await client.send(
    new ListObjectsV2Command({ Bucket, Delimiter: '/', ContinuationToken: first.NextContinuationToken }),
  );
  expect([...(first.CommonPrefixes ?? []), ...(second.CommonPrefixes ?? [])].map((one) => one.Prefix)).toEqual(studies);
});

test('a body is returned as it was sent: complete, in chunks, and in part', async () => {
  const { client } = await begin();
  const body = 'evidence of something ✓';
  await client.send(new PutObjectCommand({ Bucket, Key: 'a/text', Body: body }));
  const length = Buffer.byteLength(body);
  const stream = Readable.from([Buffer.from(body)]);
  await client.send(new PutObjectCommand({ Bucket, Key: 'a/stream', Body: stream, ContentLength: length }));
  for (const Key of ['a/text', 'a/stream']) {
    const got = await client.send(new GetObjectCommand({ Bucket, Key }));
    expect(await got.Body?.transformToString()).toBe(body);
  }
  const part = await client.send(new GetObjectCommand({ Bucket, Key: 'a/text', Range: 'bytes=9-10' }));
  expect(await part.Body?.transformToString()).toBe('of');
});

test('an aws-chunked body that is cut short is refused', () => {
  expect(unchunk(Buffer.from('3;chunk-signature=x\r\nabc\r\n0\r\nx-amz-checksum-crc32:AAA=\r\n\r\n')).toString()).toBe(
    'abc',
  );
  expect(() => unchunk(Buffer.from('10\r\nabc'))).toThrow('cut short');
});

test('a delete hides an object, and a copy of an older version becomes the newest', async () => {
  const { client } = await begin();
  const Key = 'study_abc123/page.html';
  await expect(client.send(new HeadObjectCommand({ Bucket, Key }))).rejects.toMatchObject({
    $metadata: { httpStatusCode: 404 },
  });
  const { Versions, DeleteMarkers } = await client.send(new ListObjectVersionsCommand({ Bucket, Prefix: Key }));
  expect(DeleteMarkers).toMatchObject([{ Key, IsLatest: true }]);
  const CopySource = `${Bucket}/${Key}?versionId=${Versions?.[0]?.VersionId}`;
  const copied = await client.send(new CopyObjectCommand({ Bucket, Key, CopySource }));
  expect(copied.CopySourceVersionId).toBe(Versions?.[0]?.VersionId);
  const now = await client.send(new HeadObjectCommand({ Bucket, Key }));
  expect(now).toMatchObject({ VersionId: copied.VersionId, ContentLength: Versions?.[0]?.Size });
});

test('versions are listed in pages, also where a page ends inside a key', async () => {
  const { client } = await begin();
  const Key = 'study_abc123/screenshot.png';
  const found: (string | undefined)[] = [];
  let marker: { KeyMarker?: string; VersionIdMarker?: string } = {};
  for (;;) {
    const page = await client.send(new ListObjectVersionsCommand({ Bucket, Prefix: Key, MaxKeys: 2, ...marker }));
    found.push(...(page.Versions ?? []).map((one) => one.VersionId));
    if (!page.IsTruncated) break;
    marker = { KeyMarker: page.NextKeyMarker ?? '', VersionIdMarker: page.NextVersionIdMarker ?? '' };
  }
  expect([found.length, new Set(found).size]).toEqual([3, 3]);
});

test('a held or retained version is not deleted, others are', async () => {
  const { client } = await begin();
  const held = await client.send(
    new PutObjectCommand({ Bucket, Key: 'lock/held', Body: 'a', ObjectLockLegalHoldStatus: 'ON' }),
  );
  const free = await client.send(new PutObjectCommand({ Bucket, Key: 'lock/free', Body: 'b' }));
  const { Deleted, Errors } = await client.send(
    new DeleteObjectsCommand({
      Bucket,
      Delete: {
        Objects: [
          { Key: 'lock/held', VersionId: held.VersionId },
          { Key: 'lock/free', VersionId: free.VersionId },
        ],
      },
    }),
  );
  expect(Deleted?.map((one) => one.Key)).toEqual(['lock/free']);
  expect(Errors).toMatchObject([{ Key: 'lock/held', Code: 'AccessDenied' }]);
  await client.send(new PutObjectLegalHoldCommand({ Bucket, Key: 'lock/held', LegalHold: { Status: 'OFF' } }));
  expect((await client.send(new GetObjectLegalHoldCommand({ Bucket, Key: 'lock/held' }))).LegalHold?.Status).toBe(
    'OFF',
  );
  await client.send(new DeleteObjectCommand({ Bucket, Key: 'lock/held', VersionId: held.VersionId }));
});

test('governance retention can be bypassed, compliance cannot', async () => {
  const { client } = await begin();
  const ObjectLockRetainUntilDate = new Date(Date.now() + 86_400_000);
  for (const ObjectLockMode of ['GOVERNANCE', 'COMPLIANCE'] as const) {
    const Key = `retained/${ObjectLockMode}`;
    const made = await client.send(
      new PutObjectCommand({ Bucket, Key, Body: 'x', ObjectLockMode, ObjectLockRetainUntilDate }),
    );
    const kept = await client.send(new GetObjectRetentionCommand({ Bucket, Key }));
    expect(kept.Retention?.Mode).toBe(ObjectLockMode);
    const which = { Bucket, Key, VersionId: made.VersionId };
    await expect(client.send(new DeleteObjectCommand(which))).rejects.toMatchObject({ name: 'AccessDenied' });
    const bypassed = client.send(new DeleteObjectCommand({ ...which, BypassGovernanceRetention: true }));
    if (ObjectLockMode === 'GOVERNANCE') await bypassed;
    else await expect(bypassed).rejects.toMatchObject({ name: 'AccessDenied' });
  }
});

test('the bucket reports versioning and Object Lock', async () => {
  const { client } = await begin();
  expect(await client.send(new GetBucketVersioningCommand({ Bucket }))).toMatchObject({ Status: 'Enabled' });
  const { ObjectLockConfiguration } = await client.send(new GetObjectLockConfigurationCommand({ Bucket }));
  expect(ObjectLockConfiguration?.ObjectLockEnabled).toBe('Enabled');
  const unlocked = client.send(new GetObjectLockConfigurationCommand({ Bucket: 'bentham-backups' }));
  await expect(unlocked).rejects.toMatchObject({ name: 'ObjectLockConfigurationNotFoundError' });
});

test('a foreign key and a missing bucket are refused', async () => {
  const { s3, client } = await begin();
  await expect(client.send(new ListObjectsV2Command({ Bucket: 'nobodys' }))).rejects.toMatchObject({
    name: 'NoSuchBucket',
  });
  expect((await fetch(`${s3.url}/${Bucket}`)).status).toBe(403);
});

const run = promisify(execFile);
const hasAws = await run('aws', ['--version']).then(
  () => true,
  () => false,
);
test.runIf(!hasAws)('skipped without aws: the runbook’s commands', () => {
  expect(hasAws).toBe(false);
});

describe.runIf(hasAws)('aws', () => {
  test('lists objects and versions and copies one back, as the runbook writes it', async () => {
    const { s3 } = await begin();
    const aws = async (...args: string[]) => {
      const { stdout } = await run('aws', ['--endpoint-url', s3.url, ...args], {
        env: {
          ...process.env,
          AWS_ACCESS_KEY_ID: s3.accessKeyId,
          AWS_SECRET_ACCESS_KEY: s3.secretAccessKey,
          AWS_REGION: 'eu-west-1',
          AWS_DEFAULT_REGION: 'eu-west-1',
        },
      });
      return stdout;
    };
    expect(await aws('s3', 'ls', 's3://bentham-evidence', '--recursive')).toContain('study_old123/screenshot.png');
    const listed = await aws(
      's3api',
      'list-object-versions',
      '--bucket',
      Bucket,
      '--prefix',
      'study_abc123/screenshot',
    );
    const { Versions } = JSON.parse(listed) as { Versions: { VersionId: string }[] };
    expect(Versions.length).toBe(3);
    const key = 'study_abc123/screenshot.png';
    const source = `${Bucket}/${key}?versionId=${Versions[2]?.VersionId}`;
    await aws('s3api', 'copy-object', '--bucket', Bucket, '--copy-source', source, '--key', key);
    await aws('s3', 'rm', 's3://bentham-evidence/study_old123/', '--recursive');
    expect(await aws('s3', 'ls', 's3://bentham-evidence', '--recursive')).not.toContain('study_old123/');
  });
});
