import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { applyPatch, mergePatch } from '../kubernetes/patch.ts';
import { fieldSelector, labelSelector } from '../kubernetes/selector.ts';
import { templateHash } from '../kubernetes/template.ts';

const patch = (kind: string, target: unknown, by: unknown) =>
  applyPatch(target, JSON.stringify(by), `application/${kind}-patch+json`);

const pod = {
  containers: [
    { name: 'app', image: 'app:1', env: [{ name: 'A', value: '1' }] },
    { name: 'sidecar', image: 'side:1' },
  ],
  finalizers: ['a'],
  tolerations: [{ key: 'x' }],
};

describe('strategic merge', () => {
  test('lists with a key merge by it, others are replaced', () => {
    const by = { containers: [{ name: 'app', image: 'app:2', env: [{ name: 'B', value: '2' }] }], tolerations: [] };
    expect(patch('strategic-merge', pod, by)).toEqual({
      ...pod,
      containers: [
        {
          name: 'app',
          image: 'app:2',
          env: [
            { name: 'A', value: '1' },
            { name: 'B', value: '2' },
          ],
        },
        pod.containers[1],
      ],
      tolerations: [],
    });
  });

  test('directives: delete, replace, retain keys, delete from a list of plain values', () => {
    const gone = patch('strategic-merge', pod, { containers: [{ name: 'sidecar', $patch: 'delete' }] });
    expect(gone).toMatchObject({ containers: [{ name: 'app' }] });
    const only = { containers: [{ $patch: 'replace' }, { name: 'new', image: 'new:1' }] };
    expect(patch('strategic-merge', pod, only)).toMatchObject({ containers: [{ name: 'new' }] });
    const strategy = { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } };
    const recreate = { strategy: { $retainKeys: ['type'], type: 'Recreate' } };
    expect(patch('strategic-merge', strategy, recreate)).toEqual({ strategy: { type: 'Recreate' } });
    const fewer = { '$deleteFromPrimitiveList/finalizers': ['a'], '$setElementOrder/containers': [{ name: 'app' }] };
    expect(patch('strategic-merge', pod, fewer)).toEqual({ ...pod, finalizers: [] });
  });
});

describe('json patch', () => {
  test('adds, replaces, removes, moves and copies; paths are unescaped', () => {
    const by = [
      { op: 'add', path: '/annotations/a~1b', value: 'x' },
      { op: 'add', path: '/list/-', value: 3 },
      { op: 'remove', path: '/list/0' },
      { op: 'copy', from: '/list/0', path: '/first' },
      { op: 'move', from: '/old', path: '/new' },
    ];
    const target = { annotations: {}, list: [1, 2], old: true };
    expect(patch('json', target, by)).toEqual({ annotations: { 'a/b': 'x' }, list: [2, 3], first: 2, new: true });
  });

  test('a failed test, an absent path and a foreign content type are refused', () => {
    expect(() => patch('json', { a: 1 }, [{ op: 'test', path: '/a', value: 2 }])).toThrow('rejected our request');
    expect(() => patch('json', { a: 1 }, [{ op: 'replace', path: '/b', value: 2 }])).toThrow('rejected our request');
    expect(() => patch('unknown', {}, {})).toThrow('unknown format');
  });
});

const json = fc.jsonValue({ maxDepth: 3 });
test('a merge patch onto nothing is the object without its nulls, and a second merge changes nothing', () => {
  fc.assert(
    fc.property(json, json, (target, by) => {
      const once = mergePatch(target as never, by as never);
      expect(mergePatch(once, by as never)).toEqual(once);
    }),
  );
});

test.each([
  ['app=api,tier!=db', { app: 'api' }, true],
  ['app in (api, web),!old', { app: 'web' }, true],
  ['app in (api, web),!old', { app: 'web', old: '' }, false],
  ['app notin (api)', {}, true],
  ['app', {}, false],
  ['', {}, true],
])('label selector %s of %o: %s', (selector, labels, expected) => {
  expect(labelSelector(selector)(labels as Record<string, string>)).toBe(expected);
});

test('an invalid selector is refused and does not match everything', () => {
  expect(() => labelSelector('app=(')).toThrow('unable to parse');
  expect(() => fieldSelector('spec.mood=bad')).toThrow('field label not supported');
});

test('the order of a template does not change its hash, another image does', () => {
  const template = (image: string) => ({
    metadata: { labels: { a: '1', b: '2' } },
    spec: { containers: [{ name: 'a', image }] },
  });
  const turned = { spec: { containers: [{ image: 'x:1', name: 'a' }] }, metadata: { labels: { b: '2', a: '1' } } };
  expect(templateHash(template('x:1'))).toBe(templateHash(turned));
  expect(templateHash(template('x:1'))).not.toBe(templateHash(template('x:2')));
});
