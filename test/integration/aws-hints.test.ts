// Errors of AWS, through the SDK from a server on loopback, and the next move: each name has its own cause.
import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { DescribeSecretCommand } from '@aws-sdk/client-secrets-manager';
import { expect, test } from 'vitest';
import type { Fault } from '../../src/core/world/reading.ts';
import { s3Client, secretsClient } from '../../src/data/aws/clients.ts';
import { awsFault } from '../../src/data/aws/faults.ts';
import { awsAnsweredBy } from '../support/aws-endpoint.ts';

type Answer = { status: number; body: string; headers?: Record<string, string> };

/** The fault of a request that AWS refused. */
async function faultOf(service: 's3' | 'secret', { status, body, headers = {} }: Answer): Promise<Fault> {
  const settings = await awsAnsweredBy((_, response) => response.writeHead(status, headers).end(body));
  try {
    if (service === 's3') await (await s3Client(settings, 5000)).send(new ListObjectsV2Command({ Bucket: 'b' }));
    else await (await secretsClient(settings, 5000)).send(new DescribeSecretCommand({ SecretId: 's' }));
  } catch (error) {
    return awsFault(error, 'there', 'list s3://b');
  }
  throw new Error('it answered');
}

const xml = (code: string, message = `said ${code}`, more = '') =>
  `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message>${more}</Error>`;
const json = (type: string, message = 'no') => JSON.stringify({ __type: type, message });
const arn = 'arn:aws:s3:::b';
const past = new Date(Date.now() - 20 * 60_000).toISOString();

test.each<readonly [status: number, body: string, kind: Fault['kind'], what: RegExp, hint: RegExp]>([
  [
    403,
    xml('RequestTimeTooSkewed', 'x', `<ServerTime>${past}</ServerTime>`),
    'forbidden',
    /20 m.* ahead/,
    /timedatectl/,
  ],
  [403, xml('RequestTimeTooSkewed'), 'forbidden', /clock/, /timedatectl/],
  [403, xml('InvalidObjectState'), 'forbidden', /archived/, /restore-object/],
  [400, xml('ExpiredToken'), 'forbidden', /expired/, /sso login.*AWS_SESSION_TOKEN/],
  [400, xml('InvalidToken'), 'forbidden', /session token/, /AWS_SESSION_TOKEN/],
  [403, xml('InvalidAccessKeyId'), 'forbidden', /does not know this access key/, /AWS_ACCESS_KEY_ID/],
  [403, xml('SignatureDoesNotMatch'), 'forbidden', /signature/, /AWS_SECRET_ACCESS_KEY/],
  [403, xml('AccessDenied'), 'forbidden', /not allowed to list s3:\/\/b/, /^request permission to list s3:\/\/b$/],
  [
    403,
    xml('AccessDenied', `User: arn:aws:iam::1:user/x is not authorized to perform: s3:ListBucket on resource: ${arn}`),
    'forbidden',
    /not allowed to list/,
    /^request s3:ListBucket on arn:aws:s3:::b$/,
  ],
  [
    403,
    xml(
      'AccessDenied',
      `User: x is not authorized to perform: s3:ListBucket on resource: ${arn} with an explicit deny`,
    ),
    'forbidden',
    /not allowed to list/,
    /explicitly/,
  ],
  [
    403,
    xml('AccessDenied', 'User: x is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:1:key/2'),
    'forbidden',
    /KMS key/,
    /kms:Decrypt/,
  ],
  [400, xml('KMS.DisabledException'), 'forbidden', /KMS key/, /enable the key/],
  [404, xml('NoSuchBucket'), 'malformed', /not found/, /evidence\.bucket/],
  [404, xml('NoSuchKey'), 'malformed', /not found/, /check the key/],
  [503, xml('SlowDown'), 'limited', /rate limited/, /wait/],
  [500, xml('InternalError'), 'unreachable', /answered 500/, /status page/],
  [400, xml('RequestTimeout'), 'timeout', /no answer in time/, /VPN/],
  [
    400,
    xml('AuthorizationHeaderMalformed', 'x', '<Region>eu-west-1</Region>'),
    'unconfigured',
    /eu-west-1/,
    /AWS_REGION=eu-west-1/,
  ],
  [400, xml('AuthorizationHeaderMalformed'), 'forbidden', /signature/, /AWS_SECRET_ACCESS_KEY/],
  [403, '<html>blocked by proxy</html>', 'forbidden', /403/, /proxy/],
  [418, xml('Strange'), 'malformed', /418 Strange: said Strange/, /by hand/],
])('S3 answers %i %s', async (status, body, kind, what, hint) => {
  const fault = await faultOf('s3', { status, body });
  expect(fault).toMatchObject({ kind, what: expect.stringMatching(what), hint: expect.stringMatching(hint) });
});

test('a bucket in another region is named with its region', async () => {
  const headers = { 'x-amz-bucket-region': 'ap-south-1' };
  const fault = await faultOf('s3', { status: 301, body: xml('PermanentRedirect'), headers });
  expect(fault).toMatchObject({ kind: 'unconfigured', hint: expect.stringContaining('ap-south-1') });
});

test.each<readonly [string, Fault['kind'], RegExp]>([
  ['ExpiredTokenException', 'forbidden', /sso login/],
  ['UnrecognizedClientException', 'forbidden', /AWS_ACCESS_KEY_ID/],
  ['InvalidSignatureException', 'forbidden', /AWS_SECRET_ACCESS_KEY/],
  ['AccessDeniedException', 'forbidden', /request permission/],
  ['DecryptionFailure', 'forbidden', /kms:Decrypt/],
  ['ThrottlingException', 'limited', /wait/],
  ['ResourceNotFoundException', 'malformed', /credentials\.secretId/],
])('Secrets Manager answers %s', async (name, kind, hint) => {
  const fault = await faultOf('secret', { status: 400, body: json(name) });
  expect(fault).toMatchObject({ kind, code: name, hint: expect.stringMatching(hint) });
});
