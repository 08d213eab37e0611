// What is looked at before evidence is deleted or restored, against a small server on loopback that answers as S3 does.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { awsFault } from '../../src/data/aws.ts';
import { evidenceObjects, evidenceVersions } from '../../src/data/survey/aws.ts';
import { good } from '../configuration.ts';

const endings: (() => unknown)[] = [];
afterEach(() => {
  vi.unstubAllEnvs();
  for (const end of endings.splice(0)) end();
});

const error = (code: string) => ({
  status: code === 'AccessDenied' ? 403 : 404,
  body: `<Error><Code>${code}</Code></Error>`,
});

/** An S3 that answers by `answer`; gives the settings for it and what was asked. */
async function s3(answer: (url: URL) => { status?: number; body: string }) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://s3');
    asked.push(`${url.pathname}${url.search}`);
    const { status = 200, body } = answer(url);
    response.writeHead(status, { 'content-type': 'application/xml' }).end(`<?xml version="1.0"?>${body}`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  endings.push(() => {
    server.closeAllConnections();
    server.close();
  });
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'k');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 's');
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { settings } = await good({ env: { AWS_ENDPOINT_URL: endpoint, AWS_REGION: 'eu-central-1' } });
  return { settings, asked };
}

const contents = (keys: readonly string[]) =>
  `<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>${keys
    .map(
      (key) =>
        `<Contents><Key>${key}</Key><Size>10</Size><LastModified>2020-01-01T00:00:00.000Z</LastModified></Contents>`,
    )
    .join('')}</ListBucketResult>`;

async function look(answer: (url: URL) => { status?: number; body: string }) {
  const { settings, asked } = await s3(answer);
  const found = await evidenceObjects(settings, 'study_a/', Date.now(), 100);
  if (!found.ok) throw new Error(found.fault.what);
  return { ...found.value, asked };
}

test('an object whose lock may not be read is left alone, and keys are what they are', async () => {
  const found = await look((url) => {
    if (url.searchParams.has('list-type'))
      return {
        body: contents([
          'study_a/free+and+wide%2B1.png',
          'study_a/held.png',
          'study_a/secret.png',
          'study_a/a%0Ab.png',
        ]),
      };
    if (url.searchParams.has('versioning') || url.searchParams.has('object-lock')) return error('AccessDenied');
    if (url.pathname.includes('secret')) return error('AccessDenied');
    if (url.pathname.includes('held') && url.searchParams.has('legal-hold'))
      return { body: '<LegalHold><Status>ON</Status></LegalHold>' };
    return error('NoSuchObjectLockConfiguration');
  });
  expect(found.objects).toMatchObject([
    { key: 'study_a/free and wide+1.png' },
    { key: 'study_a/held.png', held: 'legal hold' },
    { key: 'study_a/secret.png', held: expect.stringContaining('could not be read') as string },
  ]);
  expect(found.objects[0]).not.toHaveProperty('held');
  expect(found.unspeakable).toBe(1);
  expect(found).not.toHaveProperty('versioned');
});

test('a bucket without Object Lock holds nothing: no object is asked', async () => {
  const found = await look((url) => {
    if (url.searchParams.has('list-type')) return { body: contents(['study_a/1', 'study_a/2']) };
    if (url.searchParams.has('object-lock')) return error('ObjectLockConfigurationNotFoundError');
    return { body: '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>' };
  });
  expect(found).toMatchObject({ versioned: true, complete: true, unspeakable: 0 });
  expect(found.objects.map(({ held }) => held)).toEqual([undefined, undefined]);
  expect(found.asked.filter((path) => /legal-hold|retention/.test(path))).toEqual([]);
});

test('versions of a key are read page after page, and not beyond the key', async () => {
  const version = (key: string, id: string, day: number) =>
    `<Version><Key>${key}</Key><VersionId>${id}</VersionId><IsLatest>false</IsLatest><Size>1</Size><LastModified>2026-01-0${day}T00:00:00.000Z</LastModified></Version>`;
  const { settings, asked } = await s3((url) => {
    const second = url.searchParams.get('version-id-marker') === 'v1';
    return {
      body: second
        ? `<ListVersionsResult><IsTruncated>true</IsTruncated><NextKeyMarker>a.png.bak</NextKeyMarker><NextVersionIdMarker>x</NextVersionIdMarker>${version('a.png', 'v2', 2)}${version('a.png.bak', 'x', 3)}</ListVersionsResult>`
        : `<ListVersionsResult><IsTruncated>true</IsTruncated><NextKeyMarker>a.png</NextKeyMarker><NextVersionIdMarker>v1</NextVersionIdMarker>${version('a.png', 'v1', 1)}</ListVersionsResult>`,
    };
  });
  const found = await evidenceVersions(settings, 'a.png');
  expect(found.ok && found.value.map(({ versionId }) => versionId)).toEqual(['v2', 'v1']);
  expect(asked).toHaveLength(2);
});

test('a bucket elsewhere and an impatient server are told apart from a refusal', () => {
  const of = (name: string, code: number) =>
    awsFault(Object.assign(new Error('x'), { name, $metadata: { httpStatusCode: code } }), 's3://b', 'list it');
  expect(of('PermanentRedirect', 301)).toMatchObject({ kind: 'unconfigured', what: 'the bucket is in another region' });
  expect(of('SlowDown', 503)).toMatchObject({ kind: 'refused', what: 'asked too often: SlowDown' });
});
