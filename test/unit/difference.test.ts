// How two pod templates differ: its parts, in one line and as a diff.
import { describe, expect, test } from 'vitest';
import { differenceLines, differenceText } from '../../src/core/actions/difference.ts';
import { toRevision } from '../../src/data/kubernetes/revisions.ts';

const container = (name: string, more: object = {}) => ({ name, image: `${name}:1`, ...more });
const differs = (now: object, then: object) =>
  toRevision({ spec: { template: then } } as never, now as never, '2').differs;
const text = (now: object, then: object) => differs(now, then).map(differenceText);

const pods = (containers: readonly object[], spec: object = {}, metadata: object = {}) => ({
  metadata,
  spec: { containers, ...spec },
});

describe('a template', () => {
  test('that is the same has no difference; passing marks are none', () => {
    const marks = { annotations: { 'kubectl.kubernetes.io/restartedAt': 'now' }, labels: { 'pod-template-hash': 'x' } };
    expect(differs(pods([container('api')], {}, marks), pods([container('api')]))).toEqual([]);
  });

  test('has an image, variables by name only, settings, containers, volumes and labels', () => {
    const now = pods(
      [
        container('api', { env: [{ name: 'KEEP', value: 'a' }, { name: 'POOL', value: 'hunter2' }, { name: 'OLD' }] }),
        container('proxy'),
      ],
      { volumes: [{ name: 'cache' }], nodeSelector: { a: 'b' } },
      { labels: { tier: 'web' } },
    );
    const then = pods(
      [
        {
          ...container('api', {
            env: [{ name: 'KEEP', value: 'a' }, { name: 'POOL', value: 'hunter3' }, { name: 'NEW' }],
          }),
          image: 'api:0',
          livenessProbe: {},
        },
        container('sidecar'),
      ],
      { volumes: [{ name: 'cache', emptyDir: {} }] },
      { labels: { tier: 'api' } },
    );
    expect(text(now, then)).toEqual([
      'containers: proxy → sidecar',
      'image of api: api:1 → api:0',
      'environment of api: -OLD, +NEW, ~POOL',
      'settings of api: +livenessProbe',
      'volumes: ~cache',
      'settings of the pod: -nodeSelector',
      'labels and annotations: ~tier',
    ]);
    expect(differs(now, then).flatMap(differenceLines)).toContain('- OLD');
    expect(JSON.stringify(differs(now, then))).not.toContain('hunter');
  });

  test('that differs in many names counts the rest', () => {
    const env = Array.from({ length: 20 }, (_, at) => ({ name: `V${at}` }));
    const [one] = differs(pods([container('api')]), pods([container('api', { env })]));
    expect(one && differenceLines(one)).toEqual([
      'environment of api:',
      ...['V0', 'V1', 'V2', 'V3', 'V4', 'V5', '14 more'].map((name) => `+ ${name}`),
    ]);
  });

  test('with hostile names has letters only', () => {
    const [one] = differs(pods([]), pods([container('\u001b[31mx\u202e')]));
    expect(one?.added).toEqual(['x']);
    const name = '\u001b]0;y\u0007api\u200b';
    const [image] = differs(pods([container(name)]), pods([{ ...container(name), image: '\u009b31mapi:0' }]));
    expect(image && differenceText(image)).toBe('image of api: api:1 → api:0');
  });
});
