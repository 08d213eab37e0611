// The AWS probes against small servers on loopback that answer as AWS does.
import { expect, test } from 'vitest';
import type { Checkup } from '../../src/core/health/checkup.ts';
import { awsProbes } from '../../src/data/aws/doctor.ts';
import { awsFault } from '../../src/data/aws/faults.ts';
import { runCheck } from '../../src/data/doctor-check.ts';
import { awsAnsweredBy } from '../support/aws-endpoint.ts';

type Answer = { status?: number; body: string };

async function probe(answer: (path: string, body: string) => Answer | undefined): Promise<Checkup[]> {
  const settings = await awsAnsweredBy(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const said = answer(request.url ?? '', body);
    // No answer at all: the client's own deadline has to end it.
    if (said) response.writeHead(said.status ?? 200).end(said.body);
  });
  return runCheck(awsProbes(settings, 700), 5000, new AbortController().signal);
}

const error = (code: string) =>
  `<?xml version="1.0"?><Error><Code>${code}</Code><Message>said ${code}</Message></Error>`;
const lines = (found: readonly Checkup[]) => found.map(({ verdict, what, answer }) => `${verdict} ${what}: ${answer}`);

const clusters = (restorable: string) => `<DescribeDBClustersResponse xmlns="http://rds.amazonaws.com/doc/2014-10-31/">
  <DescribeDBClustersResult><DBClusters><DBCluster><DBClusterIdentifier>bentham-prod</DBClusterIdentifier>
  <LatestRestorableTime>${restorable}</LatestRestorableTime></DBCluster></DBClusters></DescribeDBClustersResult>
</DescribeDBClustersResponse>`;
const snapshots = `<DescribeDBClusterSnapshotsResponse xmlns="http://rds.amazonaws.com/doc/2014-10-31/">
  <DescribeDBClusterSnapshotsResult><DBClusterSnapshots/></DescribeDBClusterSnapshotsResult>
</DescribeDBClusterSnapshotsResponse>`;

test('answers of AWS are reported: bucket, versions, lock, backups, secret', async () => {
  const found = await probe((path, body) => {
    if (path.includes('versioning'))
      return { body: '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>' };
    if (path.includes('versions')) return { body: '<ListVersionsResult/>' };
    if (path.includes('object-lock')) return { status: 404, body: error('ObjectLockConfigurationNotFoundError') };
    if (path.startsWith('/bentham-evidence'))
      return { body: '<ListBucketResult><KeyCount>1</KeyCount></ListBucketResult>' };
    if (body.includes('DescribeDBClusterSnapshots')) return { body: snapshots };
    if (body.includes('DescribeDBClusters')) return { body: clusters('2026-01-17T02:00:00Z') };
    return { body: JSON.stringify({ Name: 'bentham/db-credentials' }) };
  });
  expect(lines(found)).toEqual([
    'ok bucket bentham-evidence: readable',
    'ok versions: kept, readable',
    'warning object lock: off',
    'warning cluster bentham-prod: restorable to 2026-01-17 02:00:00Z, no snapshots',
    'ok secret bentham/db-credentials: bentham/db-credentials',
  ]);
});

test('a refusal names the missing permission', async () => {
  const found = await probe((path, body) => {
    if (path.startsWith('/bentham-evidence')) return { status: 403, body: error('AccessDenied') };
    if (body.includes('Describe'))
      return { status: 403, body: `<ErrorResponse>${error('AccessDenied').slice(21)}</ErrorResponse>` };
    return { status: 400, body: JSON.stringify({ __type: 'AccessDeniedException', message: 'no' }) };
  });
  expect(lines(found)).toEqual([
    expect.stringContaining(
      'warning bucket bentham-evidence: not allowed to list s3://bentham-evidence (s3:ListBucket)',
    ),
    expect.stringContaining(
      'warning cluster bentham-prod: not allowed to describe bentham-prod (rds:DescribeDBClusters)',
    ),
    expect.stringContaining('not allowed to describe bentham/db-credentials (secretsmanager:DescribeSecret)'),
  ]);
});

test('no answer ends at the deadline as unknown; a missing resource is named', async () => {
  const found = await probe((path) =>
    path.startsWith('/bentham-evidence') ? { status: 404, body: error('NoSuchBucket') } : undefined,
  );
  expect(found.map((one) => one.verdict)).toEqual(['warning', 'unknown', 'unknown']);
  expect(found[0]?.answer).toContain('not found: said NoSuchBucket');
});

test('errors of the SDK itself', () => {
  const named = (name: string, message = '', status?: number) =>
    awsFault(Object.assign(new Error(message), { name, $metadata: { httpStatusCode: status } }), 'there', 'look');
  expect(named('CredentialsProviderError', 'Could not load')).toMatchObject({
    kind: 'unconfigured',
    hint: expect.stringContaining('AWS_PROFILE'),
  });
  expect(named('Error', 'Region is missing')).toMatchObject({ kind: 'unconfigured', what: 'no AWS region' });
  expect(named('ExpiredToken', '', 400)).toMatchObject({
    kind: 'forbidden',
    hint: expect.stringContaining('sso login'),
  });
  expect(named('InternalError', 'oops', 500)).toMatchObject({ kind: 'unreachable' });
  expect(awsFault(Object.assign(new Error('x'), { code: 'ECONNREFUSED' }), 'there', 'look')).toMatchObject({
    kind: 'refused',
  });
});
