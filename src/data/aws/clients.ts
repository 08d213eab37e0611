// AWS clients for the settings, imported on first use.
import type { RDSClient } from '@aws-sdk/client-rds';
import type { S3Client } from '@aws-sdk/client-s3';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Settings } from '../../config/settings.ts';
import type { Ms } from '../../core/time.ts';
import { KeptBack, keptBack } from '../unencrypted.ts';

/** What all three clients share. Nothing is retried here: who asks decides. */
function common({ evidence }: Settings, endpoint: string | undefined, timeout: Ms) {
  return {
    region: evidence.region,
    profile: evidence.awsProfile,
    endpoint,
    maxAttempts: 1,
    // requestTimeout alone only warns.
    requestHandler: { connectionTimeout: timeout, requestTimeout: timeout, throwOnRequestTimeout: true },
  };
}

/** The evidence store. The caller destroys the client. */
export async function s3Client(settings: Settings, timeout: Ms): Promise<S3Client> {
  const { S3Client } = await import('@aws-sdk/client-s3');
  const { endpoint, pathStyle } = settings.evidence;
  return new S3Client({
    ...common(settings, endpoint, timeout),
    forcePathStyle: pathStyle,
    followRegionRedirects: true,
  });
}

/** The database clusters and their snapshots. */
export async function rdsClient(settings: Settings, timeout: Ms): Promise<RDSClient> {
  const { RDSClient } = await import('@aws-sdk/client-rds');
  return new RDSClient(common(settings, settings.backups.rdsEndpoint, timeout));
}

/** The database's credentials. Where a secret would cross the network in clear, each of its requests fails before it. */
export async function secretsClient(settings: Settings, timeout: Ms): Promise<SecretsManagerClient> {
  const { SecretsManagerClient } = await import('@aws-sdk/client-secrets-manager');
  const { endpoint } = settings.credentials;
  const kept = endpoint ? keptBack(settings, 'credentials', new URL(endpoint), 'the secret was') : undefined;
  const client = new SecretsManagerClient(common(settings, endpoint, timeout));
  if (kept)
    client.middlewareStack.add(
      () => async () => {
        throw new KeptBack(kept);
      },
      { step: 'initialize' },
    );
  return client;
}
