// Changes in AWS: evidence objects and restored clusters. A delete of a versioned object leaves a delete marker.
import type { Call } from '../../core/actions/call.ts';
import { copySource } from '../../core/actions/shell-command.ts';
import { formatCount } from '../../core/text/format.ts';
import { sanitize } from '../../core/text/text.ts';
import { second } from '../../core/time.ts';
import type { Fault } from '../../core/world/reading.ts';
import { answerWithin, type CallResult, type ExecutionContext, failedCall } from '../call-result.ts';
import { afterwards } from '../time-limit.ts';
import { rdsClient, s3Client } from './clients.ts';
import { awsFault } from './faults.ts';

type S3 = Extract<Call, { tool: 's3' }>;
type Rds = Extract<Call, { tool: 'rds' }>;

/** One request. Who stops the run waits no longer than `answerWithin` for it. */
const within = 30 * second;

export async function performS3({ bucket, do: change }: S3, context: ExecutionContext): Promise<CallResult> {
  const { settings, signal, tell, progress } = context;
  if (change.verb === 'upload') return (await import('./upload.ts')).upload(bucket, change, context);
  const { CopyObjectCommand, DeleteObjectsCommand } = await import('./sdk/s3.ts');
  const client = await s3Client(settings, within, afterwards(signal, answerWithin));
  const where = `s3://${bucket}`;
  try {
    if (signal.aborted) return { outcome: 'cancelled', says: 'stopped before any change' };
    const copy = ({ key, versionId }: { key: string; versionId: string }) =>
      client.send(new CopyObjectCommand({ Bucket: bucket, Key: key, CopySource: copySource(bucket, key, versionId) }));
    if (change.verb === 'restore-version') {
      await copy(change);
      return {
        outcome: 'done',
        says: `restored ${sanitize(change.key, 200)} to version ${sanitize(change.versionId, 80)}`,
      };
    }
    if (change.verb === 'restore-versions')
      return await copied(change.versions, copy, where, { signal, tell, progress });
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

/** Objects that are copied at once. */
const atOnce = 8;

/** Copies the versions, a few at a time; a refusal is reported, and the others continue. */
async function copied<V extends { key: string }>(
  versions: readonly V[],
  copy: (version: V) => Promise<unknown>,
  where: string,
  { signal, tell, progress }: Pick<ExecutionContext, 'signal' | 'tell' | 'progress'>,
): Promise<CallResult> {
  const queue = [...versions];
  const faults: Fault[] = [];
  let done = 0;
  const worker = async () => {
    for (let version = queue.shift(); version && !signal.aborted; version = queue.shift()) {
      try {
        await copy(version);
        done += 1;
        // Not for every one: each is an update of the screen.
        if (done % atOnce === 0) progress?.(undefined, { done, total: versions.length, unit: 'objects' });
      } catch (error) {
        const fault = awsFault(error, where, `restore ${version.key}`);
        faults.push(fault);
        tell([`refused: ${sanitize(version.key, 200)}: ${fault.what}`]);
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  const says = `${formatCount(done)} of ${formatCount(versions.length)} restored`;
  tell([says]);
  const lost = faults.find(({ kind }) => kind === 'timeout' || kind === 'unreachable');
  if (lost) return { outcome: 'unknown', says: `${says}; ${lost.what}`, hint: 'run it again: it restores the rest' };
  if (signal.aborted && done < versions.length)
    return { outcome: 'failed', says: `stopped: ${says}`, hint: 'run it again: it restores the rest' };
  const [first] = faults;
  return first ? { outcome: 'failed', says: `${says}; ${first.what}`, hint: first.hint } : { outcome: 'done', says };
}

/** Always a new cluster: the old one is only read. */
export async function executeRds({ do: restore }: Rds, { settings, signal }: ExecutionContext): Promise<CallResult> {
  const { RestoreDBClusterToPointInTimeCommand } = await import('./sdk/rds.ts');
  const client = await rdsClient(settings, within, afterwards(signal, answerWithin));
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
