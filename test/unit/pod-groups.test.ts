// Of thousands of pods those that changed are judged, counted and sent: as if all of them were, whatever happens to them
// and however time passes.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { evaluate } from '../../src/core/health/evaluate.ts';
import { allPodCounts, podCounts } from '../../src/core/health/pod-groups.ts';
import { evaluatePod, isSettled, podTrouble, reasonsOf } from '../../src/core/health/pods.ts';
import { day, hour, minute, second } from '../../src/core/time.ts';
import type { Node, Pod, Workload, Workloads } from '../../src/core/world/facts.ts';
import type { World } from '../../src/core/world/world.ts';
import { decoder, encoder } from '../../src/engine/pods-delta.ts';
import { podsPane } from '../../src/screens/pods/pane.ts';
import { calm, deployment, live, now, pod, stateOf } from '../support/worlds.ts';

const owner = (kind: string, name: string) => ({ owner: { kind, name } });
/** What a pod is of: roles, another deployment, other owners that are there or not, nobody. */
const kinds: readonly (readonly [string, Partial<Pod>])[] = [
  ['api-gateway', owner('ReplicaSet', 'api-gateway-7d4b9')],
  ['executor', owner('ReplicaSet', 'executor-5c9fd')],
  ['executor', owner('ReplicaSet', 'executor-old42')],
  ['proxy', owner('ReplicaSet', 'proxy-6f7b8')],
  ['redis', owner('StatefulSet', 'redis')],
  ['executor', owner('StatefulSet', 'executor')],
  ['unknown', owner('ReplicaSet', 'unknown-1')],
  ['cleanup', owner('Job', 'cleanup-28')],
  ['executor', { bare: true }],
  ['alone', { bare: true }],
];
const deployments = ['api-gateway', 'orchestrator', 'executor', 'proxy'].map((name) => deployment(name, 10, 12));
const all: readonly Workload[] = [
  { kind: 'StatefulSet', name: 'redis', desired: 9, ready: 9, rollout: { state: 'complete' }, createdAt: now - day },
];
const nodes: readonly Node[] = ['node-a', 'node-b'].map((name) => ({
  name,
  ready: name === 'node-a',
  problems: name === 'node-a' ? [] : ['not ready'],
  cordoned: false,
  createdAt: now - day,
}));

/** What time makes something of among them. */
const healths: readonly Partial<Pod>[] = [
  {},
  { restarts: 3, lastRestartAt: now - minute, lastEnd: 'OOMKilled' },
  { restarts: 3, lastRestartAt: now - hour + minute },
  { restarts: 9, lastRestartAt: now - day },
  { restarts: 9 },
  { ready: false, reason: 'CrashLoopBackOff', restarts: 4, lastRestartAt: now - minute },
  { ready: false, reason: 'ContainerCreating', phase: 'Pending', createdAt: now - minute, node: '' },
  { ready: false },
  { terminating: true, endsBy: now + minute },
  { terminating: true, endsBy: now - 5 * minute },
  { phase: 'Succeeded', ready: false },
  { phase: 'Succeeded', ready: false, reason: 'Completed', restarts: 2, lastRestartAt: now - minute },
  { phase: 'Failed', ready: false, reason: 'Evicted', leftOver: true, endedAt: now - minute },
  { phase: 'Failed', ready: false, reason: 'Evicted', leftOver: true, endedAt: now - day },
  { phase: 'Failed', ready: false, reason: 'Error' },
  { phase: 'Unknown', ready: false },
];
const health = fc.oneof({ weight: 4, arbitrary: fc.constant<Partial<Pod>>({}) }, fc.constantFrom(...healths));
const node = fc.constantFrom('node-a', 'node-b', 'node-gone', '');
const kind = fc.nat(kinds.length - 1);

const event = fc.oneof(
  { weight: 4, arbitrary: fc.record({ does: fc.constant('change' as const), at: fc.nat(), health, node }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('assign' as const), at: fc.nat(), kind }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('remove' as const), at: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('add' as const), kind, health, node }) },
);
const story = fc.record({
  first: fc.array(fc.record({ kind, health, node }), { minLength: 40, maxLength: 60 }),
  batches: fc.array(fc.array(event, { maxLength: 4 }), { minLength: 1, maxLength: 6 }),
  /** How many of the first pods wait for volumes that they do not get. */
  troubled: fc.constantFrom(0, 60),
  /** When they are looked at, from now on: a clock may jump back. */
  times: fc.array(fc.oneof(fc.constant(0), fc.constantFrom(second, 29 * second, minute, hour, -minute, day)), {
    minLength: 7,
    maxLength: 7,
  }),
});

type Event = typeof event extends fc.Arbitrary<infer E> ? E : never;

let made = 0;
function podOf(of: number, more: Partial<Pod>): Pod {
  made += 1;
  const [app, owned] = kinds[of] ?? ['alone', {}];
  return pod(app, `p${made}`, { ...owned, ...more });
}

function after(pods: readonly Pod[], one: Event): readonly Pod[] {
  if (one.does === 'add') return [...pods, podOf(one.kind, { ...one.health, node: one.node })];
  const at = pods.length > 0 ? one.at % pods.length : 0;
  const there = pods[at];
  if (!there) return pods;
  if (one.does === 'remove') return pods.toSpliced(at, 1);
  if (one.does === 'assign') return pods.with(at, { ...there, app: kinds[one.kind]?.[0] ?? '' });
  const { uid, name, app, owner: by, bare } = there;
  return pods.with(at, pod(app, uid, { uid, name, owner: by, bare, node: one.node, ...one.health }));
}

function worldOf(pods: readonly Pod[], refusals: Workloads['refusals'], at: number): World {
  const fresh = <T>(value: T) => live(value, 1000 - at);
  const readings = {
    ...calm.readings,
    deployments: fresh(deployments),
    pods: fresh(pods),
    workloads: fresh({ all, nodes, unseen: [], refusals }),
  };
  return { ...calm, now: now + at, readings };
}

/** What is said of a world, in words and in rows. */
function said(world: World) {
  const { rows, right } = podsPane.view(stateOf(world), { columns: 80, rows: 30 });
  return { findings: evaluate(world), rows: rows.map((row) => [row.id, ...row.draw(80, false)]), right };
}

test('what is said of pods after any events is what is said of a list that was never seen before', () => {
  fc.assert(
    fc.property(story, ({ first, batches, troubled, times }) => {
      let pods: readonly Pod[] = first.map(({ kind: of, health: more, node: on }) => podOf(of, { ...more, node: on }));
      const message = 'no such volume';
      const refusals = pods.slice(0, troubled).map(({ name }) => ({ kind: 'Pod', name, message, at: now }));
      const worlds = [worldOf(pods, refusals, 0)];
      for (const [turn, batch] of batches.entries()) {
        pods = batch.length > 0 ? batch.reduce(after, pods) : pods;
        worlds.push(worldOf(pods, refusals, times[turn] ?? 0));
      }
      const told = worlds.map(said);
      expect(told).toEqual(worlds.map((world) => said(structuredClone(world))));
    }),
    { numRuns: 40 },
  );
});

test('what is said of the same pods is what is said of them at that time', () => {
  const times = [0, 21 * second, minute + second, 59 * minute, hour + second, day].flatMap((at) => [at - 1, at]);
  const said = (of: World) => evaluate(of).filter(({ area }) => area === 'pods');
  const waits = { ready: false, reason: 'ContainerCreating', phase: 'Pending', createdAt: now - minute } as const;
  for (const more of [...healths, waits]) {
    const one = podOf(1, more);
    const refusals = [{ kind: 'Pod', name: one.name, message: 'no such volume', at: now }];
    const pods = [one];
    const lone = [
      { ...deployment('executor', 1, 1), unobservedSince: more === healths[0] ? now - 9 * second : undefined },
    ];
    const worldAt = (at: number): World => {
      const { readings, ...world } = worldOf(pods, more === waits ? refusals : [], at);
      return { ...world, readings: { ...readings, deployments: live(lone, 1000 - at) } };
    };
    for (const before of times)
      for (const at of times) {
        evaluate(worldAt(before));
        expect(said(worldAt(at))).toEqual(said(structuredClone(worldAt(at))));
      }
  }
});

test('a settled pod is well at any time', () => {
  const spans = [-day, -minute, 0, minute, 30 * minute, hour, 2 * hour, 2 * day];
  const settled = healths.map((more) => podOf(0, more)).filter(isSettled);
  expect(settled).toHaveLength(3);
  for (const one of settled)
    for (const span of spans) {
      expect([evaluatePod(one, now + span), podTrouble(one, now + span)]).toEqual(['ok', 'pod/ok']);
      expect(reasonsOf([one], now + span)).toEqual([]);
    }
});

test('pods are counted, and reach the screen, as they are', () => {
  fc.assert(
    fc.property(story, ({ first, batches }) => {
      const { encode } = encoder();
      const decode = decoder();
      let pods: readonly Pod[] = first.map(({ kind: of, health: more }) => podOf(of, more));
      for (const batch of [[], ...batches]) {
        pods = batch.reduce(after, pods);
        expect(allPodCounts(pods)).toEqual(podCounts([...pods]));
        const update = decode(structuredClone(encode({ now, readings: { pods: live(pods) } })));
        expect(update.readings?.pods).toEqual(live(pods));
      }
    }),
    { numRuns: 60 },
  );
});
