// What S3 does with one object: read, write, copy, hide, destroy, hold, retain.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { readBody, sendText } from '../http.ts';
import { present } from '../present.ts';
import { document, text } from '../xml.ts';
import { type Bucket, lockOf, type Retention, type Version } from './bucket.ts';
import { unchunk } from './chunked.ts';

/** An error as S3 returns it. */
export class S3Error extends Error {
  readonly code: string;
  readonly status: number;
  constructor(code: string, status: number, message: string) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

export type Exchange = {
  request: IncomingMessage;
  response: ServerResponse;
  query: URLSearchParams;
  bucket: Bucket;
  key: string;
  now: number;
};

const notFound = (key: string) => new S3Error('NoSuchKey', 404, `The specified key does not exist: ${key}`);
const locked = () => new S3Error('AccessDenied', 403, 'Access Denied because object protected by object lock.');
/** A header that stands once. */
export const single = (request: IncomingMessage, name: string): string | undefined => {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
};

/** The version that a request names, or the newest; a delete marker is not found (404) or not allowed (405). */
function chosen({ query, bucket, key, response }: Exchange): Version {
  const id = query.get('versionId') ?? undefined;
  const version = bucket.find(key, id);
  if (!version) {
    if (id !== undefined && bucket.versions(key).length > 0) {
      throw new S3Error('NoSuchVersion', 404, 'The specified version does not exist.');
    }
    throw notFound(key);
  }
  if (!version.marker) return version;
  response.setHeader('x-amz-delete-marker', 'true');
  response.setHeader('x-amz-version-id', version.id);
  if (id === undefined) throw notFound(key);
  throw new S3Error('MethodNotAllowed', 405, 'The specified method is not allowed against this resource.');
}

const described = (version: Version, checked: boolean) =>
  present({
    etag: version.etag,
    'last-modified': new Date(version.modified).toUTCString(),
    'content-type': version.type,
    'x-amz-version-id': version.id,
    'x-amz-object-lock-legal-hold': version.legalHold ? 'ON' : undefined,
    'x-amz-object-lock-mode': version.retention?.mode,
    'x-amz-object-lock-retain-until-date': version.retention
      ? new Date(version.retention.until).toISOString()
      : undefined,
    ...version.metadata,
    'x-amz-checksum-sha256': checked ? version.sha256 : undefined,
  });

/** GET and HEAD, whole or a range. */
export function read(exchange: Exchange): void {
  const { request, response } = exchange;
  const version = chosen(exchange);
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(single(request, 'range') ?? '') ?? [];
  const from = Number(first ?? 0);
  const until = Math.min(version.size, last ? Number(last) + 1 : version.size);
  if (first !== undefined && from >= version.size) {
    throw new S3Error('InvalidRange', 416, 'The requested range is not satisfiable');
  }
  const part = first === undefined ? undefined : `bytes ${from}-${until - 1}/${version.size}`;
  response.writeHead(part ? 206 : 200, {
    ...described(version, single(request, 'x-amz-checksum-mode') === 'ENABLED'),
    'accept-ranges': 'bytes',
    'content-length': until - from,
    ...present({ 'content-range': part }),
  });
  if (request.method === 'HEAD') response.end();
  else response.end(version.body().subarray(from, until));
}

/** A retention as headers or XML name it; undefined where there is none. */
export function readRetention(mode: string | undefined, until: string | undefined): Retention | undefined {
  if (mode === undefined && until === undefined) return undefined;
  const at = Date.parse(until ?? '');
  if ((mode !== 'GOVERNANCE' && mode !== 'COMPLIANCE') || Number.isNaN(at)) {
    throw new S3Error('MalformedXML', 400, 'The retention needs a mode and a date.');
  }
  return { mode, until: at };
}

/** PUT of a body, or of a copy of another version. */
export async function write(exchange: Exchange, bucketNamed: (name: string) => Bucket): Promise<void> {
  const { request, response, bucket, key, now } = exchange;
  const retention = readRetention(
    single(request, 'x-amz-object-lock-mode'),
    single(request, 'x-amz-object-lock-retain-until-date'),
  );
  const lock = {
    legalHold: single(request, 'x-amz-object-lock-legal-hold') === 'ON',
    retention,
  };
  const source = single(request, 'x-amz-copy-source');
  if (source !== undefined) {
    const from = sourceOf(source, bucketNamed);
    const copy = bucket.put({ key, type: from.type, size: from.size, make: from.body, modified: now, ...lock });
    response.setHeader('x-amz-version-id', copy.id);
    response.setHeader('x-amz-copy-source-version-id', from.id);
    const result = { LastModified: new Date(copy.modified).toISOString(), ETag: copy.etag };
    return sendText(response, 200, document('CopyObjectResult', result), 'application/xml');
  }
  const sent = await sentBody(request);
  const type = single(request, 'content-type') ?? 'application/octet-stream';
  const made = bucket.put({
    key,
    type,
    body: sent,
    modified: Number(single(request, 'x-amz-meta-modified') ?? now),
    ...lock,
  });
  response.writeHead(200, { etag: made.etag, 'x-amz-version-id': made.id, 'content-length': 0 });
  response.end();
}

/** A body as it was meant, however the SDK has sent it. */
export async function sentBody(request: IncomingMessage): Promise<Buffer> {
  const sent = await readBody(request);
  const chunked =
    single(request, 'content-encoding')?.includes('aws-chunked') ||
    single(request, 'x-amz-content-sha256')?.startsWith('STREAMING-');
  return chunked ? unchunk(sent) : sent;
}

/** `bucket/key?versionId=…`, as x-amz-copy-source names it. */
function sourceOf(source: string, bucketNamed: (name: string) => Bucket): Version {
  const [place = '', id] = source.replace(/^\//, '').split('?versionId=');
  const [name = '', ...path] = decodeURIComponent(place).split('/');
  const key = path.join('/');
  const version = bucketNamed(name).find(key, id);
  if (!version) throw id ? new S3Error('NoSuchVersion', 404, 'The specified version does not exist.') : notFound(key);
  if (version.marker) throw new S3Error('InvalidRequest', 400, 'The source of a copy may not be a delete marker.');
  return version;
}

/** Without a version a delete marker is created, even for a locked object; a version is deleted permanently, unless it is locked. */
export function erase(bucket: Bucket, key: string, id: string | undefined, bypass: boolean, now: number) {
  if (id === undefined) {
    const marker = bucket.mark(key, now);
    return { marker: true, id: marker.id };
  }
  const version = bucket.find(key, id);
  if (!version) return { marker: false, id };
  if (lockOf(version, now, bypass)) throw locked();
  bucket.destroy(version);
  return { marker: version.marker, id };
}

export function remove({ request, response, query, bucket, key, now }: Exchange): void {
  const bypass = single(request, 'x-amz-bypass-governance-retention') === 'true';
  const { marker, id } = erase(bucket, key, query.get('versionId') ?? undefined, bypass, now);
  response.writeHead(204, present({ 'x-amz-version-id': id, 'x-amz-delete-marker': marker ? 'true' : undefined }));
  response.end();
}

/** GET and PUT of ?legal-hold. */
export async function legalHold(exchange: Exchange): Promise<void> {
  const { request, response, bucket } = exchange;
  const version = chosen(exchange);
  if (request.method === 'PUT') {
    const status = text('Status', (await readBody(request)).toString());
    if (status !== 'ON' && status !== 'OFF') throw new S3Error('MalformedXML', 400, 'Status must be ON or OFF.');
    bucket.change(version, { legalHold: status === 'ON' });
    response.writeHead(200, { 'content-length': 0 });
    response.end();
    return;
  }
  const body = document('LegalHold', { Status: version.legalHold ? 'ON' : 'OFF' });
  sendText(response, 200, body, 'application/xml');
}

/** GET and PUT of ?retention. A COMPLIANCE retention is never shortened. */
export async function retention(exchange: Exchange): Promise<void> {
  const { request, response, bucket, now } = exchange;
  const version = chosen(exchange);
  if (request.method === 'PUT') {
    const body = (await readBody(request)).toString();
    const wanted = readRetention(text('Mode', body), text('RetainUntilDate', body));
    const bypass = single(request, 'x-amz-bypass-governance-retention') === 'true';
    const shorter = (wanted?.until ?? 0) < (version.retention?.until ?? 0);
    if (shorter && lockOf({ ...version, legalHold: false }, now, bypass)) throw locked();
    if (wanted) bucket.change(version, { retention: wanted });
    response.writeHead(200, { 'content-length': 0 });
    response.end();
    return;
  }
  if (!version.retention) {
    throw new S3Error('NoSuchObjectLockConfiguration', 404, 'The object has no retention.');
  }
  const { mode, until } = version.retention;
  const tree = { Mode: mode, RetainUntilDate: new Date(until).toISOString() };
  sendText(response, 200, document('Retention', tree), 'application/xml');
}
