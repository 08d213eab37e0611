// AWS clients for the settings, imported on first use.
import type { RDSClient } from '@aws-sdk/client-rds';
import type { S3Client } from '@aws-sdk/client-s3';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Settings } from '../../config/settings.ts';
import type { Ms } from '../../core/time.ts';
import { unlessAborted } from '../time-limit.ts';
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

/** No request is waited for any longer than the signal says: for its credentials, its connection, its answer. */
const until =
  (signal: AbortSignal | undefined) =>
  <Asked, Answer>(next: (asked: Asked) => Promise<Answer>) =>
  async (asked: Asked): Promise<Answer> => {
    signal?.throwIfAborted();
    return signal ? unlessAborted(next(asked), signal) : next(asked);
  };
const first = { step: 'initialize' } as const;

/** The evidence store. The caller destroys the client, with what it still asks. `signal`: ends each request. */
export async function s3Client(settings: Settings, timeout: Ms, signal?: AbortSignal): Promise<S3Client> {
  const { S3Client } = await import('./sdk/s3.ts');
  const { endpoint, pathStyle } = settings.evidence;
  const client = new S3Client({
    ...(await common(settings, endpoint, timeout)),
    forcePathStyle: pathStyle,
    followRegionRedirects: true,
  });
  client.middlewareStack.add(until(signal), first);
  return withoutLog(client);
}

/** The database clusters and their snapshots. `signal`: ends each request. */
export async function rdsClient(settings: Settings, timeout: Ms, signal?: AbortSignal): Promise<RDSClient> {
  const { RDSClient } = await import('./sdk/rds.ts');
  const client = new RDSClient(await common(settings, settings.backups.rdsEndpoint, timeout));
  client.middlewareStack.add(until(signal), first);
  return withoutLog(client);
}

/**
 * The database's credentials. Where a secret would cross the network in clear, each of its requests fails before it.
 * `signal`: ends each request.
 */
export async function secretsClient(
  settings: Settings,
  timeout: Ms,
  signal?: AbortSignal,
): Promise<SecretsManagerClient> {
  const { SecretsManagerClient } = await import('./sdk/secrets-manager.ts');
  const { endpoint } = settings.credentials;
  const kept = endpoint ? keptBack(settings, 'credentials', new URL(endpoint), 'the secret was') : undefined;
  const client = withoutLog(new SecretsManagerClient(await common(settings, endpoint, timeout)));
  client.middlewareStack.add(until(signal), first);
  if (kept)
    client.middlewareStack.add(
      () => async () => {
        throw new KeptBack(kept);
      },
      first,
    );
  return client;
}
