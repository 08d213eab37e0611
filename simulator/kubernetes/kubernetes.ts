// The drill's Kubernetes: an API server on loopback and a cluster behind it that lives.
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { selfSigned } from '../certificate.ts';
import { listen } from '../http.ts';
import type { DeploymentConditions } from '../scenario.ts';
import type { Ms } from '../time.ts';
import { operatorRules, type Rule, type User, viewerRules } from './access.ts';
import type { Webhook } from './admission.ts';
import { type Api, apiHandler } from './api.ts';
import { benthamSeeds, loadSeeds } from './bentham.ts';
import { createCluster } from './cluster.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { type Layout, runbookLayout } from './layout.ts';
import { seedNeighbours } from './neighbours.ts';
import type { Pod } from './object.ts';
import { pino } from './pod-log-lines.ts';
import { upgradeHandler } from './streams.ts';

export type KubernetesOptions = {
  /** Where the kubeconfig and the certificate are written. */
  directory: string;
  /** Read at every turn; `healed` gets a deployment that was fixed. */
  conditions: Readonly<Record<string, DeploymentConditions>>;
  healed?(deployment: string): void;
  /** The runbook's where none is given. */
  layout?: Layout;
  /** Workloads beside Bentham's own are broken. */
  brokenNeighbours?: boolean;
  /** Pods beside Bentham's own, for load. */
  pods?: number;
  /** 1: as quick as a drill; less is quicker. */
  pace?: number;
  /** Changes that a watch can replay. */
  memory?: number;
  /** Bookmarks as an API server sends them, once a minute, where nothing is said. */
  watches?: { bookmarks?: Ms; gone?: 'event' | 'status' };
  port?: number;
};

export type Kubernetes = Awaited<ReturnType<typeof startKubernetes>>;

/** Starts the API server and the cluster. The second context of the kubeconfig, `-viewer`, can only read. */
export async function startKubernetes(options: KubernetesOptions) {
  const { layout = runbookLayout } = options;
  const { production } = layout;
  const cluster = createCluster({
    conditions: options.conditions,
    production,
    seeds: [...benthamSeeds(options.conditions, layout), ...loadSeeds(options.pods ?? 0, layout)],
    healed: options.healed,
    pace: options.pace ?? 1,
    memory: options.memory || undefined,
  });
  if (options.brokenNeighbours) seedNeighbours(cluster.store, production, Date.now());
  let rules: readonly Rule[] = operatorRules;
  let webhooks: readonly Webhook[] = [];
  const token = randomBytes(24).toString('base64url');
  const viewerToken = randomBytes(24).toString('base64url');
  const users = new Map<string, User>([
    [token, { name: 'oncall@bentham.io', groups: ['system:authenticated'], rules: () => rules }],
    [viewerToken, { name: 'viewer@bentham.io', groups: ['system:authenticated'], rules: () => viewerRules }],
  ]);
  const identity = selfSigned('bentham-drill');
  const api: Api = {
    store: cluster.store,
    logs: cluster.logs,
    users,
    watches: { bookmarks: options.watches?.bookmarks ?? 60_000, gone: options.watches?.gone ?? 'event' },
    webhooks: () => webhooks,
    now: Date.now,
  };
  const handler = apiHandler(api);
  /** `api-gateway:3000`: the port of this machine that stands for it. */
  const ports = new Map<string, number>();
  const upgrade = upgradeHandler(
    api,
    ({ metadata: { labels } }, port) =>
      Object.values(labels ?? {}).flatMap((label) => ports.get(`${label}:${port}`) ?? [])[0],
  );
  let server = await listen(handler, { tls: identity, port: options.port || undefined, upgrade, http2: true });
  const { url, port } = server;
  const kubeconfig = join(options.directory, 'kubeconfig');
  const certificate = join(options.directory, 'kubernetes-ca.crt');
  await writeFile(certificate, identity.cert);
  await writeKubeconfig(kubeconfig, { url, identity, token, viewerToken, namespace: production });

  const podsOf = (deployment: string): readonly Pod[] => cluster.podsOf(production, deployment);
  return {
    url,
    kubeconfig,
    certificate,
    token,
    viewerToken,
    namespace: production,
    store: cluster.store,
    logs: cluster.logs,

    /** Pods of a deployment that take requests: ready ones. */
    ready: (deployment: string): readonly Pod[] => cluster.ready(production, deployment),
    podsOf,

    /** Writes a line as pino does into the log of one pod. */
    say(pod: Pod, level: number, fields: Readonly<Record<string, unknown>>, at = Date.now()): void {
      cluster.logs.write(pod.metadata.uid, pino(pod.metadata.name, at, level, fields), at);
    },

    /** Forgets what changed: watches from before get 410 Gone. */
    compact: () => cluster.store.compact(),

    /** Limits the on-call to these rules from now on. */
    restrict(to: readonly Rule[]): void {
      rules = to;
    },

    /** From now on these webhooks are called before a change is stored. */
    register(admission: readonly Webhook[]): void {
      webhooks = admission;
    },

    /** The node of this name stops answering; or the first, without a name. */
    loseNode: (name?: string) => cluster.loseNode(name),

    /** What a port of a deployment's pods leads to. */
    exposes: (deployment: string, port: number, there: number) => void ports.set(`${deployment}:${port}`, there),

    /** Stops the API server and closes every connection; the cluster behind it continues. */
    down: () => server.stop(),

    /** It is back at the same address. */
    async up(): Promise<void> {
      server = await listen(handler, { tls: identity, port, upgrade, http2: true });
    },

    async stop(): Promise<void> {
      cluster.stop();
      await server.stop();
    },
  };
}
