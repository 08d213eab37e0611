// A file of this machine as an object of S3: in parts, each with its SHA-256, and compared with what S3 says it has.
import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import type { S3Client } from '@aws-sdk/client-s3';
import type { Settings } from '../../config/settings.ts';
import type { S3Change } from '../../core/actions/call.ts';
import type { ObjectLock, Uploaded } from '../../core/actions/preflight.ts';
import { formatBytes } from '../../core/text/format.ts';
import { sanitize } from '../../core/text/text.ts';
import { type Ms, minute, second } from '../../core/time.ts';
import { readFrom } from '../../disk/private-files.ts';
import { answerWithin, type CallResult, type ExecutionContext } from '../call-result.ts';
import { type Look, paced } from '../looked-through.ts';
import { backoff, pause, type Result } from '../source.ts';
import { afterwards } from '../time-limit.ts';
import { s3Client } from './clients.ts';
import { askedWith, awsFault } from './faults.ts';

/** Of a part: S3 takes 5 MB at least, and 10,000 parts at most (Amazon S3, multipart upload limits). */
const leastPart = 8 * 1024 * 1024;
const mostParts = 9000;
/** For one part, over a slow line. */
const partWithin: Ms = 2 * minute;
/** Where nobody stopped it. */
const abortWithin: Ms = 10 * second;
/** A part can be sent again: nobody sees it before the upload is complete, and the same part replaces it. */
const tries = 3;

const partSize = (bytes: number): number => Math.max(leastPart, Math.ceil(bytes / mostParts));

type Upload = Extract<S3Change, { verb: 'upload' }>;

type Uploading = Pick<ExecutionContext, 'settings' | 'signal' | 'progress'>;

export async function upload(bucket: string, change: Upload, context: Uploading): Promise<CallResult> {
  const { settings, signal } = context;
  const client = await s3Client(settings, partWithin, afterwards(signal, answerWithin));
  try {
    const { result, unfinished } = await sent(client, bucket, change, context);
    if (
      unfinished === undefined ||
      (await isRemoved(client, { Bucket: bucket, Key: change.key, UploadId: unfinished }))
    )
      return result;
    const left = 'parts of it may be left there, and cost: aws s3api list-multipart-uploads';
    return 'hint' in result ? { ...result, hint: `${result.hint}; ${left}` } : result;
  } finally {
    client.destroy();
  }
}

/** Parts of an upload that has no end cost money for ever. */
async function isRemoved(client: S3Client, parts: { Bucket: string; Key: string; UploadId: string }): Promise<boolean> {
  const { AbortMultipartUploadCommand } = await import('./sdk/s3.ts');
  const abortSignal = AbortSignal.timeout(abortWithin);
  return client.send(new AbortMultipartUploadCommand(parts), { abortSignal }).then(
    () => true,
    () => false,
  );
}

/** `unfinished`: the id of an upload that was begun, and has no end. */
async function sent(
  client: S3Client,
  bucket: string,
  { file, key, lock }: Upload,
  { signal, progress }: Uploading,
): Promise<{ result: CallResult; unfinished?: string | undefined }> {
  const where = `s3://${bucket}`;
  const s3 = await import('./sdk/s3.ts');
  const at = { Bucket: bucket, Key: key };
  let handle: FileHandle | undefined;
  let id: string | undefined;
  let isComplete = false;
  try {
    handle = await open(file, 'r');
    const { size } = await handle.stat();
    const sha256 = await hashOf(handle, size, {
      signal,
      told: paced(({ done }) => progress?.(`${formatBytes(done)} of ${formatBytes(size)} read`)),
    });
    const { UploadId } = await client.send(
      new s3.CreateMultipartUploadCommand({
        ...at,
        ContentType: 'application/gzip',
        ChecksumAlgorithm: 'SHA256',
        Metadata: { sha256 },
        ObjectLockMode: lock?.mode,
        ObjectLockRetainUntilDate: lock && new Date(lock.until),
      }),
      { abortSignal: signal },
    );
    id = UploadId;
    const Parts: { PartNumber: number; ETag: string | undefined; ChecksumSHA256: string }[] = [];
    for await (const { number, bytes, sum } of partsOf(handle, size)) {
      if (signal.aborted) return { result: stopped, unfinished: id };
      const send = () =>
        client.send(
          new s3.UploadPartCommand({ ...at, UploadId: id, PartNumber: number, Body: bytes, ChecksumSHA256: sum }),
          { abortSignal: signal },
        );
      const { ETag } = await again(send, signal);
      Parts.push({ PartNumber: number, ETag, ChecksumSHA256: sum });
      const done = Math.min(size, number * partSize(size));
      progress?.(`${formatBytes(done)} of ${formatBytes(size)} uploaded`, { done, total: size, unit: 'bytes' });
    }
    if (signal.aborted) return { result: stopped, unfinished: id };
    isComplete = true;
    await client.send(new s3.CompleteMultipartUploadCommand({ ...at, UploadId: id, MultipartUpload: { Parts } }));
    return { result: { outcome: 'done', says: `uploaded ${formatBytes(size)} to ${where}/${sanitize(key, 300)}` } };
  } catch (error) {
    if (signal.aborted && !isComplete) return { result: stopped, unfinished: id };
    const { kind, what, hint } = awsFault(error, where, `upload to ${where}`);
    const says = `${where}: ${what}`;
    if (isComplete && (kind === 'timeout' || kind === 'unreachable'))
      return { result: { outcome: 'unknown', says, hint: 'check whether it was done before you retry' } };
    // What S3 refused to complete has no end either.
    const by = `the archive is ${file}: upload it by hand`;
    return { result: { outcome: 'failed', says, hint: `${hint}; ${by}` }, unfinished: id };
  } finally {
    await handle?.close();
  }
}

const stopped: CallResult = {
  outcome: 'failed',
  says: 'stopped: nothing was uploaded',
  hint: 'the archive is on this machine: upload it by hand',
};

async function again<T>(send: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let tried = 1; ; tried += 1)
    try {
      return await send();
    } catch (error) {
      if (tried >= tries || signal.aborted) throw error;
      await pause(backoff(tried, second), signal);
    }
}

type Part = { number: number; bytes: Buffer; sum: string };

/** The parts of a file, one in memory at a time; an empty file has one. Throws once the signal aborts. */
async function* partsOf(handle: FileHandle, size: number, { signal, told }: Look = {}): AsyncGenerator<Part> {
  const length = partSize(size);
  for (let number = 1, at = 0; number === 1 || at < size; number += 1, at += length) {
    signal?.throwIfAborted();
    told?.({ done: at, total: size, unit: 'bytes' });
    const bytes = await readFrom(handle, at, Math.min(length, size - at));
    yield { number, bytes, sum: createHash('sha256').update(bytes).digest('base64') };
  }
}

async function hashOf(handle: FileHandle, size: number, look: Look): Promise<string> {
  const hash = createHash('sha256');
  for await (const { bytes } of partsOf(handle, size, look)) hash.update(bytes);
  return hash.digest('hex');
}

/** S3's checksum of an object in parts: the hash of their hashes, and how many there are. */
async function checksumOf(handle: FileHandle, size: number, look: Look): Promise<string> {
  const hash = createHash('sha256');
  let parts = 0;
  for await (const { sum, number } of partsOf(handle, size, look)) {
    hash.update(Buffer.from(sum, 'base64'));
    parts = number;
  }
  return `${hash.digest('base64')}-${parts}`;
}

/** Compares an object with the file that it was made of. */
export async function uploadedAs(
  settings: Settings,
  { file, bucket, key }: { file: string; bucket: string; key: string },
  look: Look = {},
): Promise<Result<Uploaded>> {
  const where = `s3://${bucket}`;
  return askedWith(s3Client(settings, 20 * second, look.signal), where, `read objects of ${where}`, async (client) => {
    const head = await headOf(client, bucket, key);
    const handle = await open(file, 'r');
    try {
      const { size } = await handle.stat();
      const bytes = head.ContentLength ?? 0;
      const { ChecksumSHA256: sum, ObjectLockMode: mode, ObjectLockRetainUntilDate: until } = head;
      const differs =
        bytes !== size
          ? `it has ${formatBytes(bytes)}, the file ${formatBytes(size)}`
          : sum === undefined
            ? 'the bucket tells no SHA-256 of it'
            : sum === (await checksumOf(handle, size, look))
              ? undefined
              : 'its SHA-256 is another one';
      return {
        bytes,
        differs,
        lock: mode && until ? { mode: sanitize(mode, 20), until: until.getTime() } : undefined,
        legalHold: head.ObjectLockLegalHoldStatus === 'ON',
      };
    } finally {
      await handle.close();
    }
  });
}

async function headOf(client: S3Client, bucket: string, key: string) {
  const { HeadObjectCommand } = await import('./sdk/s3.ts');
  return client.send(new HeadObjectCommand({ Bucket: bucket, Key: key, ChecksumMode: 'ENABLED' }));
}

/** Days of a year, as S3 counts it. */
const year = 365;

export async function objectLockOf(
  settings: Settings,
  bucket: string,
  signal?: AbortSignal,
): Promise<Result<ObjectLock>> {
  const where = `s3://${bucket}`;
  const s3 = await import('./sdk/s3.ts');
  return askedWith(
    s3Client(settings, 20 * second, signal),
    where,
    `read the Object Lock of ${where}`,
    async (client) => {
      try {
        const { ObjectLockConfiguration: lock } = await client.send(
          new s3.GetObjectLockConfigurationCommand({ Bucket: bucket }),
        );
        const { Mode, Days, Years } = lock?.Rule?.DefaultRetention ?? {};
        const days = Days ?? (Years ?? 0) * year;
        const retention = Mode && days > 0 ? { mode: sanitize(Mode, 20), days } : undefined;
        return { enabled: lock?.ObjectLockEnabled === 'Enabled', retention };
      } catch (error) {
        if (error instanceof Error && /^ObjectLockConfigurationNotFound/.test(error.name)) return { enabled: false };
        throw error;
      }
    },
  );
}
