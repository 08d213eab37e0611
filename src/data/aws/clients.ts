// AWS clients for the settings, imported on first use.
import type { RDSClient } from '@aws-sdk/client-rds';
import type { S3Client } from '@aws-sdk/client-s3';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Settings } from '../../config/settings.ts';
import type { Ms } from '../../core/time.ts';
import { KeptBack, keptBack } from '../unencrypted.ts';
import { keysOfProcess } from './credential-process.ts';
import { awsProfile } from './profile.ts';

/** What all three clients share. Nothing is retried here: who asks decides. */
async function common({ evidence }: Settings, endpoint: string | undefined, timeout: Ms) {
  const { process } = await awsProfile(evidence.awsProfile);
  return {
    // Without it the SDK looks for credentials itself.
    credentials: process === undefined ? undefined : () => keysOfProcess(process),
    region: evidence.region,
    profile: evidence.awsProfile,
    endpoint,
    maxAttempts: 1,
    // requestTimeout alone only warns.
    requestHandler: { connectionTimeout: timeout, requestTimeout: timeout, throwOnRequestTimeout: true },
  };
}

/** The SDK would filter each answer for a log that nobody reads. */
function withoutLog<C extends { middlewareStack: { remove(name: string): boolean } }>(client: C): C {
  client.middlewareStack.remove('loggerMiddleware');
  return client;
}

/** The evidence store. The caller destroys the client. */
export async function s3Client(settings: Settings, timeout: Ms): Promise<S3Client> {
  const { S3Client } = await import('./sdk/s3.ts');
  const { endpoint, pathStyle } = settings.evidence;
  return withoutLog(
    new S3Client({
      ...(await common(settings, endpoint, timeout)),
      forcePathStyle: pathStyle,
      followRegionRedirects: true,
    }),
  );
}

/** The database clusters and their snapshots. */
export async function rdsClient(settings: Settings, timeout: Ms): Promise<RDSClient> {
  const { RDSClient } = await import('./sdk/rds.ts');
  return withoutLog(new RDSClient(await common(settings, settings.backups.rdsEndpoint, timeout)));
}

/** The database's credentials. Where a secret would cross the network in clear, each of its requests fails before it. */
export async function secretsClient(settings: Settings, timeout: Ms): Promise<SecretsManagerClient> {
  const { SecretsManagerClient } = await import('./sdk/secrets-manager.ts');
  const { endpoint } = settings.credentials;
  const kept = endpoint ? keptBack(settings, 'credentials', new URL(endpoint), 'the secret was') : undefined;
  const client = withoutLog(new SecretsManagerClient(await common(settings, endpoint, timeout)));
  if (kept)
    client.middlewareStack.add(
      () => async () => {
        throw new KeptBack(kept);
      },
      { step: 'initialize' },
    );
  return client;
}
