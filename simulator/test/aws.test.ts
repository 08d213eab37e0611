import {
  type DBClusterSnapshot,
  DescribeDBClusterSnapshotsCommand,
  DescribeDBClustersCommand,
  paginateDescribeDBClusterSnapshots,
  RDSClient,
  RestoreDBClusterToPointInTimeCommand,
} from '@aws-sdk/client-rds';
import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretCommand,
} from '@aws-sdk/client-secrets-manager';
import { afterEach, expect, test, vi } from 'vitest';
import { type RdsOptions, startRds } from '../aws/rds.ts';
import { startSecrets } from '../aws/secrets.ts';
import { takeCredentials } from '../remedies.ts';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});
const common = (endpoint: string) => ({
  endpoint,
  region: 'eu-west-1',
  maxAttempts: 1,
  credentials: { accessKeyId: 'AKIADRILL', secretAccessKey: 'drill' },
});
const cluster = 'bentham-prod';

async function rds(options: RdsOptions = {}) {
  const server = await startRds(options);
  const client = new RDSClient(common(server.url));
  stops.push(async () => client.destroy(), server.stop);
  return client;
}

test('snapshots are taken continuously; if they stop, the newest gets older', async () => {
  const [goes, stopped] = [await rds(), await rds({ newestSnapshot: 3 * 3_600_000 })];
  const newest = async (client: RDSClient) => {
    const all = await client.send(
      new DescribeDBClusterSnapshotsCommand({ SnapshotType: 'automated', MaxRecords: 100 }),
    );
    const second = await client.send(
      new DescribeDBClusterSnapshotsCommand({ SnapshotType: 'automated', MaxRecords: 100, Marker: all.Marker }),
    );
    const made = [...(all.DBClusterSnapshots ?? []), ...(second.DBClusterSnapshots ?? [])];
    return Math.max(...made.map((one) => Number(one.SnapshotCreateTime)));
  };
  const before = [await newest(goes), await newest(stopped)];
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 2 * 3_600_000 });
  try {
    expect(await newest(goes)).toBe((before[0] ?? 0) + 2 * 3_600_000);
    expect(await newest(stopped)).toBe(before[1]);
  } finally {
    vi.useRealTimers();
  }
});

test('snapshots: a week of hourly and a month of daily ones, in pages', async () => {
  const client = await rds();
  const found: DBClusterSnapshot[] = [];
  for await (const page of paginateDescribeDBClusterSnapshots({ client }, { DBClusterIdentifier: cluster })) {
    found.push(...(page.DBClusterSnapshots ?? []));
  }
  const of = (kind: string) => found.filter((one) => one.SnapshotType === kind);
  expect([of('automated').length, of('manual').length]).toEqual([168, 30]);
  const newest = Math.max(...found.map((one) => one.SnapshotCreateTime?.getTime() ?? 0));
  expect(Date.now() - newest).toBeLessThan(3_600_000);
  const none = await client.send(new DescribeDBClusterSnapshotsCommand({ DBClusterIdentifier: 'other' }));
  expect(none.DBClusterSnapshots ?? []).toEqual([]);
});

test('a restore creates a new cluster that becomes available, and does not change the old one', async () => {
  const client = await rds({ restore: 30 });
  const status = async (DBClusterIdentifier: string) =>
    (await client.send(new DescribeDBClustersCommand({ DBClusterIdentifier }))).DBClusters?.[0]?.Status;
  const wanted = {
    SourceDBClusterIdentifier: cluster,
    DBClusterIdentifier: 'bentham-recovered',
    RestoreToTime: new Date(Date.now() - 7_200_000),
  };
  await expect(status('bentham-recovered')).rejects.toMatchObject({ name: 'DBClusterNotFoundFault' });
  const made = await client.send(new RestoreDBClusterToPointInTimeCommand(wanted));
  expect(made.DBCluster).toMatchObject({ DBClusterIdentifier: 'bentham-recovered', Status: 'creating' });
  await vi.waitFor(async () => expect(await status('bentham-recovered')).toBe('available'), 30_000);
  expect(await status(cluster)).toBe('available');
  const again = client.send(new RestoreDBClusterToPointInTimeCommand(wanted));
  await expect(again).rejects.toMatchObject({ name: 'DBClusterAlreadyExistsFault' });
});

test('nothing is restored to a time outside the window', async () => {
  const client = await rds();
  for (const time of [new Date(Date.now() + 60_000), new Date('2020-01-01T00:00:00Z')]) {
    const wanted = { SourceDBClusterIdentifier: cluster, DBClusterIdentifier: 'x', RestoreToTime: time };
    const refused = client.send(new RestoreDBClusterToPointInTimeCommand(wanted));
    await expect(refused).rejects.toMatchObject({ name: 'InvalidRestoreFault' });
  }
});

test('a changed secret keeps its previous value', async () => {
  const changes: string[] = [];
  const SecretId = 'bentham/db-credentials';
  const server = await startSecrets({ id: SecretId, text: 'one', changed: (text) => changes.push(text) });
  const client = new SecretsManagerClient(common(server.url));
  stops.push(async () => client.destroy(), server.stop);
  const value = async (VersionStage: string) =>
    (await client.send(new GetSecretValueCommand({ SecretId, VersionStage }))).SecretString;
  await client.send(new UpdateSecretCommand({ SecretId, SecretString: 'two' }));
  expect([await value('AWSCURRENT'), await value('AWSPREVIOUS')]).toEqual(['two', 'one']);
  await client.send(new PutSecretValueCommand({ SecretId, SecretString: 'three' }));
  expect([await value('AWSCURRENT'), await value('AWSPREVIOUS')]).toEqual(['three', 'two']);
  const { VersionIdsToStages = {} } = await client.send(new DescribeSecretCommand({ SecretId }));
  expect(Object.values(VersionIdsToStages).flat().sort()).toEqual(['AWSCURRENT', 'AWSPREVIOUS']);
  expect(changes).toEqual(['two', 'three']);
  const other = client.send(new GetSecretValueCommand({ SecretId: 'other' }));
  await expect(other).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
});

test('the platform uses the login in the secret, and ignores a text that is no login', () => {
  const taken: string[] = [];
  const cluster = { user: 'bentham', logInWith: (password: string) => void taken.push(password) };
  takeCredentials(cluster, '{"username":"bentham","password":"new"}');
  takeCredentials(cluster, '{"username":"somebody","password":"else"}');
  takeCredentials(cluster, 'no login');
  expect(taken).toEqual(['new']);
});
