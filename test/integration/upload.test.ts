// An upload to an S3 that fails midway: it says so, and leaves no parts that nobody sees and somebody pays for.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { upload } from '../../src/data/aws/upload.ts';
import { awsAnsweredBy } from '../support/aws-endpoint.ts';

type Answer = { status?: number; body?: string; headers?: Record<string, string> };
const error = (code: string) =>
  `<?xml version="1.0"?><Error><Code>${code}</Code><Message>\u001b[2J${code}</Message></Error>`;

/** What S3 was asked, each as method and kind, and what became of it. */
async function uploading(answers: Partial<Record<'begin' | 'part' | 'complete' | 'abort', Answer>>) {
  const asked: string[] = [];
  const settings = await awsAnsweredBy(async (request, response) => {
    for await (const _ of request);
    const { method, url = '' } = request;
    const kind =
      method === 'PUT' ? 'part' : method === 'DELETE' ? 'abort' : url.includes('uploadId=') ? 'complete' : 'begin';
    asked.push(kind);
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
  const { signal } = new AbortController();
  const result = await upload(
    'evidence',
    { verb: 'upload', file, key: 'x', lock: undefined },
    { settings, signal, progress: () => {} },
  );
  return { result, asked };
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
  },
  60_000,
);
