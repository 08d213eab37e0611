// AWS's clients as the settings want them, imported when they are first asked for, and their errors as faults.
import type { RDSClient } from '@aws-sdk/client-rds';
import type { S3Client } from '@aws-sdk/client-s3';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Settings } from '../../config/settings.ts';
import { sanitize } from '../../core/text/text.ts';
import type { Ms } from '../../core/time.ts';
import type { Fault } from '../../core/world/reading.ts';
import { networkFault } from '../network.ts';
import type { Result } from '../source.ts';
import { KeptBack, keptBack } from '../unencrypted.ts';

/** What all three clients share. Nothing is retried here: who asks decides. */
function common({ evidence }: Settings, endpoint: string | undefined, timeout: Ms) {
  return {
    ...(evidence.region ? { region: evidence.region } : {}),
    ...(evidence.awsProfile ? { profile: evidence.awsProfile } : {}),
    ...(endpoint ? { endpoint } : {}),
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

const absent = /^(NoSuchBucket|NoSuchKey|NotFound|DBClusterNotFoundFault|ResourceNotFoundException)$/;
const denied = /^(AccessDenied|AccessDeniedException|AllAccessDisabled|UnauthorizedOperation|Forbidden)$/;
const unknownLogin =
  /^(InvalidAccessKeyId|SignatureDoesNotMatch|ExpiredToken|ExpiredTokenException|InvalidClientTokenId|UnrecognizedClientException|InvalidToken)$/;

/** An error of an AWS client, of `where`, while we tried `to` (`list s3://bentham-evidence`). */
export function awsFault(error: unknown, where: string, to: string): Fault {
  if (error instanceof KeptBack) return error.fault;
  const {
    name = '',
    message = '',
    $metadata,
  } = (error ?? {}) as {
    name?: string;
    message?: string;
    $metadata?: { httpStatusCode?: number };
  };
  const code = $metadata?.httpStatusCode;
  const said = sanitize(message, 160);
  if (/CredentialsProviderError|TokenProviderError/.test(name))
    return {
      kind: 'unconfigured',
      where,
      what: `no AWS credentials: ${said}`,
      hint: 'run aws sso login, or set AWS_PROFILE',
    };
  if (/region is missing/i.test(message))
    return { kind: 'unconfigured', where, what: 'no AWS region', hint: 'set AWS_REGION, or evidence.region' };
  if (
    /^(PermanentRedirect|AuthorizationHeaderMalformed|IllegalLocationConstraintException)$/.test(name) ||
    code === 301
  )
    return {
      kind: 'unconfigured',
      where,
      what: 'the bucket is in another region',
      hint: 'set AWS_REGION, or evidence.region',
    };
  if (/^(SlowDown|Throttling|ThrottlingException|RequestLimitExceeded|TooManyRequestsException)$/.test(name))
    return { kind: 'refused', where, what: `rate limited: ${name}`, hint: 'wait a minute; the limit is shared' };
  if (unknownLogin.test(name))
    return { kind: 'forbidden', where, what: `AWS credentials refused: ${name}`, hint: 'run aws sso login' };
  if (denied.test(name) || code === 403)
    return { kind: 'forbidden', where, what: `not allowed to ${to}`, hint: `request permission to ${to}` };
  if (absent.test(name) || code === 404)
    return {
      kind: 'malformed',
      where,
      what: `not found: ${said || name}`,
      hint: 'check the name, the region and AWS_PROFILE',
    };
  if (code !== undefined && code >= 500)
    return {
      kind: 'unreachable',
      where,
      what: `answered ${code}: ${said}`,
      hint: 'check the AWS status page and the endpoint',
    };
  if (code !== undefined)
    return { kind: 'malformed', where, what: `answered ${code} ${name}: ${said}`, hint: 'try it by hand' };
  if (/TimeoutError|RequestTimeout/.test(name))
    return {
      kind: 'timeout',
      where,
      what: 'no answer in time',
      hint: 'check the VPN, the region and the endpoint',
    };
  return networkFault(error, where);
}

/** An answer, or what its error means; `to` says what we tried. */
export async function asked<T>(where: string, to: string, ask: () => Promise<T>): Promise<Result<T>> {
  try {
    return { ok: true, value: await ask() };
  } catch (error) {
    return { ok: false, fault: awsFault(error, where, to) };
  }
}
