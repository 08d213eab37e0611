// When a failover is advised, and when it is refused: over what is known of the primary, the platform and the replica.
import { describe, expect, test } from 'vitest';
import { failoverDatabase } from '../../src/actions/failover.ts';
import type { Plan } from '../../src/core/actions/action.ts';
import type { ActionContext, Answer, Preflight } from '../../src/core/actions/preflight.ts';
import { evaluate } from '../../src/core/health/evaluate.ts';
import { evaluateFailover } from '../../src/core/health/failover.ts';
import { nothingKnown } from '../../src/core/incident/checklist.ts';
import type { Database, Gateway, HealthEndpoint, ReplicaWal } from '../../src/core/world/facts.ts';
import type { Fault, Reading } from '../../src/core/world/reading.ts';
import type { Readings } from '../../src/core/world/world.ts';
import { findStep } from '../../src/runbook/checklists.ts';
import { recommendRestart } from '../../src/runbook/restart-advice.ts';
import { recommendFailover, sev1 } from '../../src/runbook/sev1.ts';
import { live, now, world } from '../support/world.ts';

type Says = 'yes' | 'no' | 'unsure';

const fault = (kind: Fault['kind'], what: string, code?: string): Fault => ({
  ...{ kind, where: 'db-primary:5432', what, hint: 'look' },
  ...(code ? { code } : {}),
});
const away = (of: Fault, before?: Database, at = now - 240_000): Reading<Database> => ({
  ...{ state: 'lost', fault: of, at },
  ...(before ? { last: { value: before, at, from: 'test' } } : {}),
});
const database = (more: Partial<Database>): Database => ({
  ...{ where: 'db:5432', database: 'bentham', version: '15', latency: 3, inRecovery: false, missing: [], ...more },
});
const keptUp = database({ lag: { bytes: 0, ms: 0, streaming: true, replicas: 1 } });
const refused = away(fault('refused', 'connection refused', 'ECONNREFUSED'), keptUp);

const primaries: Readonly<Record<string, readonly [Reading<Database>, Says]>> = {
  answers: [live<'primary'>(keptUp), 'no'],
  'is in recovery': [live<'primary'>(database({ inRecovery: true })), 'no'],
  'refuses connections': [refused, 'yes'],
  'times out': [away(fault('timeout', 'timed out after 2 s', 'ETIMEDOUT'), keptUp), 'yes'],
  'has no route': [away(fault('unreachable', 'no route to the host', 'EHOSTUNREACH')), 'yes'],
  'answers too late': [away(fault('timeout', 'timed out after 2 s')), 'unsure'],
  'cancels a slow query': [away(fault('timeout', 'the query took too long', '57014')), 'unsure'],
  'does not accept the password': [away(fault('forbidden', 'password of ops not accepted', '28P01')), 'unsure'],
  'has too many clients': [away(fault('refused', 'sorry, too many clients already', '53300')), 'unsure'],
  starts: [away(fault('refused', 'the database system is starting up', '57P03')), 'unsure'],
  'has no disk left': [away(fault('refused', 'could not extend file', '53100')), 'unsure'],
  'has a name that is unknown': [away(fault('unreachable', 'host name unknown', 'ENOTFOUND')), 'unsure'],
  'is beyond a network without route': [away(fault('unreachable', 'network unreachable', 'ENETUNREACH')), 'unsure'],
  'cuts the connection': [away(fault('unreachable', 'connection reset', 'ECONNRESET')), 'unsure'],
  'has an expired certificate': [away(fault('malformed', 'certificate expired', 'CERT_HAS_EXPIRED')), 'unsure'],
  'is away behind pgbouncer': [away(fault('refused', 'pgbouncer does not reach the server', '08P01')), 'unsure'],
  // Its words say what a dead one’s do; its code does not.
  'only says connection refused': [away(fault('refused', 'connection refused')), 'unsure'],
  'has not answered yet': [{ state: 'pending' }, 'unsure'],
  'answered long ago': [live<'primary'>(keptUp, now - 60_000), 'unsure'],
};

const endpoint = (path: string, word?: string, more: Partial<HealthEndpoint> = {}): HealthEndpoint => ({
  ...{ url: `https://api.bentham.io${path}`, statusCode: 200, latency: 5, status: 'ok', healthy: true, at: now },
  services: word === undefined ? [] : [{ name: 'database', word, healthy: word === 'ok' || word === 'healthy' }],
  ...more,
});
const gateway = (health: HealthEndpoint, detailed: HealthEndpoint) => live<'gateway'>({ health, detailed });
const plain = (word?: string, more?: Partial<HealthEndpoint>) => endpoint('/health', word, more);
const detailed = (word?: string, more?: Partial<HealthEndpoint>) => endpoint('/v1/health', word, more);
const limited = { statusCode: 429, status: 'Too Many Requests', healthy: false };
const silent = { problem: 'timed out after 2 s', fault: 'timeout', healthy: false } as const;
const { statusCode: _, ...unheard } = plain(undefined, silent);

const platforms: Readonly<Record<string, readonly [Reading<Gateway>, Says]>> = {
  'well on both': [gateway(plain('healthy'), detailed('ok')), 'no'],
  'ill on both': [gateway(plain('unhealthy'), detailed('error')), 'yes'],
  'ill on /health only': [gateway(plain('unhealthy'), detailed(undefined, { statusCode: 404, absent: true })), 'yes'],
  // The platform as it is: /health answers {"status":"ok"} whatever happens, and does not speak of the database.
  'ill on /v1/health only': [gateway(plain(), detailed('error')), 'yes'],
  'ill on one, no answer on the other': [gateway(unheard, detailed('error')), 'yes'],
  'silent: no answer': [{ state: 'lost', at: now, fault: fault('timeout', 'timed out', 'ETIMEDOUT') }, 'unsure'],
  'silent: healthy, without a word of the database': [gateway(plain(), detailed()), 'unsure'],
  'silent: unhealthy, without a word of the database': [
    gateway(plain(undefined, { statusCode: 503, healthy: false }), detailed(undefined, { statusCode: 503 })),
    'unsure',
  ],
  'contradicting: well on /health': [gateway(plain('healthy'), detailed('error')), 'unsure'],
  'contradicting: well on /v1/health': [gateway(plain('down'), detailed('ok')), 'unsure'],
  'unclear: a word that nobody knows': [gateway(plain(), detailed('wobbly')), 'unsure'],
  'ill, and well on the other two minutes ago': [gateway(plain('ok', { at: now - 120_000 }), detailed('error')), 'yes'],
  'well for a replica only': [
    gateway(
      plain(undefined, { services: [{ name: 'database-replica', word: 'ok', healthy: true }] }),
      detailed('disconnected'),
    ),
    'yes',
  ],
  'rate limited': [gateway(plain(undefined, limited), detailed(undefined, limited)), 'unsure'],
  // A limiter’s page with health’s own words is not health.
  'rate limited with words': [gateway(plain('error', limited), detailed('error', limited)), 'unsure'],
  'asked for a login': [
    gateway(plain(undefined, { statusCode: 401 }), detailed('error', { statusCode: 403 })),
    'unsure',
  ],
  'well, long ago': [live<'gateway'>({ health: plain('ok'), detailed: detailed('ok') }, now - 60_000), 'unsure'],
};

const wal: ReplicaWal = { receiving: false, received: '0/3000148', replayed: '0/3000148', waiting: 0 };
const standby = (more: Partial<ReplicaWal>, lag: Partial<NonNullable<Database['lag']>> = {}, rest = {}) =>
  live<'replica'>(
    database({ inRecovery: true, wal: { ...wal, ...more }, lag: { ms: 250_000, streaming: false, ...lag }, ...rest }),
  );
const receiving = { receiving: true, receiver: { from: 'db-primary:5432', silence: 400 } };

const replicas: Readonly<Record<string, readonly [Reading<Database>, Says]>> = {
  receiving: [standby(receiving, { streaming: true, ms: 0 }), 'no'],
  'stopped: no receiver': [standby({}), 'yes'],
  'stopped: a receiver that hears nothing': [
    standby({ receiver: { from: 'db-primary:5432', silence: 80_000 } }),
    'yes',
  ],
  'stopped, with log to replay': [standby({ waiting: 64 * 1024 ** 2 }), 'yes'],
  'stopped, age unknown': [standby({}, { ms: undefined as never }), 'yes'],
  'stopped, replay paused': [standby({}, { paused: true }), 'unsure'],
  'stopped since it was started': [
    live<'replica'>(database({ inRecovery: true, wal: { receiving: false } })),
    'unsure',
  ],
  'not visible': [live<'replica'>(database({ inRecovery: true })), 'unsure'],
  'unknown: no answer': [{ state: 'lost', at: now, fault: fault('timeout', 'timed out', 'ETIMEDOUT') }, 'unsure'],
  'unknown: asked for the first time': [{ state: 'pending' }, 'unsure'],
  'unknown: answered long ago': [live<'replica'>(database({ inRecovery: true, wal }), now - 60_000), 'unsure'],
  'promoted already': [live<'replica'>(database({ inRecovery: false })), 'no'],
};

const all = Object.entries(primaries).flatMap(([primary, [ofPrimary, first]]) =>
  Object.entries(platforms).flatMap(([platform, [ofPlatform, second]]) =>
    Object.entries(replicas).map(([replica, [ofReplica, third]]) => {
      const answers = [first, second, third];
      const answer = (['no', 'unsure'] as const).find((one) => answers.includes(one)) ?? 'yes';
      const readings: Partial<Readings> = { primary: ofPrimary, gateway: ofPlatform, replica: ofReplica };
      return { name: `primary ${primary}; platform ${platform}; replica ${replica}`, readings, answer };
    }),
  ),
);

test('a failover is recommended only if all three are proven: primary down, platform agrees, replica receives nothing', () => {
  const wrong = all.filter(({ readings, answer }) => recommendFailover(world({ readings })).answer !== answer);
  expect(wrong.map(({ name }) => name)).toEqual([]);
  expect(all.filter(({ answer }) => answer === 'yes')).toHaveLength(3 * 6 * 4);
});

test('the live check fails only if a failover is recommended, and passes if the primary answers', () => {
  const step = sev1.steps.find(({ id }) => id === 'sev1/failover');
  const check = (readings: Partial<Readings>) => step?.check?.(world({ readings }), { notified: [], ran: [] }).state;
  for (const { readings, answer } of all) {
    const { primary } = readings;
    if (primary?.state === 'live' && primary.at === now) continue;
    expect(check(readings)).toBe(answer === 'yes' ? 'fail' : 'unknown');
  }
  expect(check({ primary: live<'primary'>(keptUp) })).toBe('pass');
});

test('a primary that answers and takes no writes: refused, with its reason and what to fix', async () => {
  const readOnly = live<'primary'>(database({ writes: { readOnly: [{ by: 'database', role: 'bentham' }] } }));
  const judged = evaluateFailover(world({ readings: { primary: readOnly, replica: standby(receiving) } }));
  expect(judged).toMatchObject({
    answer: 'no',
    because: 'the primary answers; the database is set read-only: it takes no writes',
  });
  const [first] = judged.objections;
  expect(first).toMatchObject({ code: 'primary-takes-no-writes', overridable: false });
  expect(first?.remedy).toContain('RESET default_transaction_read_only');
});

test('without a replica there is no failover', () => {
  const readings = { primary: refused, gateway: gateway(plain('down'), detailed('down')) };
  expect(recommendFailover(world({ scope: { hasReplica: false }, readings }))).toEqual({
    answer: 'no',
    because: 'no replica is configured',
  });
});

describe('a replica that lacks more than the outage explains', () => {
  const ill = gateway(plain(), detailed('error'));
  const told = (primary: Reading<Database>, replica: Reading<Database>) =>
    recommendFailover(world({ readings: { primary, gateway: ill, replica } }));
  const lastSeen = (lag?: Database['lag']) =>
    away(fault('refused', 'connection refused', 'ECONNREFUSED'), database(lag ? { lag } : {}));

  test.each([
    ['by 5 MB', lastSeen({ bytes: 5 * 1024 ** 2, ms: 9000, streaming: true, replicas: 1 }), 'was behind'],
    ['it did not stream', lastSeen({ streaming: false, replicas: 1 }), 'did not stream'],
    ['it was not connected', lastSeen(), 'did not stream'],
  ])('is not recommended: when the primary answered last, %s', (_says, primary, says) => {
    const { answer, because } = told(primary, standby({}));
    expect(answer).toBe('unsure');
    expect(because).toContain(says);
  });

  test('is not recommended if its newest transaction is hours older than the outage', () => {
    const unseen = away(fault('refused', 'connection refused', 'ECONNREFUSED'));
    expect(told(unseen, standby({}, { ms: 3 * 3_600_000 })).answer).toBe('unsure');
    expect(told(unseen, standby({}, { ms: 20 * 60_000 })).answer).toBe('yes');
    // A quiet primary whose replica kept up leaves nothing behind.
    expect(told(refused, standby({}, { ms: 3 * 3_600_000 })).answer).toBe('yes');
  });
});

test('a replica that receives is not promoted: its primary is alive', () => {
  const readings = {
    primary: refused,
    gateway: gateway(plain('down'), detailed('error')),
    replica: standby(receiving, { streaming: true, ms: 0 }),
  };
  expect(recommendFailover(world({ readings }))).toEqual({
    answer: 'no',
    because: 'the replica still receives WAL from db-primary:5432, last message 0.4 s ago: its primary is alive',
  });
});

test('while the database is down, scaling and a restart are not recommended', () => {
  const slow = live<'traffic'>({
    ...{ p95: 9000, errorRate: 0.4, samples: 400, sampling: 1, window: 300_000, source: 'gateway logs' },
  });
  const redis = live<'redis'>({
    ...{ where: 'redis:6379', version: '7.2', latency: 1, role: 'master', usedBytes: 10, maxBytes: 100 },
  });
  const well = gateway(plain(), detailed('ok'));
  const answers = (readings: Partial<Readings>) => {
    const seen = world({ readings: { traffic: slow, redis, pods: live<'pods'>([]), gateway: well, ...readings } });
    const [step, p95] = [findStep('sev4/p95')?.step, evaluate(seen).find(({ id }) => id === 'metric/p95')];
    return [step?.decision?.recommend(seen, nothingKnown).answer, p95?.remedy];
  };
  const ill = gateway(plain(), detailed('error'));
  expect(answers({ primary: live<'primary'>(keptUp), gateway: gateway(plain(), detailed('ok')) })).toEqual([
    ...['yes', 'Scale API nodes'],
  ]);
  for (const readings of [{ primary: refused }, { primary: live<'primary'>(keptUp), gateway: ill }])
    expect(answers(readings)).toEqual(['no', 'Fix the database first']);
  // What only this machine may have wrong stops no advice.
  const [password] = primaries['does not accept the password'] ?? [];
  expect(answers({ ...(password ? { primary: password } : {}) })).toEqual(['yes', 'Scale API nodes']);
  const [late] = primaries['times out'] ?? [];
  expect(recommendRestart(world({ readings: { ...(late ? { primary: late } : {}), gateway: ill } })).answer).toBe('no');
});

describe('the action', () => {
  const targets = {
    primary: { host: 'db-primary', port: 5432, user: 'ops', database: 'bentham' },
    replica: { host: 'db-replica', port: 5432, user: 'ops', database: 'bentham' },
    failoverScript: './scripts/db-failover.sh',
  };
  const answerOf = <T>(reading: Reading<T> | undefined): Answer<T> => {
    if (reading?.state === 'live') return { ok: true, value: reading.value };
    return { ok: false, fault: reading?.state === 'lost' ? reading.fault : fault('timeout', 'no answer yet') };
  };
  const planOf = (readings: Partial<Readings>, target = {}) => {
    const preflight: Pick<Preflight, 'context' | 'now' | 'server' | 'gateway'> = {
      context: { targets, admin: { command: ['pnpm'], environment: [] } } as unknown as ActionContext,
      now: () => now,
      server: async (which) => answerOf(readings[which]),
      gateway: async () => answerOf(readings.gateway),
    };
    return failoverDatabase.plan(target, preflight as Preflight);
  };
  const fresh = all.filter(({ readings }) =>
    // What the action asks for itself is never old.
    Object.values(readings).every((reading) => reading.state !== 'live' || reading.at === now),
  );
  const planOrThrow = async (readings: Partial<Readings>, target = {}): Promise<Plan> => {
    const planned = await planOf(readings, target);
    if (!planned.ok) throw new Error(planned.why);
    return planned.plan;
  };

  test('has a plan exactly if the checklist recommends a failover', async () => {
    for (const { name, readings, answer } of fresh)
      expect([name, (await planOf(readings)).ok]).toEqual([name, answer === 'yes']);
  });

  test('with --despite it still needs a primary that does not answer and a replica that does', async () => {
    for (const { name, readings } of fresh) {
      const fit = readings.primary?.state !== 'live' && readings.replica?.state === 'live';
      const promotable = fit && readings.replica?.state === 'live' && readings.replica.value.inRecovery;
      expect([name, (await planOf(readings, { despite: 'split-brain' })).ok]).toEqual([name, promotable]);
    }
  });

  test('ignores any other value of --despite', async () => {
    const readings = { primary: refused, gateway: gateway(plain('ok'), detailed('ok')), replica: standby({}) };
    for (const despite of ['yes', 'true', 'Split-Brain', 'nothing', ''])
      expect((await planOf(readings, { despite })).ok).toBe(false);
  });

  test('names each reason of a refusal, and --despite if it can override them', async () => {
    const readings = {
      primary: refused,
      gateway: gateway(plain('healthy'), detailed('error')),
      replica: standby(receiving, { streaming: true, ms: 0 }),
    };
    const planned = await planOf(readings);
    expect(planned).toMatchObject({ ok: false, hint: expect.stringContaining('--despite split-brain') });
    expect(planned).toMatchObject({
      why: expect.stringMatching(/contradicts itself: .*error.*; the replica still receives/),
    });
    const answering = await planOf({ ...readings, primary: live<'primary'>(keptUp) });
    expect(answering).toMatchObject({ ok: false, hint: expect.not.stringContaining('--despite') });
  });

  test('the plan tells positions, the last message, what would be lost, slots and the fence', async () => {
    const plan = await planOrThrow({
      primary: refused,
      gateway: gateway(plain(), detailed('error')),
      replica: standby(
        { received: '0/5000060', replayed: '0/4000000', waiting: 16 * 1024 ** 2, receiver: { silence: 80_000 } },
        { ms: 95_000 },
        { slots: [{ name: 'cdc', kind: 'logical', active: false, state: 'reserved' }] },
      ),
    });
    const text = [...plan.impact, ...(plan.warnings ?? [])].join('\n');
    for (const part of [
      'Received up to 0/5000060, replayed up to 0/4000000; 16.0 MB received but not replayed yet',
      'last message 1 m 20 s ago',
      'after the replica’s newest transaction, 1 m 35 s ago',
      '1 replication slot (cdc)',
      'Fence the old primary (db-primary)',
      'connection refused',
    ])
      expect(text).toContain(part);
  });

  test('shows an unknown lag as unknown', async () => {
    const ill = gateway(plain(), detailed('error'));
    const plan = await planOrThrow({
      primary: refused,
      gateway: ill,
      replica: standby({}, { ms: undefined as never }),
    });
    expect(plan.impact).toContain('Replication lag unknown: data loss cannot be estimated.');
  });

  test('lists what --despite overrides as warnings; a new objection makes a new plan', async () => {
    const ill = gateway(plain(), detailed('error'));
    const insist = { despite: 'split-brain' };
    const still = await planOrThrow({ primary: refused, gateway: ill, replica: standby(receiving) }, insist);
    expect(still.warnings?.[0]).toMatch(/^Not proven, overridden: the replica still receives/);
    const stopped = await planOrThrow({ primary: refused, gateway: ill, replica: standby({}) }, insist);
    expect(stopped.preconditions).not.toBe(still.preconditions);
  });

  test('is not offered on the screen if nothing can override the reason', () => {
    const why = (readings: Partial<Readings>, hasReplica = true) =>
      failoverDatabase.unavailable?.(world({ scope: { hasReplica }, readings }), {});
    expect(why({ primary: live<'primary'>(keptUp) })).toBe('the primary answers');
    expect(why({ primary: refused }, false)).toBe('no replica is configured');
    expect(why({ primary: refused, replica: standby(receiving) })).toBeUndefined();
  });
});

test('each objection has its own code', () => {
  const codes = new Set(
    all.flatMap(({ readings }) => evaluateFailover(world({ readings })).objections.map((o) => o.code)),
  );
  expect(codes.size).toBe(13);
});
