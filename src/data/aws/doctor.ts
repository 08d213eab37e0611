import type { Settings } from '../../config/settings.ts';
import { type Checkup, faulty } from '../../core/health/checkup.ts';
import { formatAge, formatInstant } from '../../core/text/format.ts';
import { sanitize } from '../../core/text/text.ts';
import type { Ms } from '../../core/time.ts';
import type { DoctorCheck } from '../doctor-check.ts';
import { rdsClient, s3Client, secretsClient } from './clients.ts';
import { awsFault } from './faults.ts';

/** Evidence, backups and credentials: what can be asked without changing anything. */
export function awsProbes(settings: Settings, timeout: Ms): DoctorCheck[] {
  return [evidence(settings, timeout), backups(settings, timeout), credentials(settings, timeout)];
}

function evidence(settings: Settings, timeout: Ms): DoctorCheck {
  const { bucket, endpoint } = settings.evidence;
  const area = 'evidence';
  const where = endpoint ? new URL(endpoint).host : `s3://${bucket}`;
  return {
    area,
    what: `bucket ${bucket}`,
    where,
    essential: false,
    async run(signal) {
      const sdk = await import('./sdk/s3.ts');
      const client = await s3Client(settings, timeout, signal);
      const options = { abortSignal: signal };
      const attempt = async (what: string, to: string, ask: () => Promise<Omit<Checkup, 'area' | 'what'>>) => {
        try {
          return { area, what, ...(await ask()) };
        } catch (error) {
          return faulty({ area, what }, awsFault(error, where, to), false);
        }
      };
      try {
        const list = await attempt(`bucket ${bucket}`, `list s3://${bucket} (s3:ListBucket)`, async () => {
          const found = await client.send(new sdk.ListObjectsV2Command({ Bucket: bucket, MaxKeys: 1 }), options);
          return { verdict: 'ok', answer: found.KeyCount ? 'readable' : 'readable, empty' };
        });
        // What holds for the whole of it is said once.
        if (list.verdict !== 'ok') return [list];
        const versions = attempt('versions', 'list versions (s3:ListBucketVersions)', async () => {
          const found = await client.send(new sdk.GetBucketVersioningCommand({ Bucket: bucket }), options);
          await client.send(new sdk.ListObjectVersionsCommand({ Bucket: bucket, MaxKeys: 1 }), options);
          if (found.Status === 'Enabled') return { verdict: 'ok', answer: 'kept, readable' };
          const todo = 'turn versioning on: without it a deleted file cannot be restored';
          return { verdict: 'warning', answer: 'not kept', todo };
        });
        const lock = attempt('object lock', 'read the lock (s3:GetBucketObjectLockConfiguration)', async () => {
          const found = await client
            .send(new sdk.GetObjectLockConfigurationCommand({ Bucket: bucket }), options)
            .catch((error: unknown) => {
              if (error instanceof Error && /^ObjectLockConfigurationNotFound/.test(error.name)) return undefined;
              throw error;
            });
          if (found?.ObjectLockConfiguration?.ObjectLockEnabled === 'Enabled') return { verdict: 'ok', answer: 'on' };
          return { verdict: 'warning', answer: 'off', todo: 'the runbook expects evidence under Object Lock' };
        });
        return [list, await versions, await lock];
      } finally {
        client.destroy();
      }
    },
  };
}

function backups(settings: Settings, timeout: Ms): DoctorCheck {
  const { cluster, rdsEndpoint } = settings.backups;
  const about = { area: 'backups', what: `cluster ${cluster}` };
  const where = rdsEndpoint ? new URL(rdsEndpoint).host : 'AWS RDS';
  return {
    ...about,
    where,
    essential: false,
    async run(signal) {
      const sdk = await import('./sdk/rds.ts');
      const client = await rdsClient(settings, timeout, signal);
      const options = { abortSignal: signal };
      try {
        const clusters = await client.send(
          new sdk.DescribeDBClustersCommand({ DBClusterIdentifier: cluster }),
          options,
        );
        const times: Date[] = [];
        const pages = sdk.paginateDescribeDBClusterSnapshots({ client }, { DBClusterIdentifier: cluster }, options);
        for await (const page of pages)
          times.push(...(page.DBClusterSnapshots ?? []).flatMap((one) => one.SnapshotCreateTime ?? []));
        const restorable = clusters.DBClusters?.[0]?.LatestRestorableTime;
        const newest = Math.max(...times.map((time) => time.getTime()));
        const answer = [
          restorable ? `restorable to ${formatInstant(restorable.getTime())}` : 'no restorable time',
          times.length > 0
            ? `newest of ${times.length} snapshots ${formatAge(Date.now() - newest)} old`
            : 'no snapshots',
        ].join(', ');
        const fine = restorable !== undefined && times.length > 0;
        const todo = 'check the backups: the runbook expects hourly ones';
        return [{ ...about, verdict: fine ? 'ok' : 'warning', answer, todo: fine ? undefined : todo }];
      } catch (error) {
        return [faulty(about, awsFault(error, where, `describe ${cluster} (rds:DescribeDBClusters)`), false)];
      } finally {
        client.destroy();
      }
    },
  };
}

function credentials(settings: Settings, timeout: Ms): DoctorCheck {
  const { secretId, endpoint } = settings.credentials;
  const about = { area: 'credentials', what: `secret ${secretId}` };
  const where = endpoint ? new URL(endpoint).host : 'AWS Secrets Manager';
  return {
    ...about,
    where,
    essential: false,
    async run(signal) {
      const sdk = await import('./sdk/secrets-manager.ts');
      const client = await secretsClient(settings, timeout, signal);
      try {
        // The description only: a check must not read the secret.
        const found = await client.send(new sdk.DescribeSecretCommand({ SecretId: secretId }), { abortSignal: signal });
        const changed = found.LastChangedDate;
        const age = changed ? `, changed ${formatAge(Date.now() - changed.getTime())} ago` : '';
        if (found.DeletedDate)
          return [
            {
              ...about,
              verdict: 'warning',
              answer: 'is marked for deletion',
              todo: 'aws secretsmanager restore-secret',
            },
          ];
        return [{ ...about, verdict: 'ok', answer: `${sanitize(found.Name ?? secretId, 120)}${age}` }];
      } catch (error) {
        const to = `describe ${secretId} (secretsmanager:DescribeSecret)`;
        return [faulty(about, awsFault(error, where, to), false)];
      } finally {
        client.destroy();
      }
    },
  };
}
