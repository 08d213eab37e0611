// An upload to an S3 that fails midway: it says so, and leaves no parts that nobody sees and somebody pays for.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Settings } from '../../src/config/settings.ts';
import { s3Client } from '../../src/data/aws/clients.ts';
import { GetBucketVersioningCommand } from '../../src/data/aws/sdk/s3.ts';
import { upload } from '../../src/data/aws/upload.ts';
import { awsAnsweredBy } from '../support/aws-endpoint.ts';

type Kind = 'begin' | 'part' | 'complete' | 'abort';
type Answer = { status?: number; body?: string; headers?: Record<string, string> };
const error = (code: string) =>
  `<?xml version="1.0"?><Error><Code>${code}</Code><Message>\u001b[2J${code}</Message></Error>`;

/** What S3 was asked, by kind, and what became of it. `frozenFrom`: there it is stopped, and S3 answers nothing more. */
async function uploading(answers: Partial<Record<Kind, Answer>>, frozenFrom?: Kind) {
  const asked: string[] = [];
  const stop = new AbortController();
  const settings = await awsAnsweredBy(async (request, response) => {
    for await (const _ of request);
    const { method, url = '' } = request;
    const kind =
      method === 'PUT' ? 'part' : method === 'DELETE' ? 'abort' : url.includes('uploadId=') ? 'complete' : 'begin';
    asked.push(kind);
    if (kind === frozenFrom) stop.abort();
    if (stop.signal.aborted) return;
    const usual = {
      begin: { body: '<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>' },
      part: { headers: { etag: '"x"' } },
      complete: { body: '<CompleteMultipartUploadResult><ETag>"x-1"</ETag></CompleteMultipartUploadResult>' },
      abort: { status: 204 },
    };
    const { status = 200, body = '', headers = {} }: Answer = answers[kind] ?? usual[kind];
    response.writeHead(status, headers).end(body);
  });
  const directory = mkdtempSync(path.join(tmpdir(), 'bentham-upload-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const file = path.join(directory, 'evidence-x.tar.gz');
  writeFileSync(file, 'archive');
  const uploaded = upload(
    'evidence',
    { verb: 'upload', file, key: 'x', lock: undefined },
    { settings, signal: stop.signal, progress: () => {} },
  );
  // Before a request is late that nobody stops.
  const late = new Promise<'late'>((resolve) => stop.signal.addEventListener('abort', () => resolve(lateOf(settings))));
  return { result: await Promise.race([uploaded, late]), asked };
}

/** As long as the removal of parts may take. */
async function lateOf(settings: Settings): Promise<'late'> {
  const client = await s3Client(settings, 9000);
  await client.send(new GetBucketVersioningCommand({ Bucket: 'evidence' })).catch(() => undefined);
  client.destroy();
  return 'late';
}

test('one that goes well is ended by itself', async () => {
  const { result, asked } = await uploading({});
  expect(result).toMatchObject({ outcome: 'done' });
  expect(asked).toEqual(['begin', 'part', 'complete']);
});

test.each([
  ['a part', { part: { status: 403, body: error('AccessDenied') } }],
  ['its end', { complete: { status: 403, body: error('AccessDenied') } }],
])(
  'where S3 refuses %s, its parts are removed',
  async (_, answers) => {
    const { result, asked } = await uploading(answers);
    expect(result).toMatchObject({ outcome: 'failed', hint: expect.stringContaining('upload it by hand') as string });
    expect(JSON.stringify(result)).not.toContain('u001b');
    expect(asked.at(-1)).toBe('abort');
    expect(JSON.stringify(result)).not.toContain('may be left');
  },
  60_000,
);

test.each([
  ['begin', { outcome: 'failed', says: 'stopped: nothing was uploaded' }, ['begin']],
  [
    'part',
    {
      ...{ outcome: 'failed', says: 'stopped: nothing was uploaded' },
      hint: expect.stringContaining('parts of it may be left there') as string,
    },
    ['begin', 'part', 'abort'],
  ],
  ['complete', { outcome: 'unknown' }, ['begin', 'part', 'complete']],
] as const)(
  'whoever stops it while S3 is frozen (%s) waits no longer than for any other call',
  async (kind, ends, does) => {
    const { result, asked } = await uploading({}, kind);
    expect(result).toMatchObject(ends);
    // What asks how long others wait comes in between.
    expect(asked.filter((one, at) => at === 0 || one !== 'begin')).toEqual(does);
  },
);
