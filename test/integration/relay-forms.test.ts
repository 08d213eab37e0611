// The relay in every form that Redis has: with an ACL user, over TLS, behind a Sentinel, as a Cluster.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { selfSigned } from '../../simulator/certificate.ts';
import { freePort } from '../../simulator/postgres/server.ts';
import { profiles } from '../../src/config/profiles.ts';
import { settingsSchema } from '../../src/config/settings.ts';
import { type RelayOptions, relayOptions } from '../../src/data/relay/connect.ts';
import { Leases } from '../../src/data/relay/lease.ts';
import { bound } from '../support/bound.ts';
import { eventually } from '../support/eventually.ts';
import { endRedis, installed, started } from '../support/redis-server.ts';
import { Carrier, client, endRelays, nextId } from '../support/relay.ts';

let directory: string | undefined;
let sentinel: ChildProcess | undefined;

afterEach(async () => {
  await endRelays();
  sentinel?.kill('SIGKILL');
  sentinel = undefined;
  await endRedis();
  if (directory) rmSync(directory, { recursive: true, force: true });
  directory = undefined;
});

function options(incident: Record<string, unknown>): RelayOptions {
  const settings = settingsSchema.parse({ profile: 'production', ...profiles.production, incident });
  const found = relayOptions(settings);
  if (!found) throw new Error('no relay');
  return found;
}

/** Two cockpits share an incident, and one of them gets the lease. */
async function shares(at: RelayOptions): Promise<void> {
  const [one, two] = ['a', 'b'].map((name) => new Carrier(at, name)) as [Carrier, Carrier];
  const incident = nextId();
  one.write(incident, 'x');
  await eventually(() => expect(two.has(incident)).toEqual(['a x']));
  two.write(incident, 'y');
  await eventually(() => expect(one.has(incident)).toEqual(['a x', 'b y']));
  const leases = new Leases(await client(at), at);
  const holder = { session: 's', name: 'ops', host: 'h' };
  expect(await leases.take({ of: 'control', id: incident }, holder)).toEqual({ ok: true, fence: 1 });
  expect(await leases.keep({ of: 'control', id: incident }, holder, 1)).toEqual({ ok: true, fence: 1 });
}

describe.skipIf(!installed)('with redis-server', () => {
  test('an ACL user with the rights that the documentation names is enough; others cannot use it', async () => {
    const { port, cli } = await started();
    const rights =
      '-@all +@stream +@transaction +@connection +get +set +del +mget +pexpire +sadd +srem +smembers +time +cluster|slots';
    cli('acl', 'setuser', 'relay', 'on', '>hush', '~{bentham:*}:*', ...rights.split(' '));
    cli('acl', 'setuser', 'default', 'off');
    const url = `redis://127.0.0.1:${port}`;
    await shares(options({ relay: url, relayUsername: 'relay', relayPassword: 'hush' }));
    const refused = new Carrier(options({ relay: url, relayUsername: 'relay', relayPassword: 'wrong' }), 'c');
    await eventually(() =>
      expect(refused.link.state).toMatchObject({ fault: { kind: 'forbidden', what: 'user or password not accepted' } }),
    );
  });

  test('TLS is verified with the CA that was given, and with no other', async () => {
    directory = mkdtempSync(path.join(tmpdir(), 'relay-tls-'));
    const { key, cert } = selfSigned('relay');
    const [keyFile, certFile] = [path.join(directory, 'key.pem'), path.join(directory, 'cert.pem')];
    writeFileSync(keyFile, key, { mode: 0o600 });
    writeFileSync(certFile, cert);
    const port = await freePort();
    const tls = ['--tls-cert-file', certFile, '--tls-key-file', keyFile, '--tls-ca-cert-file', certFile];
    await started('--tls-port', String(port), ...tls, '--tls-auth-clients', 'no');
    await shares(options({ relay: `rediss://127.0.0.1:${port}`, relayCaFile: certFile }));
    const stranger = new Carrier(options({ relay: `rediss://127.0.0.1:${port}` }), 'c');
    await eventually(() => expect(stranger.link.state).toMatchObject({ state: 'away' }));
  });

  test("a Sentinel's master is found by its name", async () => {
    const { port } = await started();
    directory = mkdtempSync(path.join(tmpdir(), 'relay-sentinel-'));
    const file = path.join(directory, 'sentinel.conf');
    const own = await freePort();
    writeFileSync(file, `bind 127.0.0.1\nport ${own}\nsentinel monitor incidents 127.0.0.1 ${port} 1\n`);
    sentinel = bound(spawn('redis-server', [file, '--sentinel'], { stdio: 'ignore', cwd: directory }));
    await shares(options({ relay: `redis://127.0.0.1:${own}`, relaySentinel: 'incidents' }));
  });

  test('a Cluster is entered by any of its nodes; everything lies in one slot', async () => {
    const cluster = ['--cluster-enabled', 'yes'];
    const [one, two] = [await started(...cluster), await started(...cluster)];
    one.cli('cluster', 'addslotsrange', '0', '8191');
    two.cli('cluster', 'addslotsrange', '8192', '16383');
    one.cli('cluster', 'meet', '127.0.0.1', String(two.port));
    for (const node of [one, two]) await eventually(() => expect(node.cli('cluster', 'info')).toContain('state:ok'));
    for (const { port } of [one, two])
      await shares(options({ relay: `redis://127.0.0.1:${port}`, relayCluster: true, prefix: `from-${port}` }));
    const keys = [one, two].map(({ cli }) => cli('--raw', 'keys', '*').split('\n').filter(Boolean));
    const prefixes = keys.map((names) => new Set(names.map((name) => name.split(':')[0])));
    expect([...(prefixes[0] ?? [])].filter((name) => prefixes[1]?.has(name))).toEqual([]);
  });
});

test.skipIf(installed)('skipped without redis-server: apt install redis-server', () => {});
