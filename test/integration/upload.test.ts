// An upload to an S3 that fails midway: it says so, and leaves no parts that nobody sees and somebody pays for.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { upload } from '../../src/data/aws/upload.ts';
import { good } from '../support/configuration.ts';

const endings: (() => unknown)[] = [];
afterEach(() => {
  vi.unstubAllEnvs();
  for (const end of endings.splice(0)) end();
});

type Answer = { status?: number; body?: string; headers?: Record<string, string> };
const error = (code: string) =>
  `<?xml version="1.0"?><Error><Code>${code}</Code><Message>\u001b[2J${code}</Message></Error>`;

/** What S3 was asked, each as method and kind, and what became of it. */
async function uploading(answers: Partial<Record<'begin' | 'part' | 'complete' | 'abort', Answer>>) {
  const asked: string[] = [];
  const server = createServer(async (request, response) => {
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
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const directory = mkdtempSync(path.join(tmpdir(), 'bentham-upload-'));
  endings.push(() => {
    server.closeAllConnections();
    server.close();
    rmSync(directory, { recursive: true, force: true });
  });
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'k');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 's');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { settings } = await good({ env: { AWS_ENDPOINT_URL: url, AWS_REGION: 'eu-central-1' } });
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
