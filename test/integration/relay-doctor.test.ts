// What doctor finds of a relay: on real servers, and each remedy is run and cures what it names.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { profiles } from '../../src/config/profiles.ts';
import { type Settings, settingsSchema } from '../../src/config/settings.ts';
import type { Checkup } from '../../src/core/health/checkup.ts';
import { runCheck } from '../../src/data/doctor-check.ts';
import { encryptionProbe } from '../../src/data/encryption.ts';
import { relayProbes } from '../../src/data/relay/doctor.ts';
import { launcher } from '../support/drill.ts';
import { endRedis, installed, started } from '../support/redis-server.ts';
import { nowhere } from '../support/terminal.ts';

afterEach(endRedis);

type More = { incident?: Record<string, unknown>; observe?: boolean; redis?: Record<string, unknown> };

function settings(port: number, { incident = {}, observe = false, redis }: More = {}): Settings {
  return settingsSchema.parse({
    profile: 'production',
    ...profiles.production,
    redis: { ...profiles.production?.redis, ...redis },
    incident: { relay: `redis://127.0.0.1:${port}`, ...incident },
    environment: { ...profiles.production?.environment, observe },
  });
}

const examine = (of: Settings) => runCheck(relayProbes(of, 5000), 15_000, new AbortController().signal);
const row = (found: readonly Checkup[], what: string) => found.find((one) => one.what === what);
const verdicts = (found: readonly Checkup[]) => Object.fromEntries(found.map(({ what, verdict }) => [what, verdict]));
const words = (todo = '') => todo.split(' ');

test('without a relay nothing is asked, and a relay on another host in clear is named', async () => {
  const none = settingsSchema.parse({ profile: 'production', ...profiles.production });
  expect(relayProbes(none, 1000)).toEqual([]);
  const far = settingsSchema.parse({
    profile: 'production',
    ...profiles.production,
    incident: { relay: 'redis://relay.internal:6379' },
  });
  const found = await encryptionProbe(far, {}).run(new AbortController().signal);
  expect(row(found, 'relay')).toMatchObject({
    verdict: 'warning',
    answer: 'relay.internal:6379: not encrypted',
    todo: expect.stringContaining('incident.relayTls'),
  });
});

describe.skipIf(!installed)('with redis-server', () => {
  test('a sound relay is ok in everything, and keeps nothing of the check', async () => {
    const { port, cli } = await started('--appendonly', 'yes');
    const found = await examine(settings(port));
    expect(verdicts(found)).toEqual({
      answers: 'ok',
      commands: 'ok',
      memory: 'ok',
      persistence: 'ok',
      'open incidents': 'ok',
      clock: 'ok',
      'shared looks': 'ok',
    });
    expect(cli('dbsize').trim()).toBe('0');
  });

  test('an observer writes nothing, also here', async () => {
    const { port, cli } = await started();
    expect(row(await examine(settings(port, { observe: true })), 'commands')?.verdict).toBe('ok');
    expect(cli('info', 'commandstats')).not.toMatch(/cmdstat_(set|xadd|sadd|pexpire|del|multi)\b/);
  });

  test('missing rights are named, and its remedy gives them', async () => {
    const { port, cli } = await started('--appendonly', 'yes');
    const rights = '-@all +@stream +@connection +get +set +del +mget +smembers +time -xadd';
    cli('acl', 'setuser', 'relay', 'on', '>hush', '~other:*', ...rights.split(' '));
    const of = settings(port, { incident: { relayUsername: 'relay', relayPassword: 'hush' } });
    for (let tries = 0; tries < 6; tries += 1) {
      const refused = (await examine(of)).filter(({ verdict }) => verdict !== 'ok');
      if (refused.length === 0) break;
      for (const { todo } of refused) cli(...words(todo));
    }
    expect((await examine(of)).filter(({ verdict }) => verdict !== 'ok')).toEqual([]);
    // No more than was needed was given.
    expect(cli('acl', 'getuser', 'relay')).not.toMatch(/allcommands|\+@all|flushall/);
  });

  test('who may not share looks reads so, and an observer takes them', async () => {
    const { port, cli } = await started('--appendonly', 'yes');
    cli('acl', 'setuser', 'relay', 'on', '>hush', '~{bentham:*}:[^l]*', '+@all');
    const of = { incident: { relayUsername: 'relay', relayPassword: 'hush' } };
    const looks = async (more: More = {}) => row(await examine(settings(port, { ...of, ...more })), 'shared looks');
    expect(await looks()).toMatchObject({ verdict: 'warning', todo: expect.stringContaining('ACL SETUSER relay') });
    cli(...words((await looks())?.todo));
    expect(await looks()).toMatchObject({ verdict: 'ok' });
    expect(await looks({ observe: true })).toMatchObject({
      verdict: 'ok',
      answer: expect.stringContaining('observing'),
    });
  });

  test('a policy that evicts, a full memory and a missing append-only file are named with what changes them', async () => {
    const { port, cli } = await started('--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru');
    const before = await examine(settings(port));
    expect(row(before, 'memory')).toMatchObject({ verdict: 'warning', answer: expect.stringContaining('evicted') });
    expect(row(before, 'persistence')).toMatchObject({ verdict: 'warning' });
    for (const what of ['memory', 'persistence']) cli(...words(row(before, what)?.todo));
    expect(verdicts(await examine(settings(port)))).toMatchObject({ memory: 'ok', persistence: 'ok' });
    cli('config', 'set', 'maxmemory', '1');
    const full = await examine(settings(port));
    expect(row(full, 'commands')).toMatchObject({
      verdict: 'warning',
      todo: expect.stringContaining('maxmemory on the relay'),
    });
    expect(row(full, 'memory')?.verdict).toBe('warning');
  });

  test('a replica, a wrong password, a server that is away and the Redis of the platform are named', async () => {
    const [one, two] = [await started(), await started()];
    two.cli('replicaof', '127.0.0.1', String(one.port));
    expect(row(await examine(settings(two.port)), 'commands')).toMatchObject({
      verdict: 'warning',
      todo: expect.stringContaining('incident.relay at the primary'),
    });
    const platform = settings(one.port, { redis: { url: `redis://127.0.0.1:${one.port}` } });
    expect(row(await examine(platform), 'separate server')?.verdict).toBe('warning');
    one.cli('config', 'set', 'requirepass', 'hush');
    expect(await examine(settings(one.port, { incident: { relayPassword: 'wrong' } }))).toMatchObject([
      { what: 'answers', verdict: 'warning', todo: expect.stringContaining('BENTHAM_INCIDENT_RELAY_PASSWORD') },
    ]);
    expect(await examine(settings(1))).toMatchObject([{ what: 'answers', verdict: 'warning' }]);
  });

  test('what keeps TLS, a Sentinel or a Cluster apart is named with the option that mends it', async () => {
    const { port } = await started();
    const todo = async (incident: Record<string, unknown>) =>
      row(await examine(settings(port, { incident })), 'answers')?.todo;
    expect(await todo({ relay: `rediss://127.0.0.1:${port}` })).toContain('incident.relayTls=disable');
    expect(await todo({ relaySentinel: 'incidents' })).toContain('incident.relaySentinel');
    expect(await todo({ relayCluster: true })).toBe('unset incident.relayCluster');
  });

  test('a Cluster that serves no slot is reported by the program, too', async () => {
    const { port } = await started('--cluster-enabled', 'yes');
    const home = mkdtempSync(path.join(tmpdir(), 'relay-doctor-'));
    const env = {
      ...nowhere(home),
      PATH: process.env.PATH ?? '',
      BENTHAM_INCIDENT_RELAY: `redis://127.0.0.1:${port}`,
      BENTHAM_INCIDENT_RELAY_CLUSTER: 'true',
    };
    const { stdout } = spawnSync(process.execPath, [launcher, 'doctor', '--json', '--timeout', '1'], {
      env,
      encoding: 'utf8',
    });
    rmSync(home, { recursive: true, force: true });
    const { checkups } = z
      .object({ checkups: z.array(z.object({ area: z.string(), what: z.string() })) })
      .parse(JSON.parse(stdout));
    expect(checkups).toContainEqual({ area: 'relay', what: 'answers' });
  });

  test('the streams of open incidents are measured; a full one is named', async () => {
    const { port, cli } = await started();
    const incident = '01ARZ3NDEKTSV4RRFFQ69G5FAV';
    cli('xadd', '{bentham:PRODUCTION}:index', '*', 'incident', incident, 'state', 'open');
    const fill = "for i=1,1000 do redis.call('xadd',KEYS[1],'*','line','x') end";
    cli('eval', fill, '1', `{bentham:PRODUCTION}:incident:${incident}`);
    expect(row(await examine(settings(port)), 'open incidents')).toMatchObject({
      verdict: 'ok',
      answer: expect.stringMatching(/^1: 1\D?000 entries, the longest 1\D?000 of 20\D?000$/),
    });
    const small = settings(port, { incident: { retentionEntries: 1000 } });
    expect(row(await examine(small), 'open incidents')).toMatchObject({
      verdict: 'warning',
      todo: expect.stringContaining('incident.retentionEntries'),
    });
  });
});

test.skipIf(installed)('skipped without redis-server: apt install redis-server', () => {});
