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

const first = { step: 'initialize' } as const;

/** What the clients have in common, as far as it is changed here. */
type Stack = {
  middlewareStack: {
    remove(name: string): boolean;
    add<Asked, Answer>(
      around: (next: (asked: Asked) => Promise<Answer>) => (asked: Asked) => Promise<Answer>,
      at: typeof first,
    ): void;
  };
};

/** No request is waited for any longer than the signal says: for its credentials, its connection, its answer. */
function endingWith<C extends Stack>(client: C, signal: AbortSignal | undefined): C {
  // The SDK would filter each answer for a log that nobody reads.
  client.middlewareStack.remove('loggerMiddleware');
  if (signal)
    client.middlewareStack.add(
      (next) => async (asked) => {
        signal.throwIfAborted();
        return unlessAborted(next(asked), signal);
      },
      first,
    );
  return client;
}

/** The evidence store. The caller destroys the client, with what it still asks. `signal`: ends each request. */
export async function s3Client(settings: Settings, timeout: Ms, signal?: AbortSignal): Promise<S3Client> {
  const { S3Client } = await import('./sdk/s3.ts');
  const { endpoint, pathStyle } = settings.evidence;
  const own = { forcePathStyle: pathStyle, followRegionRedirects: true };
  return endingWith(new S3Client({ ...(await common(settings, endpoint, timeout)), ...own }), signal);
}

/** The database clusters and their snapshots. `signal`: ends each request. */
export async function rdsClient(settings: Settings, timeout: Ms, signal?: AbortSignal): Promise<RDSClient> {
  const { RDSClient } = await import('./sdk/rds.ts');
  return endingWith(new RDSClient(await common(settings, settings.backups.rdsEndpoint, timeout)), signal);
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
  const client = endingWith(new SecretsManagerClient(await common(settings, endpoint, timeout)), signal);
  if (kept)
    client.middlewareStack.add(
      () => async () => {
        throw new KeptBack(kept);
      },
      first,
    );
  return client;
}
