// The remedy that the evidence points to comes first: a table over facts → remedy, and what a step makes of it.
import { describe, expect, test } from 'vitest';
import type { ActionId } from '../../src/core/actions/action.ts';
import { failingRevision } from '../../src/core/health/failing-revision.ts';
import { type Known, nothingKnown } from '../../src/core/incident/checklist.ts';
import type { Deployment, KeptRevision, Pod } from '../../src/core/world/facts.ts';
import type { Readings, World } from '../../src/core/world/world.ts';
import { findStep } from '../../src/runbook/checklists.ts';
import { offersOf } from '../../src/runbook/offers.ts';
import { remedies } from '../../src/runbook/remedies.ts';
import { recommendRestart } from '../../src/runbook/restart-advice.ts';
import { calm, deployment, live, lost, now, outage, pod, surface } from '../support/worlds.ts';

const hour = 3_600_000;
const gateway = 'api-gateway';
const live42 = (of: readonly Pod[]) => live([...of]);

const kept = (revision: number, more: Partial<KeptRevision> = {}): KeptRevision => ({
  ...{ kind: 'Revision', deployment: gateway, revision, first: revision, replicaSet: `${gateway}-${revision}` },
  ...{ images: [`registry.bentham.io/${gateway}:2.${revision}.0`], createdAt: now - (43 - revision) * 24 * hour },
  template: `t${revision}`,
  ...more,
});
const of = (revision: number, more: Partial<Pod> = {}): Pod =>
  pod(gateway, `r${revision}${JSON.stringify(more).length}`, {
    owner: { kind: 'ReplicaSet', name: `${gateway}-${revision}` },
    image: `registry.bentham.io/${gateway}:2.${revision}.0`,
    ...more,
  });
const bad = (reason: string, more: Partial<Pod> = {}): Partial<Pod> => ({ ready: false, restarts: 5, reason, ...more });
const stuck = { rollout: { state: 'stuck', why: 'ProgressDeadlineExceeded' } } as const;

function rolledOut(
  pods: readonly Pod[],
  revisions: readonly KeptRevision[] | undefined,
  more: Partial<Deployment> = {},
): World {
  const ready = pods.filter((one) => one.ready).length;
  return {
    ...calm,
    readings: {
      ...calm.readings,
      pods: live42(pods),
      deployments: live([
        deployment(gateway, ready, 3, { revision: 42, images: [`registry.bentham.io/${gateway}:2.42.0`], ...more }),
        deployment('orchestrator', 2, 2),
        deployment('executor', 6, 6),
      ]),
      workloads: live({ all: [], unseen: [], refusals: [], revisions }),
    },
  };
}

const changed = (readings: Partial<Readings>): World => ({ ...calm, readings: { ...calm.readings, ...readings } });
const value = <T>(reading: { state: string; value?: T }): T => {
  if (reading.value === undefined) throw new Error('the calm world is live');
  return reading.value;
};
const primary = value(calm.readings.primary as { state: string; value?: object });
const studies = value(calm.readings.studies as { state: string; value?: object });
const redis = value(calm.readings.redis as { state: string; value?: object });
const known = (...ran: Known['ran']): Known => ({ ...nothingKnown, ran });
const ranOn = (action: ActionId, object: string, at: number, worked = true) => ({ action, object, at, worked });

const both = [kept(42), kept(41)];
const crash = bad('CrashLoopBackOff', { exitCode: 1 });

type Row = [evidence: string, world: World, first: string | undefined, target?: object, known?: Known];

const table: readonly Row[] = [
  ['nothing is wrong', calm, undefined],
  [
    'the new revision crashes, its rollout is stuck',
    rolledOut([of(41), of(42, crash)], both, stuck),
    'roll back api-gateway to revision 41',
    { deployment: gateway },
  ],
  [
    '… before the deadline',
    rolledOut([of(41), of(42, crash)], both, { rollout: { state: 'progressing' } }),
    'roll back api-gateway to revision 41',
  ],
  [
    'its image cannot be pulled',
    rolledOut([of(41), of(42, bad('ImagePullBackOff'))], both, stuck),
    'roll back api-gateway to revision 41',
  ],
  [
    'it lacks a Secret',
    rolledOut([of(42, bad('CreateContainerConfigError'))], both, stuck),
    'roll back api-gateway to revision 41',
  ],
  [
    'it runs out of memory',
    rolledOut([of(42, bad('OOMKilled', { exitCode: 137 }))], both, stuck),
    'roll back api-gateway to revision 41',
  ],
  [
    'it was deployed within the hour',
    rolledOut([of(42, crash)], [kept(42, { createdAt: now - hour / 2 }), kept(41)]),
    'roll back api-gateway to revision 41',
  ],
  [
    'revision 41 crashes, too',
    rolledOut([of(41, crash), of(42, crash)], [...both, kept(40)], stuck),
    'roll back api-gateway to revision 40',
  ],
  [
    'only a restart lies between 41 and 42',
    rolledOut([of(42, crash)], [kept(42), kept(41, { template: 't42' }), kept(40)], stuck),
    'roll back api-gateway to revision 40',
  ],
  ['revisions may not be listed', rolledOut([of(42, crash)], undefined, stuck), 'roll back api-gateway'],
  ['the revision crashes after days', rolledOut([of(42, crash)], [kept(42), kept(41)]), 'restart api-gateway'],
  ['no earlier revision is known to work', rolledOut([of(41, crash), of(42, crash)], both, stuck), undefined],
  ['a deployment is scaled to 0', rolledOut([], both, { desired: 0 }), 'scale api-gateway up', { deployment: gateway }],
  [
    'sessions wait for one that waits for nobody',
    changed({
      primary: live({
        ...primary,
        blocked: [
          { pid: 7, blockedBy: [5], waiting: 90_000, query: 'x' },
          { pid: 5, blockedBy: [3], waiting: 95_000, query: 'y' },
        ],
      }) as Readings['primary'],
    }),
    'end session 3',
    { pid: '3' },
  ],
  [
    'a wait of seconds',
    changed({
      primary: live({
        ...primary,
        blocked: [{ pid: 7, blockedBy: [5], waiting: 2_000, query: 'x' }],
      }) as Readings['primary'],
    }),
    undefined,
  ],
  [
    'a table is locked',
    changed({
      studies: {
        state: 'lost',
        at: now,
        fault: {
          kind: 'timeout',
          where: 'db',
          what: 'waiting for jobs: pid 9 holds its lock',
          hint: 'end it',
          blocker: 9,
        },
      },
    }),
    'end session 9',
    { pid: '9' },
  ],
  [
    'connections run out',
    changed({
      primary: live({
        ...primary,
        connections: { used: 96, active: 3, idle: 90, idleInTransaction: 3, limit: 97 },
      }) as Readings['primary'],
    }),
    'end idle sessions',
  ],
  [
    'Redis is full',
    changed({ redis: live({ ...redis, usedBytes: 99, maxBytes: 100 }) as Readings['redis'] }),
    'evict old data from Redis',
  ],
  [
    'jobs queue up',
    changed({ studies: live({ ...studies, queueDepth: { value: 9000, exact: true } }) as Readings['studies'] }),
    'scale executor',
    { deployment: 'executor' },
  ],
  [
    'jobs queue up, and executors crash',
    changed({
      pods: live42([...['a', 'b', 'c'].map((tail) => pod(gateway, tail)), pod('executor', 'a', crash)]),
      studies: live({ ...studies, queueDepth: { value: 9000, exact: true } }) as Readings['studies'],
    }),
    'restart executor',
    { deployment: 'executor' },
  ],
  [
    'the API is slow',
    changed({
      traffic: live({ p95: 900, errorRate: 0, samples: 900, sampling: 1, window: 300_000, source: 'gateway logs' }),
    }),
    'scale api-gateway',
    { deployment: gateway },
  ],
  [
    'one surface fails',
    changed({ surfaces: live({ surfaces: [surface('openai-api', 70, 100), surface('x', 0, 90)], estimated: false }) }),
    'disable openai-api',
    { surface: 'openai-api' },
  ],
  [
    'all surfaces fail with invalid sessions',
    changed({
      surfaces: live({
        surfaces: [surface('a', 90, 100, { topError: 'Invalid session: expired' }), surface('b', 90, 100)],
        estimated: false,
      }),
    }),
    'clean up old sessions',
  ],
  [
    'a surface is disabled',
    calm,
    'test openai-api live',
    { surface: 'openai-api' },
    known(ranOn('disable-surface', 'surface/openai-api', now - 9)),
  ],
  [
    '… and its live test passed',
    calm,
    'enable openai-api',
    { surface: 'openai-api' },
    known(
      ranOn('disable-surface', 'surface/openai-api', now - 9),
      ranOn('test-surface', 'surface/openai-api', now - 5),
    ),
  ],
  [
    '… and its live test failed',
    calm,
    undefined,
    undefined,
    known(
      ranOn('disable-surface', 'surface/openai-api', now - 9),
      ranOn('test-surface', 'surface/openai-api', now - 5, false),
    ),
  ],
];

test.each(table)('%s: what comes first', (_, world, title, target, knowing) => {
  const [first] = remedies(world, knowing);
  expect(first?.title).toBe(title);
  if (target) expect(first?.target).toEqual(target);
});

test('executors are not scaled both ways: too many requests are no reason for more of them', () => {
  const rows = [surface('openai-api', 90, 100, { topError: 'Rate limited: too many requests' }), surface('b', 0, 90)];
  const world = changed({
    studies: live({ ...studies, queueDepth: { value: 9000, exact: true } }) as Readings['studies'],
    surfaces: live({ surfaces: rows, estimated: false }),
  });
  expect(remedies(world).map(({ title }) => title)).toEqual(['disable openai-api', 'scale executor down']);
});

test('the replica counts that a form begins with', () => {
  const slow = table.find(([name]) => name === 'the API is slow')?.[1] ?? calm;
  expect(remedies(slow)[0]?.fills).toEqual({ replicas: '5' });
});

test('a step of a security incident keeps its own purpose while something else is wrong, too', () => {
  const step = findStep('security/isolate')?.step;
  if (!step) throw new Error('no such step');
  const busy: World = { ...calm, readings: { ...calm.readings, studies: outage.readings.studies } };
  expect(remedies(busy, nothingKnown).map(({ action }) => action)).toContain('scale-deployment');
  const isolate = offersOf(step, busy, nothingKnown);
  expect(isolate.map(({ key, title }) => `${key} ${title}`)).toEqual([
    'r revoke a key',
    'd disable a surface',
    'f end a session',
    'x scale a deployment down',
  ]);
  expect(isolate.map(({ target, fills }) => ({ ...target, ...fills }))).toEqual([{}, {}, {}, {}]);
});

describe('the step that restarts the gateway', () => {
  const step = findStep('sev1/restart-gateway')?.step;
  const titles = (world: World) =>
    (step ? offersOf(step, world, nothingKnown) : []).map(({ key, title }) => `${key} ${title}`);

  test('offers the roll back first where the new revision crashes; each action keeps its key', () => {
    const world = rolledOut([of(41), of(42, crash)], both, stuck);
    expect(titles(world)).toEqual(['f roll back api-gateway to revision 41', 'r restart gateway']);
    expect(recommendRestart(world)).toEqual({
      answer: 'no',
      because: 'revision 42 crashes (CrashLoopBackOff, exit 1); revision 41 came before',
      instead: 'roll back first',
    });
    expect(titles(calm)).toEqual(['r restart gateway', 'f roll back gateway']);
  });

  test.each([
    [
      'no revision is left that works',
      rolledOut([of(41, crash), of(42, crash)], both, stuck),
      'deploy a fixed version',
    ],
    [
      'an old revision cannot pull its image',
      rolledOut([of(42, bad('ImagePullBackOff'))], both),
      'fix the image first',
    ],
    [
      'an old revision lacks a ConfigMap',
      rolledOut([of(42, bad('CreateContainerConfigError'))], both),
      'fix its configuration first',
    ],
    ['an old revision runs out of memory', rolledOut([of(42, bad('OOMKilled'))], both), 'raise its memory limit'],
    [
      'pods are refused',
      rolledOut([], both, { rollout: { state: 'stuck', why: 'exceeded quota', reason: 'FailedCreate' } }),
      'fix that first',
    ],
    ['it is scaled to 0', rolledOut([], both, { desired: 0 }), 'scale up first'],
  ])('%s: not the restart', (_, world, instead) => {
    expect(recommendRestart(world)).toMatchObject({ answer: 'no', instead });
  });

  test('a database that is away comes before either', () => {
    const world = { ...outage, readings: { ...outage.readings, primary: lost(undefined, 'refused') } } as World;
    expect(recommendRestart(world)).toMatchObject({ answer: 'no', because: expect.stringContaining('primary') });
    expect(recommendRestart(world)).not.toHaveProperty('instead');
  });
});

test('pods of the old revision that fail are not the new one’s', () => {
  expect(failingRevision(rolledOut([of(41, crash), of(42)], both, stuck), gateway)).toBeUndefined();
});
