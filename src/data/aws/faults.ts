// What an error of an AWS client means, by the name that AWS gives it (Amazon S3, Error responses; aws-cli's messages),
// and the next move that cures it.
import { formatAge } from '../../core/text/format.ts';
import { sanitize } from '../../core/text/text.ts';
import type { Fault, FaultKind } from '../../core/world/reading.ts';
import { networkFault } from '../network.ts';
import type { Result } from '../source.ts';
import { KeptBack } from '../unencrypted.ts';

/** An error as the SDK gives it: AWS's own name for it, the HTTP status, and what the answer had beside them. */
type AwsError = {
  name?: string;
  message?: string;
  $metadata?: { httpStatusCode?: number };
  $response?: { headers?: Readonly<Record<string, string>> };
  /** S3, of a clock that is wrong. */
  ServerTime?: unknown;
  /** S3, of a bucket that lies elsewhere. */
  Region?: unknown;
};

type Told = { kind: FaultKind; what: string; hint: string };

/** What was tried: `list s3://bentham-evidence`. */
type Known = (error: AwsError, to: string) => Told;

const archived: Known = () => ({
  kind: 'forbidden',
  what: 'the object is archived (Glacier)',
  hint: 'bring it back first: aws s3api restore-object --restore-request Days=7 …; it takes minutes to hours',
});
const clock: Known = (error) => ({
  kind: 'forbidden',
  what: `the clock of this machine is ${skewOf(error) ?? 'wrong'}`,
  hint: 'set it (timedatectl, NTP): AWS refuses requests that are 15 minutes off',
});
const expired: Known = () => ({
  kind: 'forbidden',
  what: 'AWS credentials expired',
  hint: 'run aws sso login, or renew AWS_SESSION_TOKEN',
});
const unknownKey: Known = () => ({
  kind: 'forbidden',
  what: 'AWS does not know this access key',
  hint: 'check AWS_ACCESS_KEY_ID, AWS_PROFILE and the endpoint: deleted, disabled, or of another account',
});
const badToken: Known = () => ({
  kind: 'forbidden',
  what: 'AWS refused the session token',
  hint: 'run aws sso login, or unset AWS_SESSION_TOKEN where the key needs none',
});
const wrongSecret: Known = () => ({
  kind: 'forbidden',
  what: 'AWS refused the signature',
  hint: 'check AWS_SECRET_ACCESS_KEY, then the clock, then a proxy that changes requests',
});
const elsewhere: Known = (error) => {
  const region = sanitize(error.Region ?? error.$response?.headers?.['x-amz-bucket-region'] ?? '', 40);
  return {
    kind: 'unconfigured',
    what: `the bucket is in another region${region ? `: ${region}` : ''}`,
    hint: `set AWS_REGION${region ? `=${region}` : ''}, or evidence.region`,
  };
};
/** Of its many reasons the region is the one that is told apart. */
const badHeader: Known = (error, to) => (error.Region === undefined ? wrongSecret(error, to) : elsewhere(error, to));
const slower: Known = ({ name }) => ({
  kind: 'limited',
  what: `rate limited: ${name}`,
  hint: 'wait a minute; the limit is shared',
});
const keyUnusable: Known = ({ message }, to) => ({
  kind: 'forbidden',
  what: `the KMS key cannot be used: ${sanitize(message, 160)}`,
  hint: `request kms:Decrypt and kms:GenerateDataKey on the key, to ${to}; or enable the key`,
});
const denied: Known = (error, to) => {
  const said = sanitize(error.message, 400);
  if (/\bkms[:\s]/i.test(said)) return keyUnusable(error, to);
  const [, action, resource] = /not authorized to perform: (\S+)(?: on resource: (\S+))?/.exec(said) ?? [];
  const permission = action ? `${action}${resource ? ` on ${resource}` : ''}` : `permission to ${to}`;
  const hint = /explicit deny/.test(said)
    ? `a policy denies ${action ?? 'it'} explicitly: its owner has to change that (bucket, role, organization)`
    : `request ${permission}`;
  return { kind: 'forbidden', what: `not allowed to ${to}`, hint };
};
const absent =
  (hint: string): Known =>
  ({ name, message }) => ({ kind: 'malformed', what: `not found: ${sanitize(message, 160) || name}`, hint });
const nowhere = 'check the name, the region and AWS_PROFILE';

/** Every known error name of AWS, and its meaning. */
const byName: Readonly<Record<string, Known>> = {
  ...named(archived, 'InvalidObjectState'),
  ...named(clock, 'RequestTimeTooSkewed', 'RequestInTheFuture', 'RequestExpired'),
  ...named(expired, 'ExpiredToken', 'ExpiredTokenException', 'TokenRefreshRequired'),
  ...named(unknownKey, 'InvalidAccessKeyId', 'InvalidClientTokenId', 'UnrecognizedClientException'),
  ...named(badToken, 'InvalidToken'),
  ...named(unknownKey, 'AuthFailure', 'MissingAuthenticationToken', 'NotSignedUp', 'OptInRequired'),
  ...named(wrongSecret, 'SignatureDoesNotMatch', 'InvalidSignatureException', 'IncompleteSignature'),
  ...named(elsewhere, 'PermanentRedirect', 'IllegalLocationConstraintException'),
  ...named(badHeader, 'AuthorizationHeaderMalformed'),
  ...named(slower, 'SlowDown', 'Throttling', 'ThrottlingException', 'ThrottledException', 'RequestThrottled'),
  ...named(slower, 'RequestThrottledException', 'RequestLimitExceeded', 'TooManyRequestsException'),
  ...named(slower, 'BandwidthLimitExceeded', 'RequestBytesLimitExceeded', 'LimitExceededException'),
  ...named(keyUnusable, 'KMS.DisabledException', 'KMS.NotFoundException', 'KMS.KMSInvalidStateException'),
  ...named(keyUnusable, 'KMSAccessDeniedException', 'KMSDisabledException', 'KMSInvalidStateException'),
  ...named(keyUnusable, 'DecryptionFailure', 'EncryptionFailure', 'KMSKeyNotAccessibleFault'),
  ...named(denied, 'AccessDenied', 'AccessDeniedException', 'UnauthorizedOperation', 'Forbidden', 'AccountProblem'),
  ...named(denied, 'AllAccessDisabled', '403', 'NotAuthorized', 'UnauthorizedAccess'),
  ...named(absent('check evidence.bucket, the endpoint and AWS_PROFILE'), 'NoSuchBucket'),
  ...named(absent('check the key: list it with its prefix'), 'NoSuchKey', 'NoSuchVersion'),
  ...named(absent('check backups.cluster, the region and AWS_PROFILE'), 'DBClusterNotFoundFault'),
  ...named(absent('check credentials.secretId, the region and AWS_PROFILE'), 'ResourceNotFoundException'),
  ...named(absent(nowhere), 'NotFound', '404'),
  ...named(
    () => ({ kind: 'timeout', what: 'no answer in time', hint: 'check the VPN, the region and the endpoint' }),
    'TimeoutError',
    'RequestTimeout',
    'RequestTimeoutException',
  ),
};

function named(known: Known, ...names: readonly string[]): Record<string, Known> {
  return Object.fromEntries(names.map((name) => [name, known]));
}

/** An error of an AWS client, of `where`, while we tried `to` (`list s3://bentham-evidence`). */
export function awsFault(error: unknown, where: string, to: string): Fault {
  if (error instanceof KeptBack) return error.fault;
  const own = (error ?? {}) as AwsError;
  const { name = '' } = own;
  const status = own.$metadata?.httpStatusCode;
  const told =
    unsigned(own) ?? (Object.hasOwn(byName, name) ? byName[name]?.(own, to) : undefined) ?? byStatus(own, status, to);
  if (!told) return networkFault(error, where);
  const code = sanitize(name, 60) || undefined;
  return {
    ...told,
    where,
    code: code && !/^Error$/.test(code) ? code : status === undefined ? undefined : String(status),
  };
}

/** The request could not be signed, and was not sent. */
function unsigned({ name = '', message = '' }: AwsError): Told | undefined {
  if (/CredentialsProviderError|TokenProviderError/.test(name))
    return {
      kind: 'unconfigured',
      what: `no AWS credentials: ${sanitize(message, 160)}`,
      hint: 'run aws sso login, or set AWS_PROFILE',
    };
  if (/region is missing/i.test(message))
    return { kind: 'unconfigured', what: 'no AWS region', hint: 'set AWS_REGION, or evidence.region' };
  return undefined;
}

/** What only its HTTP status tells. */
function byStatus(error: AwsError, status: number | undefined, to: string): Told | undefined {
  if (status === undefined) return undefined;
  const { name = '', message } = error;
  const said = sanitize(message, 160);
  if (status === 301) return elsewhere(error, to);
  if (status === 404) return absent(nowhere)(error, to);
  if (status === 429) return slower(error, to);
  if (status >= 500)
    return {
      kind: 'unreachable',
      what: `answered ${status}: ${said}`,
      hint: 'check the AWS status page and the endpoint',
    };
  if (status === 401 || status === 403)
    return {
      kind: 'forbidden',
      what: `refused (${status} ${sanitize(name, 60)}): ${said}`,
      hint: `a proxy, or a missing permission to ${to}`,
    };
  return { kind: 'malformed', what: `answered ${status} ${sanitize(name, 60)}: ${said}`, hint: 'try it by hand' };
}

/** `18 m ahead`, by AWS's own clock; undefined where it did not tell the time. */
function skewOf({ ServerTime, $response }: AwsError): string | undefined {
  const theirs = Date.parse(String(ServerTime ?? $response?.headers?.date ?? ''));
  const off = Date.now() - theirs;
  return Number.isNaN(off) ? undefined : `${formatAge(Math.abs(off))} ${off > 0 ? 'ahead' : 'behind'}`;
}

/** An answer, or what its error means; `to` says what we tried. */
export async function asked<T>(where: string, to: string, ask: () => Promise<T>): Promise<Result<T>> {
  try {
    return { ok: true, value: await ask() };
  } catch (error) {
    return { ok: false, fault: awsFault(error, where, to) };
  }
}

/** The same by a client of its own, which it destroys. */
export function askedWith<C extends { destroy(): void }, T>(
  client: Promise<C>,
  where: string,
  to: string,
  ask: (client: C) => Promise<T>,
): Promise<Result<T>> {
  return asked(where, to, async () => {
    const made = await client;
    try {
      return await ask(made);
    } finally {
      made.destroy();
    }
  });
}
