// What is looked at before evidence is deleted or restored, against a small server on loopback that answers as S3 does.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { mostObjectVersions } from '../../src/core/actions/evidence-found.ts';
import { deletedEvidence } from '../../src/data/aws/deleted-evidence.ts';
import { awsFault } from '../../src/data/aws/faults.ts';
import { evidenceObjects, evidenceVersions } from '../../src/data/aws/preflight.ts';
import { acting } from '../support/acting.ts';
import { awsAnsweredBy } from '../support/aws-endpoint.ts';

const error = (code: string) => ({
  status: code === 'AccessDenied' ? 403 : 404,
  body: `<Error><Code>${code}</Code></Error>`,
});

/** An S3 that answers by `answer`; gives the settings for it and what was asked. */
async function s3(answer: (url: URL) => { status?: number; body: string }) {
  const asked: string[] = [];
  const settings = await awsAnsweredBy((request, response) => {
    const url = new URL(request.url ?? '', 'http://s3');
    asked.push(`${url.pathname}${url.search}`);
    const { status = 200, body } = answer(url);
    response.writeHead(status, { 'content-type': 'application/xml' }).end(`<?xml version="1.0"?>${body}`);
  });
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
  const found = await evidenceObjects(settings, { prefix: 'study_a/', before: Date.now(), most: 100 });
  if (!found.ok) throw new Error(found.fault.what);
  return { ...found.value, asked };
}

test('an object whose lock cannot be read is kept, and keys stay unchanged', async () => {
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
    { key: 'study_a/secret.png', held: expect.stringContaining('cannot read its lock') as string },
  ]);
  expect(found.objects[0]?.held).toBeUndefined();
  expect(found.unspeakable).toBe(1);
  expect(found.versioned).toBeUndefined();
});

test('in a bucket without Object Lock no object is checked', async () => {
  const found = await look((url) => {
    if (url.searchParams.has('list-type')) return { body: contents(['study_a/1', 'study_a/2']) };
    if (url.searchParams.has('object-lock')) return error('ObjectLockConfigurationNotFoundError');
    return { body: '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>' };
  });
  expect(found).toMatchObject({ versioned: true, resume: undefined, unspeakable: 0 });
  expect(found.objects.map(({ held }) => held)).toEqual([undefined, undefined]);
  expect(found.asked.filter((path) => /legal-hold|retention/.test(path))).toEqual([]);
});

test('versions of a key are read page by page, and no other key', async () => {
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
  expect(asked.filter((path) => path.includes('versions'))).toHaveLength(2);
});

test('of an object with very many versions the newest ones are read, and the look ends', async () => {
  const { settings, asked } = await s3((url) => {
    if (!url.searchParams.has('versions')) return error('ObjectLockConfigurationNotFoundError');
    const page = Number(url.searchParams.get('version-id-marker') ?? 0) + 1;
    const version = `<Version><Key>a.png</Key><VersionId>v</VersionId><LastModified>2026-01-02T00:00:00.000Z</LastModified></Version>`;
    return {
      // Two pages more than are read.
      body: `<ListVersionsResult><IsTruncated>${page * 1000 < mostObjectVersions + 2000}</IsTruncated><NextKeyMarker>a.png</NextKeyMarker><NextVersionIdMarker>${page}</NextVersionIdMarker>${version.repeat(1000)}</ListVersionsResult>`,
    };
  });
  const found = await evidenceVersions(settings, 'a.png');
  expect(found.ok && found.value.length).toBe(mostObjectVersions);
  expect(asked.filter((path) => path.includes('versions'))).toHaveLength(mostObjectVersions / 1000);
});

test('a restore shows the locks of each version, and what only the copy will show', async () => {
  const version = (id: string, day: number) =>
    `<Version><Key>a.png</Key><VersionId>${id}</VersionId><IsLatest>${day === 3}</IsLatest><Size>10</Size><LastModified>2026-01-0${day}T00:00:00.000Z</LastModified></Version>`;
  const { settings } = await s3((url) => {
    if (url.searchParams.has('versions'))
      return {
        body: `<ListVersionsResult><IsTruncated>false</IsTruncated>${version('v3', 3)}${version('v2', 2)}${version('v1', 1)}</ListVersionsResult>`,
      };
    if (url.searchParams.has('object-lock')) return { body: '<ObjectLockConfiguration/>' };
    const id = url.searchParams.get('versionId');
    if (id === 'v1' && url.searchParams.has('legal-hold'))
      return { body: '<LegalHold><Status>ON</Status></LegalHold>' };
    if (id === 'v1' && url.searchParams.has('retention'))
      return { body: '<Retention><RetainUntilDate>2999-01-01T00:00:00.000Z</RetainUntilDate></Retention>' };
    if (id === 'v2') return error('AccessDenied');
    return error('NoSuchObjectLockConfiguration');
  });
  const found = await evidenceVersions(settings, 'a.png');
  expect(found.ok && found.value.map(({ versionId, held }) => [versionId, held])).toEqual([
    ['v3', undefined],
    ['v2', expect.stringContaining('cannot read its lock') as string],
    ['v1', 'legal hold, retained until 2999-01-01'],
  ]);
  const directory = await mkdtemp(path.join(tmpdir(), 'evidence-'));
  const cockpit = await acting({
    AWS_ENDPOINT_URL: settings.evidence.endpoint ?? '',
    AWS_REGION: 'eu-central-1',
    BENTHAM_JOURNAL_DIRECTORY: directory,
  });
  try {
    const run = await cockpit.plan('restore-evidence', { file: 'a.png', version: 'v1' });
    const impact = run.plan?.impact.join('\n');
    expect(impact, run.says).toContain('(10 B, legal hold, retained until 2999-01-01)');
    expect(impact).toContain('Legal hold and retention are not copied');
    expect(impact).toContain(
      'Permission for s3:PutObject, and s3:GetObjectVersion of that version, is unknown until it runs',
    );
    cockpit.runner.cancel(run.id);
  } finally {
    await cockpit.stop();
    await rm(directory, { recursive: true, force: true });
  }
});

/** A list of versions without an end, a thousand objects a page. */
function endless(url: URL) {
  const page = Number(/\d+/.exec(url.searchParams.get('key-marker') ?? '')?.[0] ?? 0);
  const versions = Array.from({ length: 1000 }, (_, at) => {
    const key = `study_a/${page * 1000 + at}`;
    return `<Version><Key>${key}</Key><VersionId>v</VersionId><IsLatest>true</IsLatest><LastModified>2026-01-02T00:00:00.000Z</LastModified><Size>10</Size></Version>`;
  });
  return {
    body: `<ListVersionsResult><IsTruncated>true</IsTruncated><NextKeyMarker>${page + 1}</NextKeyMarker><NextVersionIdMarker>v</NextVersionIdMarker>${versions.join('')}</ListVersionsResult>`,
  };
}

test('a list of deleted objects tells how far it is, and ends at once when nobody waits for it', async () => {
  const told: number[] = [];
  const over = new AbortController();
  const { settings, asked } = await s3(endless);
  const found = await deletedEvidence(
    settings,
    { prefix: 'study_a/', most: 5000 },
    {
      signal: over.signal,
      told({ done }) {
        told.push(done);
        if (done === 2000) over.abort();
      },
    },
  );
  expect(found.ok).toBe(false);
  expect(told).toEqual([1000, 2000]);
  expect(asked).toHaveLength(2);
});

test('where not all were looked through, nothing is said of the others', async () => {
  const { settings } = await s3(endless);
  const directory = await mkdtemp(path.join(tmpdir(), 'evidence-'));
  const cockpit = await acting({
    AWS_ENDPOINT_URL: settings.evidence.endpoint ?? '',
    AWS_REGION: 'eu-central-1',
    BENTHAM_JOURNAL_DIRECTORY: directory,
  });
  const measured: unknown[] = [];
  cockpit.watch((run) => measured.push(run.measured?.done));
  try {
    expect(await cockpit.plan('restore-deleted-evidence', { prefix: 'study_a/' })).toMatchObject({
      outcome: 'refused',
      says: 'none of the first 5 000 objects under study_a/ is deleted',
      hint: expect.stringMatching(/^5 000 objects were looked through; go on behind study_a\/\d+\.$/) as string,
      next: [
        { action: 'restore-deleted-evidence', target: { prefix: 'study_a/', after: expect.any(String) as string } },
      ],
    });
    expect(measured).toContain(1000);
  } finally {
    await cockpit.stop();
    await rm(directory, { recursive: true, force: true });
  }
});

type Listed = { key: string; marker?: true };

/** Versions of a prefix, one on each page, in the order of S3; each page says that there are more. */
const pageByPage = (listed: (page: number) => Listed) => (url: URL) => {
  const page = Number(url.searchParams.get('version-id-marker') ?? 0);
  const { key, marker } = listed(page);
  const kind = marker ? 'DeleteMarker' : 'Version';
  const name = encodeURIComponent(key);
  return {
    body: `<ListVersionsResult><EncodingType>url</EncodingType><IsTruncated>true</IsTruncated><NextKeyMarker>${name}</NextKeyMarker><NextVersionIdMarker>${page + 1}</NextVersionIdMarker><${kind}><Key>${name}</Key><VersionId>v${page}</VersionId><IsLatest>${marker === true}</IsLatest><LastModified>2026-01-02T00:00:00.000Z</LastModified><Size>1</Size></${kind}></ListVersionsResult>`,
  };
};

const numbered = (n: number) => `study_a/${String(n).padStart(4, '0')}`;
const deletedOf = async (listed: (page: number) => Listed, most = 5000) => {
  const { settings, asked } = await s3(pageByPage(listed));
  const found = await deletedEvidence(settings, { prefix: 'study_a/', most });
  if (!found.ok) throw new Error(found.fault.what);
  return { ...found.value, pages: asked.length };
};

test('nothing is said of an object whose versions were not all read', async () => {
  // Each has a marker, and on the next two pages what was deleted: the look ends between those of the last one.
  const found = await deletedOf((page) => ({
    key: numbered(Math.floor(page / 3)),
    ...(page % 3 === 0 && { marker: true }),
  }));
  const whole = Math.floor(found.pages / 3);
  expect(found.pages % 3).toBe(1);
  expect(found).toMatchObject({ lost: 0, resume: numbered(whole - 1) });
  expect(found.deleted).toHaveLength(whole);
});

test('one object with more versions than are read does not end the look for those behind it', async () => {
  const found = await deletedOf((page) => ({ key: numbered(0), ...(page === 0 && { marker: true }) }));
  expect(found).toMatchObject({ deleted: [{ key: numbered(0) }], resume: numbered(0) });
});

test('a look at deleted objects goes on behind a name that can be shown, or where there is none behind the last', async () => {
  const unspeakable = (n: number) => `${numbered(n)}\u001b[2J`;
  const mixed = await deletedOf((page) => ({ key: page === 1 ? numbered(1) : unspeakable(page) }), 3);
  expect(mixed).toMatchObject({ live: 1, unspeakable: 2, resume: numbered(1) });
  const none = await deletedOf((page) => ({ key: unspeakable(page) }), 3);
  expect(none).toMatchObject({ live: 0, unspeakable: 3, resume: unspeakable(2) });
});

test('a bucket in another region and a rate limit differ from a refusal', () => {
  const of = (name: string, code: number) =>
    awsFault(Object.assign(new Error('x'), { name, $metadata: { httpStatusCode: code } }), 's3://b', 'list it');
  expect(of('PermanentRedirect', 301)).toMatchObject({ kind: 'unconfigured', what: 'the bucket is in another region' });
  expect(of('SlowDown', 503)).toMatchObject({ kind: 'limited', what: 'rate limited: SlowDown' });
});

/** A list without an end, one object on each page; `mark`: at the end of each name. */
const listedAfter = (mark: string) => (url: URL) => {
  const at = Number(url.searchParams.get('continuation-token') ?? 0);
  return {
    body: contents([`study_a/${at}${mark}`]).replace(
      '<IsTruncated>false</IsTruncated>',
      `<IsTruncated>true</IsTruncated><NextContinuationToken>${at + 1}</NextContinuationToken>`,
    ),
  };
};

test('a look that finds no name that can be shown goes on behind the last one all the same', async () => {
  const page = listedAfter('%1B');
  const { settings } = await s3((url) => (url.searchParams.has('list-type') ? page(url) : { body: '<x/>' }));
  const found = await evidenceObjects(settings, { prefix: 'study_a/', before: 0, most: 100, bound: 3 });
  expect(found).toMatchObject({ ok: true, value: { listed: 3, bounded: true, resume: 'study_a/2\u001b' } });
});

test('a long look tells how far it came, ends at its bound, and can be stopped', async () => {
  const page = listedAfter('.png');
  const { settings } = await s3((url) => (url.searchParams.has('list-type') ? page(url) : { body: '<x/>' }));
  const told: number[] = [];
  // None is old enough: without a bound it would look for ever.
  const all = { prefix: 'study_a/', before: 0, most: 100 };
  const found = await evidenceObjects(settings, { ...all, bound: 5 }, { told: ({ done }) => told.push(done) });
  expect(found).toMatchObject({
    ok: true,
    value: { objects: [], listed: 5, bounded: true, resume: 'study_a/4.png' },
  });
  expect(told).toEqual([1, 2, 3, 4, 5]);
  // Behind its last key nothing is looked at, and nothing is missing.
  const whole = await evidenceObjects(settings, { ...all, bound: 5, until: 'study_a/2.png' });
  expect(whole).toMatchObject({ ok: true, value: { listed: 4, bounded: undefined } });
  const over = new AbortController();
  const stopped = await evidenceObjects(settings, all, {
    signal: over.signal,
    told: ({ done }) => done === 3 && over.abort(),
  });
  expect(stopped).toMatchObject({ ok: false });
});

/** A bucket under Object Lock of so many objects. */
const locked = (count: number, lock: (url: URL) => { status?: number; body: string }) => (url: URL) => {
  if (url.searchParams.has('list-type'))
    return { body: contents(Array.from({ length: count }, (_, at) => `study_a/${String(at).padStart(4, '0')}`)) };
  if (url.searchParams.has('object-lock')) return { body: '<ObjectLockConfiguration/>' };
  if (url.searchParams.has('versioning')) return { body: '<VersioningConfiguration/>' };
  return lock(url);
};

test('the locks of many objects tell how far they are, and end at once when nobody waits for them', async () => {
  const { settings, asked } = await s3(locked(500, () => error('NoSuchObjectLockConfiguration')));
  const over = new AbortController();
  const told: string[] = [];
  const found = await evidenceObjects(
    settings,
    { prefix: 'study_a/', before: Date.now(), most: 1000 },
    {
      signal: over.signal,
      told({ done, total, unit }) {
        told.push(`${done} of ${total} ${unit}`);
        if (unit === 'locks' && done >= 40) over.abort();
      },
    },
  );
  expect(found.ok).toBe(false);
  expect(told).toContain('40 of 500 locks');
  expect(asked.filter((path) => path.includes('retention')).length).toBeLessThan(60);
});

test.each(['evidence', 'versions', 'deleted'] as const)('a frozen server keeps nobody: %s', async (what) => {
  const over = new AbortController();
  const settings = await awsAnsweredBy(() => over.abort());
  const { signal } = over;
  const looks = {
    evidence: () => evidenceObjects(settings, { prefix: 'a', before: 0, most: 1 }, { signal }),
    versions: () => evidenceVersions(settings, 'a', { signal }),
    deleted: () => deletedEvidence(settings, { prefix: 'a', most: 1 }, { signal }),
  };
  const found = await looks[what]();
  // Not after the time that a request has.
  expect(found).toMatchObject({ ok: false, fault: { kind: expect.not.stringMatching('timeout') as string } });
});
