// S3 on loopback, as far as the evidence needs it: lists in pages, versions, delete markers, copies, holds, retention.
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Handler, listen, locate, readBody, sendText } from '../http.ts';
import { present } from '../present.ts';
import { all, document, text } from '../xml.ts';
import type { Bucket } from './bucket.ts';
import { listObjects, listVersions } from './list.ts';
import { multipart } from './multipart.ts';
import { type Exchange, erase, legalHold, read, remove, retention, S3Error, write } from './objects.ts';
import { backupBucket, evidenceBucket } from './seed.ts';

export type S3Options = {
  /** Objects beside the seeded evidence, for load. */
  objects?: number;
  /** The client's credentials; generated if absent. */
  accessKeyId?: string;
};

export type S3 = Awaited<ReturnType<typeof startS3>>;

export async function startS3({ objects = 0, accessKeyId = randomKeyId() }: S3Options = {}) {
  const now = Date.now();
  const evidence = evidenceBucket(now, objects);
  const backups = backupBucket(now);
  const buckets = new Map([evidence, backups].map((one) => [one.name, one]));
  const server = await listen(s3Handler(buckets, accessKeyId));
  return {
    url: server.url,
    accessKeyId,
    secretAccessKey: randomBytes(20).toString('base64url'),
    evidence,
    backups,
    stop: server.stop,
  };
}

/** An access key id as AWS makes them. */
export const randomKeyId = () => `AKIA${randomBytes(12).toString('hex').slice(0, 16).toUpperCase()}`;

function s3Handler(buckets: ReadonlyMap<string, Bucket>, accessKeyId: string): Handler {
  return async (request, response) => {
    response.setHeader('x-amz-request-id', randomBytes(8).toString('hex').toUpperCase());
    try {
      await answer(request, response, buckets, accessKeyId);
    } catch (error) {
      if (response.headersSent) {
        response.destroy();
        return;
      }
      const known =
        error instanceof S3Error
          ? error
          : new S3Error('InternalError', 500, error instanceof Error ? error.message : String(error));
      const tree = { Code: known.code, Message: known.message, Resource: request.url ?? '' };
      const body = request.method === 'HEAD' ? '' : document('Error', tree, '');
      sendText(response, known.status, body, 'application/xml');
    }
  };
}

/** The access key of a signed request; the signature itself is not proven, the secret never leaves the client. */
function authenticate(request: IncomingMessage, query: URLSearchParams, accessKeyId: string): void {
  const signed = /Credential=([^/,\s]+)\//.exec(request.headers.authorization ?? '')?.[1];
  const given = signed ?? query.get('X-Amz-Credential')?.split('/')[0];
  if (given === undefined) throw new S3Error('AccessDenied', 403, 'Access Denied');
  if (given !== accessKeyId) {
    throw new S3Error('InvalidAccessKeyId', 403, 'The AWS Access Key Id you provided does not exist in our records.');
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  buckets: ReadonlyMap<string, Bucket>,
  accessKeyId: string,
): Promise<void> {
  const { pathname, searchParams: query } = locate(request);
  authenticate(request, query, accessKeyId);
  const [, name = '', ...path] = pathname.split('/');
  const key = decodeURIComponent(path.join('/'));
  if (name === '') return sendXml(response, listBuckets(buckets));
  const named = (wanted: string): Bucket => {
    const bucket = buckets.get(wanted);
    if (!bucket) throw new S3Error('NoSuchBucket', 404, 'The specified bucket does not exist');
    return bucket;
  };
  const exchange: Exchange = { request, response, query, bucket: named(name), key, now: Date.now() };
  if (key === '') return answerBucket(exchange);
  if (query.has('legal-hold')) return legalHold(exchange);
  if (query.has('retention')) return retention(exchange);
  if (query.has('tagging')) return sendXml(response, document('Tagging', { TagSet: {} }));
  if (query.has('uploads') || query.has('uploadId')) {
    return multipart(exchange);
  }
  switch (request.method) {
    case 'GET':
    case 'HEAD':
      read(exchange);
      return;
    case 'PUT':
      return write(exchange, named);
    case 'DELETE':
      remove(exchange);
      return;
    default:
      throw new S3Error('MethodNotAllowed', 405, 'The specified method is not allowed against this resource.');
  }
}

async function answerBucket({ request, response, query, bucket, now }: Exchange): Promise<void> {
  if (request.method === 'HEAD') return sendText(response, 200, '');
  if (request.method === 'POST' && query.has('delete')) {
    const body = (await readBody(request)).toString();
    const bypass = request.headers['x-amz-bypass-governance-retention'] === 'true';
    return sendXml(response, deleteMany(bucket, body, bypass, now));
  }
  if (request.method !== 'GET') {
    throw new S3Error('MethodNotAllowed', 405, 'The specified method is not allowed against this resource.');
  }
  if (query.has('versions')) return sendXml(response, listVersions(bucket, query));
  if (query.has('versioning')) return sendXml(response, document('VersioningConfiguration', { Status: 'Enabled' }));
  if (query.has('location')) return sendXml(response, document('LocationConstraint', {}));
  if (query.has('object-lock')) {
    if (!bucket.objectLock) {
      throw new S3Error(
        'ObjectLockConfigurationNotFoundError',
        404,
        'Object Lock configuration does not exist for this bucket',
      );
    }
    const { defaultRetention: retention } = bucket;
    const rule = retention && { DefaultRetention: { Mode: retention.mode, Days: retention.days } };
    return sendXml(
      response,
      document('ObjectLockConfiguration', present({ ObjectLockEnabled: 'Enabled', Rule: rule })),
    );
  }
  sendXml(response, listObjects(bucket, query));
}

function deleteMany(bucket: Bucket, body: string, bypass: boolean, now: number): string {
  const quiet = text('Quiet', body) === 'true';
  const wanted = all('Object', body);
  if (wanted.length === 0 || wanted.length > 1000) {
    throw new S3Error('MalformedXML', 400, 'A delete names between 1 and 1000 objects.');
  }
  const deleted: { Key: string; VersionId?: string; DeleteMarker?: boolean; DeleteMarkerVersionId?: string }[] = [];
  const errors: { Key: string; VersionId?: string; Code: string; Message: string }[] = [];
  for (const one of wanted) {
    const key = text('Key', one) ?? '';
    const id = text('VersionId', one);
    const which = { Key: key, VersionId: id || undefined };
    try {
      const gone = erase(bucket, key, id, bypass, now);
      const { marker } = gone;
      deleted.push({
        ...which,
        DeleteMarker: marker || undefined,
        DeleteMarkerVersionId: marker ? gone.id : undefined,
      });
    } catch (error) {
      if (!(error instanceof S3Error)) throw error;
      errors.push({ ...which, Code: error.code, Message: error.message });
    }
  }
  return document('DeleteResult', { Deleted: quiet ? [] : deleted, Error: errors });
}

function listBuckets(buckets: ReadonlyMap<string, Bucket>): string {
  const list = [...buckets.values()].map(({ name, created }) => ({
    Name: name,
    CreationDate: new Date(created).toISOString(),
  }));
  const owner = { ID: 'bentham', DisplayName: 'bentham' };
  return document('ListAllMyBucketsResult', { Owner: owner, Buckets: { Bucket: list } });
}

function sendXml(response: ServerResponse, body: string): void {
  sendText(response, 200, body, 'application/xml');
}
