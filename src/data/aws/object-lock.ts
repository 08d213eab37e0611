// What holds objects of S3: legal holds, and retentions that have not run out, of an object or of one of its versions.
import type { S3Client } from '@aws-sdk/client-s3';
import type { Look } from '../looked-through.ts';
import { awsFault } from './faults.ts';

export type Held = { key: string; versionId?: string };

/** Without Object Lock a bucket holds nothing, and no object need be asked. Who may not ask for it asks each object. */
export async function mayHold(client: S3Client, bucket: string): Promise<boolean> {
  const s3 = await import('./sdk/s3.ts');
  try {
    await client.send(new s3.GetObjectLockConfigurationCommand({ Bucket: bucket }));
    return true;
  } catch (error) {
    return !(error instanceof Error && /^ObjectLockConfigurationNotFound/.test(error.name));
  }
}

/** S3's words for an object without a hold, without retention, or of a bucket without Object Lock. */
const notHeld = /^(NoSuchObjectLockConfiguration|ObjectLockConfigurationNotFoundError|InvalidRequest)$/;

/** Objects requested in parallel. */
const atOnce = 8;

/**
 * Why each of them is held, a few objects at a time. An object whose lock could not be read is held too: a delete marker
 * would hide it, whatever its lock says. Throws once the signal aborts.
 */
export async function holdsOf<T extends Held>(
  client: S3Client,
  bucket: string,
  objects: readonly T[],
  { signal, told }: Look,
): Promise<Map<T, string>> {
  const s3 = await import('./sdk/s3.ts');
  const held = new Map<T, string>();
  const queue = [...objects];
  const none = (error: unknown) => {
    if (error instanceof Error && notHeld.test(error.name)) return undefined;
    throw error;
  };
  const worker = async () => {
    for (let one = queue.shift(); one; one = queue.shift()) {
      const place = { Bucket: bucket, Key: one.key, VersionId: one.versionId || undefined };
      try {
        const [hold, retention] = await Promise.all([
          client.send(new s3.GetObjectLegalHoldCommand(place)).catch(none),
          client.send(new s3.GetObjectRetentionCommand(place)).catch(none),
        ]);
        const until = retention?.Retention?.RetainUntilDate;
        const reasons = [
          ...(hold?.LegalHold?.Status === 'ON' ? ['legal hold'] : []),
          ...(until && until.getTime() > Date.now() ? [`retained until ${until.toISOString().slice(0, 10)}`] : []),
        ];
        if (reasons.length > 0) held.set(one, reasons.join(', '));
      } catch (error) {
        signal?.throwIfAborted();
        held.set(one, `cannot read its lock: ${awsFault(error, `s3://${bucket}`, 'read locks').what}`);
      }
      told?.({ done: objects.length - queue.length, total: objects.length, unit: 'locks' });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return held;
}
