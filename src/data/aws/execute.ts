// Changes in AWS: evidence objects and restored clusters. A delete of a versioned object leaves a delete marker.
import type { Call } from '../../core/actions/call.ts';
import { formatCount } from '../../core/text/format.ts';
import { sanitize } from '../../core/text/text.ts';
import { second } from '../../core/time.ts';
import { type CallResult, type ExecutionContext, failedCall } from '../call-result.ts';
import { rdsClient, s3Client } from './clients.ts';
import { awsFault } from './faults.ts';

type S3 = Extract<Call, { tool: 's3' }>;
type Rds = Extract<Call, { tool: 'rds' }>;

const within = 30 * second;

export async function performS3(
  { bucket, do: change }: S3,
  { settings, signal, tell }: ExecutionContext,
): Promise<CallResult> {
  const { CopyObjectCommand, DeleteObjectsCommand } = await import('@aws-sdk/client-s3');
  const client = await s3Client(settings, within);
  const where = `s3://${bucket}`;
  try {
    if (signal.aborted) return { outcome: 'cancelled', says: 'stopped before any change' };
    if (change.verb === 'restore-version') {
      const key = change.key.split('/').map(encodeURIComponent).join('/');
      const source = `${bucket}/${key}?versionId=${encodeURIComponent(change.versionId)}`;
      await client.send(new CopyObjectCommand({ Bucket: bucket, Key: change.key, CopySource: source }));
      return {
        outcome: 'done',
        says: `restored ${sanitize(change.key, 200)} to version ${sanitize(change.versionId, 80)}`,
      };
    }
    const Delete = { Objects: change.keys.map((Key) => ({ Key })), Quiet: false };
    const { Deleted = [], Errors = [] } = await client.send(new DeleteObjectsCommand({ Bucket: bucket, Delete }));
    tell(Errors.map((e) => `refused: ${sanitize(e.Key, 200)} ${sanitize(e.Code, 40)} ${sanitize(e.Message, 100)}`));
    const says = `${formatCount(Deleted.length)} deleted, ${formatCount(Errors.length)} refused`;
    if (Deleted.length === 0 && Errors.length > 0)
      return { outcome: 'failed', says, hint: 'objects under legal hold or retention cannot be deleted' };
    tell([says]);
    return { outcome: 'done', says };
  } catch (error) {
    return failedCall(awsFault(error, where, `change objects of ${where}`));
  } finally {
    client.destroy();
  }
}

/** Always a new cluster: the old one is only read. */
export async function executeRds({ do: restore }: Rds, { settings, signal }: ExecutionContext): Promise<CallResult> {
  const { RestoreDBClusterToPointInTimeCommand } = await import('@aws-sdk/client-rds');
  const client = await rdsClient(settings, within);
  const where = `RDS ${restore.source}`;
  try {
    if (signal.aborted) return { outcome: 'cancelled', says: 'stopped before any change' };
    await client.send(
      new RestoreDBClusterToPointInTimeCommand({
        SourceDBClusterIdentifier: restore.source,
        DBClusterIdentifier: restore.target,
        ...(restore.at ? { RestoreToTime: new Date(restore.at) } : { UseLatestRestorableTime: true }),
      }),
    );
    return { outcome: 'done', says: `restoring to ${restore.target}` };
  } catch (error) {
    return failedCall(awsFault(error, where, `restore ${restore.source}`));
  } finally {
    client.destroy();
  }
}
