// What becomes of a change, by every answer that an API server, its webhooks and the network may give.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Call, KubernetesChange } from '../../src/core/actions/call.ts';
import { executeKubernetes } from '../../src/data/kubernetes/execute.ts';
import { actionContextOf } from '../../src/engine/action-context.ts';
import { ApiServer, type Handler } from '../support/api-server.ts';

let server: ApiServer;
let patch: Handler;
let sent: { path: string; type: string | undefined; query: URLSearchParams; body: unknown }[];
let deployment: object;
let replicaSets: object[];

const metadata = {
  name: 'api-gateway',
  namespace: 'bentham',
  uid: 'u1',
  generation: 7,
  resourceVersion: '4711',
  annotations: {
    'deployment.kubernetes.io/revision': '3',
    'kubernetes.io/change-cause': 'the bad one',
    'kubectl.kubernetes.io/last-applied-configuration': '{}',
  },
};
const status = (code: number, message: string, reason = '') =>
  JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', message, reason, code });

beforeEach(async () => {
  server = new ApiServer();
  sent = [];
  deployment = { metadata, spec: { replicas: 3, template: { spec: { containers: [{ name: 'a', image: 'a:3' }] } } } };
  replicaSets = [
    {
      metadata: {
        name: 'api-gateway-2',
        annotations: {
          'deployment.kubernetes.io/revision': '2',
          'deployment.kubernetes.io/desired-replicas': '3',
          'kubernetes.io/change-cause': 'the good one',
        },
        ownerReferences: [{ kind: 'Deployment', name: 'api-gateway', uid: 'u1', controller: true }],
      },
      spec: {
        template: {
          metadata: { labels: { app: 'api-gateway', 'pod-template-hash': 'abc' } },
          spec: { containers: [{ name: 'a', image: 'a:2' }] },
        },
      },
    },
  ];
  patch = (_, res) => res.end('{}');
  server.handle = (url, res, req) => {
    if (req.method !== 'PATCH') {
      if (url.pathname.endsWith('/replicasets')) res.end(JSON.stringify({ items: replicaSets }));
      else res.end(JSON.stringify(deployment));
      return;
    }
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      const body: unknown = JSON.parse(Buffer.concat(chunks).toString());
      sent.push({ path: url.pathname, type: req.headers['content-type'], query: url.searchParams, body });
      patch(url, res, req);
    });
  };
  await server.start();
});
afterEach(() => server.end());

function perform(change: KubernetesChange = { verb: 'restart', deployment: 'api-gateway' }) {
  const settings = server.settings();
  const when = { uid: 'u1', generation: 7 };
  const call: Extract<Call, { tool: 'kubernetes' }> = { tool: 'kubernetes', do: change, namespace: 'bentham', when };
  const signal = new AbortController().signal;
  return executeKubernetes(call, {
    settings,
    context: actionContextOf(settings),
    signal,
    tell: () => {},
    keep: async () => {},
  });
}

describe('a change', () => {
  it('that restarts is a strategic merge of an annotation, bound to the resource version', async () => {
    expect(await perform()).toEqual({ outcome: 'done', says: 'restart accepted' });
    expect(sent).toMatchObject([
      {
        path: '/apis/apps/v1/namespaces/bentham/deployments/api-gateway',
        type: 'application/strategic-merge-patch+json',
        body: {
          metadata: { resourceVersion: '4711' },
          spec: {
            template: {
              metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': expect.stringMatching(/Z$/) } },
            },
          },
        },
      },
    ]);
    expect(sent[0]?.query.get('fieldManager')).toBe('bentham-cockpit');
  });

  it('that scales goes through the scale subresource', async () => {
    expect(await perform({ verb: 'scale', deployment: 'api-gateway', replicas: 5 })).toMatchObject({ outcome: 'done' });
    expect(sent).toMatchObject([
      {
        path: '/apis/apps/v1/namespaces/bentham/deployments/api-gateway/scale',
        type: 'application/merge-patch+json',
        body: { metadata: { resourceVersion: '4711' }, spec: { replicas: 5 } },
      },
    ]);
  });

  it('that rolls back equals kubectl’s: template without its hash, old annotations', async () => {
    const done = await perform({ verb: 'rollback', deployment: 'api-gateway', toRevision: 2 });
    expect(done).toMatchObject({ outcome: 'done' });
    expect(sent[0]).toMatchObject({ type: 'application/json-patch+json' });
    expect(sent[0]?.body).toEqual([
      { op: 'test', path: '/metadata/resourceVersion', value: '4711' },
      {
        op: 'replace',
        path: '/spec/template',
        value: { metadata: { labels: { app: 'api-gateway' } }, spec: { containers: [{ name: 'a', image: 'a:2' }] } },
      },
      {
        op: 'add',
        path: '/metadata/annotations',
        value: {
          'deployment.kubernetes.io/revision': '3',
          'kubernetes.io/change-cause': 'the good one',
          'kubectl.kubernetes.io/last-applied-configuration': '{}',
        },
      },
    ]);
  });

  it.each([
    ['another object', { uid: 'u2' }],
    ['another generation', { generation: 8 }],
  ])('of %s is not sent', async (_, other) => {
    deployment = { ...deployment, metadata: { ...metadata, ...other } };
    expect(await perform()).toMatchObject({ outcome: 'moved' });
    expect(sent).toEqual([]);
  });

  it('of a revision that is gone is not sent', async () => {
    replicaSets = [];
    const done = await perform({ verb: 'rollback', deployment: 'api-gateway', toRevision: 2 });
    expect(done).toEqual({ outcome: 'moved', says: 'revision 2 no longer exists' });
    expect(sent).toEqual([]);
  });

  // The messages are those of kube-apiserver 1.32.
  const generic = 'the server rejected our request due to an error in our request';
  const modified =
    'Operation cannot be fulfilled on deployments.apps "api-gateway": the object has been modified; please apply your changes to the latest version and try again';
  const webhook = 'admission webhook "policy.example" denied the request: no restarts on Fridays';
  const policy = `deployments.apps "api-gateway" is forbidden: ValidatingAdmissionPolicy 'x' denied request: too many`;
  const quota = 'deployments.apps "api-gateway" is forbidden: exceeded quota: small';
  const rbac =
    'deployments.apps "api-gateway" is forbidden: User "ops1" cannot patch resource "deployments" in API group "apps" in the namespace "bentham"';
  const down =
    'Internal error occurred: failed calling webhook "policy.example": Post "https://x": dial tcp: connection refused';

  it.each([
    ['restart', 409, modified, 'moved', 'the object has been modified'],
    ['rollback', 422, generic, 'moved', 'was changed since the plan'],
    ['rollback', 422, 'Deployment.apps "api-gateway" is invalid: spec.x: bad', 'failed', 'is invalid: spec.x: bad'],
    ['restart', 422, policy, 'failed', 'denied request: too many'],
    ['restart', 403, webhook, 'failed', 'no restarts on Fridays'],
    ['restart', 400, webhook, 'failed', 'no restarts on Fridays'],
    ['scale', 403, quota, 'failed', 'exceeded quota'],
    ['scale', 403, rbac, 'failed', 'not allowed to patch deployments/scale in bentham'],
    ['restart', 429, 'Too many requests, please try again later.', 'failed', 'nothing was changed: too many requests'],
    ['restart', 500, down, 'failed', 'failed calling webhook'],
    ['restart', 500, 'etcdserver: request timed out', 'unknown', 'etcdserver'],
    ['restart', 503, 'the server is currently unable to handle the request', 'unknown', '503'],
  ] as const)('%s answered %i (%s) is %s', async (verb, code, message, outcome, says) => {
    patch = (_, res) => res.writeHead(code, { 'retry-after': '0' }).end(status(code, message));
    const change = { deployment: 'api-gateway', verb, replicas: 5, toRevision: 2 } as KubernetesChange;
    expect(await perform(change)).toMatchObject({ outcome, says: expect.stringContaining(says) });
    expect(sent).toHaveLength(1);
  });

  it.each([
    ['cut before the answer', (res) => res.destroy()],
    ['cut in the answer', (res) => res.writeHead(200, { 'content-length': '99' }).write('{"kind":')],
    ['garbled in the answer', (res) => res.end('<html>')],
  ] satisfies [string, (res: Parameters<Handler>[1]) => unknown][])('%s has an unknown outcome', async (_, answer) => {
    patch = (__, res) => {
      answer(res);
      if (!res.writableEnded) setImmediate(() => res.destroy());
    };
    expect(await perform()).toMatchObject({ outcome: 'unknown' });
    expect(sent).toHaveLength(1);
  });
});
