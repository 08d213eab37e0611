// Uploads in parts: begun, filled, completed or aborted. Nothing is in the bucket before an upload is complete.
import { createHash, randomBytes } from 'node:crypto';
import { readBody, sendText } from '../http.ts';
import { all, document, text } from '../xml.ts';
import type { Retention } from './bucket.ts';
import { type Exchange, readRetention, S3Error, sentBody, single } from './objects.ts';

type Part = { etag: string; sum: string; body: Buffer };

type Upload = {
  key: string;
  type: string;
  metadata: Readonly<Record<string, string>>;
  retention: Retention | undefined;
  legalHold: boolean;
  parts: Map<number, Part>;
};

const uploads = new Map<string, Upload>();

const noSuchUpload = () =>
  new S3Error('NoSuchUpload', 404, 'The specified upload does not exist. It may have been aborted or completed.');

export async function multipart(exchange: Exchange): Promise<void> {
  const { request, query, key, bucket } = exchange;
  if (request.method === 'POST' && query.has('uploads')) return begin(exchange);
  const id = `${bucket.name}/${query.get('uploadId')}`;
  const upload = uploads.get(id);
  if (!upload || upload.key !== key) throw noSuchUpload();
  if (request.method === 'PUT') return put(exchange, upload);
  if (request.method === 'POST') return complete(exchange, id, upload);
  if (request.method !== 'DELETE') {
    throw new S3Error('MethodNotAllowed', 405, 'The specified method is not allowed against this resource.');
  }
  uploads.delete(id);
  exchange.response.writeHead(204).end();
}

function begin({ request, response, bucket, key }: Exchange): void {
  const id = randomBytes(16).toString('hex');
  const metadata = Object.entries(request.headers).flatMap(([name, value]) =>
    name.startsWith('x-amz-meta-') && typeof value === 'string' ? [[name, value]] : [],
  );
  uploads.set(`${bucket.name}/${id}`, {
    key,
    type: single(request, 'content-type') ?? 'application/octet-stream',
    metadata: Object.fromEntries(metadata) as Record<string, string>,
    retention: readRetention(
      single(request, 'x-amz-object-lock-mode'),
      single(request, 'x-amz-object-lock-retain-until-date'),
    ),
    legalHold: single(request, 'x-amz-object-lock-legal-hold') === 'ON',
    parts: new Map(),
  });
  const result = { Bucket: bucket.name, Key: key, UploadId: id };
  sendText(response, 200, document('InitiateMultipartUploadResult', result), 'application/xml');
}

async function put({ request, response, query }: Exchange, upload: Upload): Promise<void> {
  const number = Number(query.get('partNumber'));
  if (!Number.isInteger(number) || number < 1 || number > 10_000) {
    throw new S3Error('InvalidArgument', 400, 'Part number must be an integer between 1 and 10000, inclusive');
  }
  const body = await sentBody(request);
  const sum = createHash('sha256').update(body).digest('base64');
  const told = single(request, 'x-amz-checksum-sha256');
  if (told !== undefined && told !== sum) {
    throw new S3Error('BadDigest', 400, 'The SHA256 you specified did not match the calculated checksum.');
  }
  const etag = `"${createHash('md5').update(body).digest('hex')}"`;
  upload.parts.set(number, { etag, sum, body });
  response.writeHead(200, { etag, 'x-amz-checksum-sha256': sum, 'content-length': 0 }).end();
}

async function complete({ request, response, bucket, key, now }: Exchange, id: string, upload: Upload): Promise<void> {
  const wanted = all('Part', (await readBody(request)).toString()).map((one) => Number(text('PartNumber', one)));
  const parts = wanted.map((number) => upload.parts.get(number));
  if (parts.length === 0 || parts.some((part) => part === undefined)) {
    throw new S3Error('InvalidPart', 400, 'One or more of the specified parts could not be found.');
  }
  const found = parts.filter((part) => part !== undefined);
  const sums = createHash('sha256');
  for (const { sum } of found) sums.update(Buffer.from(sum, 'base64'));
  const { defaultRetention } = bucket;
  const made = bucket.put({
    key,
    type: upload.type,
    body: Buffer.concat(found.map(({ body }) => body)),
    modified: now,
    legalHold: upload.legalHold,
    retention:
      upload.retention ??
      (defaultRetention && { mode: defaultRetention.mode, until: now + defaultRetention.days * 86_400_000 }),
    metadata: upload.metadata,
    sha256: `${sums.digest('base64')}-${found.length}`,
  });
  uploads.delete(id);
  response.setHeader('x-amz-version-id', made.id);
  const result = { Bucket: bucket.name, Key: key, ETag: made.etag, ChecksumSHA256: made.sha256 ?? '' };
  sendText(response, 200, document('CompleteMultipartUploadResult', result), 'application/xml');
}
