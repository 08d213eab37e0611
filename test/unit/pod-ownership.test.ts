// Whether a deployment's selector fits a pod's labels: Kubernetes, "Labels and Selectors"; and whose pods are whose.
import { expect, test } from 'vitest';
import { fits, PodOwnership, toLabelledPod, toSelecting } from '../../src/data/kubernetes/pod-ownership.ts';

const labels = { app: 'executor', tier: 'work' };
const expression = (operator: string, key: string, ...values: string[]) => ({
  matchExpressions: [{ key, operator, values }],
});

test.each([
  ['every label is the same', { matchLabels: { app: 'executor', tier: 'work' } }, true],
  ['one label differs', { matchLabels: { app: 'executor', tier: 'web' } }, false],
  ['one label is not there', { matchLabels: { app: 'executor', zone: 'a' } }, false],
  ['In: among the values', expression('In', 'app', 'gateway', 'executor'), true],
  ['In: not among them', expression('In', 'app', 'gateway'), false],
  ['In: the label is not there', expression('In', 'zone', 'a'), false],
  ['NotIn: among the values', expression('NotIn', 'app', 'gateway', 'executor'), false],
  ['NotIn: not among them', expression('NotIn', 'app', 'gateway'), true],
  ['NotIn: the label is not there', expression('NotIn', 'zone', 'a'), true],
  ['Exists: there', expression('Exists', 'app'), true],
  ['Exists: not there', expression('Exists', 'zone'), false],
  ['DoesNotExist: there', expression('DoesNotExist', 'app'), false],
  ['DoesNotExist: not there', expression('DoesNotExist', 'zone'), true],
  ['an operator of a later Kubernetes', expression('Gt', 'app', '1'), false],
  ['labels fit, an expression does not', { matchLabels: { app: 'executor' }, ...expression('Exists', 'zone') }, false],
  ['an empty selector', {}, false],
  ['no selector', undefined, false],
])('%s', (_, selector, expected) => expect(fits(selector, labels)).toBe(expected));

test('pods are assigned as deployments and their selectors come, change and go, and keep their identity meanwhile', () => {
  const bare = (name: string, more: Record<string, string>) => {
    const read = toLabelledPod({ metadata: { name, namespace: 'n', uid: name, labels: { ...more } } });
    if (!read) throw new Error('not a pod');
    return read;
  };
  const selecting = (name: string, tier: string, readyReplicas = 1) => {
    const selector = { matchLabels: { tier } };
    const read = toSelecting({ metadata: { name }, spec: { replicas: 1, selector }, status: { readyReplicas } });
    if (!read) throw new Error('not a deployment');
    return read;
  };
  const ownership = new PodOwnership();
  const pods = [bare('a', { tier: 'web' }), bare('b', { tier: 'work' }), bare('c', { tier: 'work' })];
  const apps = (deployments: Parameters<PodOwnership['assign']>[1], of = pods) =>
    ownership.assign(of, deployments).map(({ name, app }) => `${name}:${app}`);
  expect(apps([])).toEqual(['a:', 'b:', 'c:']);
  const first = [selecting('gateway', 'web'), selecting('executor', 'work')];
  expect(apps(first)).toEqual(['a:gateway', 'b:executor', 'c:executor']);
  const before = ownership.assign(pods, first);
  // Only its status is another.
  const ready = [selecting('gateway', 'web', 0), selecting('executor', 'work', 0)];
  expect(ownership.assign(pods, ready)).toBe(before);
  const [, b, c] = pods;
  const changed = [b, c, bare('d', { tier: 'web' })].filter((one) => one !== undefined);
  const later = ownership.assign(changed, ready);
  expect(later.map(({ name, app }) => `${name}:${app}`)).toEqual(['b:executor', 'c:executor', 'd:gateway']);
  expect([later[0], later[1]]).toEqual([before[1], before[2]]);
  expect(later[0]).toBe(before[1]);
  expect(apps([selecting('gateway', 'work'), selecting('executor', 'web')], changed)).toEqual([
    'b:gateway',
    'c:gateway',
    'd:executor',
  ]);
  expect(apps([selecting('executor', 'web')])).toEqual(['a:executor', 'b:', 'c:']);
});

test('pods of one replica set share what they say alike', () => {
  const ownerReferences = [
    { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-7d4b9', uid: 'u', controller: true },
  ];
  const [a, b] = ['a', 'b'].map((name) =>
    toLabelledPod({ metadata: { name, namespace: 'n', uid: name, labels: { ...labels }, ownerReferences } }),
  );
  expect(a?.labels).toEqual(labels);
  expect(a?.labels).toBe(b?.labels);
  expect(a?.pod.owner).toEqual({ kind: 'ReplicaSet', name: 'web-7d4b9' });
  expect(a?.pod.owner).toBe(b?.pod.owner);
});
