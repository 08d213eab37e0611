// The embedded Bentham: every server of the platform, on loopback and free ports, under one set of conditions.
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { startRds } from './aws/rds.ts';
import { startSecrets } from './aws/secrets.ts';
import { startControl } from './control-api.ts';
import { writeCheckout } from './fake-checkout.ts';
import { startGateway } from './gateway.ts';
import { type Kubernetes, startKubernetes } from './kubernetes/kubernetes.ts';
import { platformLayout, runbookLayout } from './kubernetes/layout.ts';
import { startLogGenerator } from './log-generator.ts';
import { startPagerDutyApi } from './pagerduty/api.ts';
import { checkpointEvery, startOrchestrator } from './platform/orchestrator.ts';
import { startCluster } from './postgres/cluster.ts';
import { present } from './present.ts';
import { guardedDirectory } from './reaper.ts';
import { startReceivers } from './receivers.ts';
import { startRelay } from './redis/relay.ts';
import { startRedis } from './redis/server.ts';
import { deploymentRecovered, recovered, takeCredentials } from './remedies.ts';
import { startS3 } from './s3/s3.ts';
import type { Conditions, Scenario } from './scenario.ts';
import { followStudies, readStudy, tenantOfKey } from './studies.ts';
import { startWebhook } from './webhook.ts';
import { startWorld } from './workload-simulator.ts';

export type DrillOptions = {
  scenario: Scenario;
  /** Pods more, for load. */
  pods: number;
  /** Finished jobs more, for load. */
  jobs: number;
  /** The platform's own form instead of the runbook's: its tables, API, logs, labels, and a checkout without scripts. */
  platform?: boolean;
  /** With a relay, through which several cockpits share an incident. */
  warRoom?: boolean;
};

export type Drill = {
  /** What lets the cockpit, psql, redis-cli, kubectl, curl and aws talk to it. */
  environment: Readonly<Record<string, string>>;
  /** What is wrong now; remedies change it. */
  conditions: Conditions;
  /** The cluster from within: its objects and its logs. */
  kubernetes: Pick<Kubernetes, 'store' | 'logs' | 'podsOf' | 'restrict' | 'register'>;
  /** Ends everything and removes what it wrote. */
  stop(): Promise<void>;
};

/** In the platform's own form a key belongs to one tenant, and sees only that tenant's studies. */
const adminTenant = 'tenant-lyra';

/** Bytes on the disk: two databases of 40 MB, their write-ahead logs, and what a drill of some hours adds. */
const usual = 300 * 1024 * 1024;
/** A job is a row of 150 bytes in two databases, with four indexes and its write-ahead log. */
const perJob = 1000;

/** Starts it; resolves when every server answers. */
export async function startDrill({
  scenario,
  pods,
  jobs,
  platform = false,
  warRoom = false,
}: DrillOptions): Promise<Drill> {
  const conditions = structuredClone(scenario.conditions);
  const layout = platform ? platformLayout : runbookLayout;
  const guarded = await guardedDirectory(usual + jobs * perJob);
  const over = new AbortController();
  const stops: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    over.abort();
    await Promise.allSettled(stops.map((each) => each()));
    await guarded.end();
  };
  // Each is stopped, also when another one does not start.
  const started = async <T extends { stop(): Promise<unknown> }>(starting: Promise<T>): Promise<T> => {
    stops.push(async () => (await starting).stop());
    return await starting;
  };
  try {
    const [cluster, redis, kubernetes] = await Promise.all([
      started(startCluster(guarded.directory, { jobs, conditions, platform, onPromoted: () => recovered(conditions) })),
      started(startRedis({ fill: conditions.redisFill })),
      started(
        startKubernetes({
          directory: guarded.directory,
          conditions: conditions.deployments,
          layout,
          healed: (deployment) => deploymentRecovered(conditions, deployment),
          brokenNeighbours: conditions.brokenNeighbours ?? false,
          pods,
        }),
      ),
    ]);
    const world = startWorld({
      cluster,
      conditions,
      executors: () => kubernetes.ready('executor').length,
      podsOf: (deployment) => kubernetes.podsOf(deployment).map((pod) => pod.metadata.uid),
      signal: over.signal,
    });
    stops.push(() => world);
    const adminKey = `bk_${randomBytes(18).toString('base64url')}`;
    const subjects = followStudies(cluster, over.signal);
    const tenantOf = async (token: string) => (token === adminKey ? adminTenant : tenantOfKey(cluster, token));
    const works = () => conditions.gateway.services.orchestrator && kubernetes.ready('orchestrator').length > 0;
    const orchestrator = platform ? startOrchestrator(cluster, works, over.signal) : undefined;
    const gateway = await started(
      startGateway({
        kubernetes,
        conditions,
        admits: async (token) => (await tenantOf(token)) !== undefined,
        study: (id) => readStudy(cluster, id),
        platform: orchestrator ? { tenantOf, orchestrator } : undefined,
        subjects,
      }),
    );
    // A forwarded port leads to the gateway that answers everybody else.
    kubernetes.exposes('api-gateway', 3000, Number(new URL(gateway.url).port));
    const stopLogs = startLogGenerator({ kubernetes, conditions, subjects, platform });
    stops.push(async () => stopLogs());
    const control = await started(
      startControl({ cluster, conditions, kubernetes, layout, scratch: guarded.directory }),
    );
    const checkout = await writeCheckout(guarded.directory, control, conditions, { bare: platform });
    const webhook = await started(startWebhook());
    const pagerDuty = await started(startPagerDutyApi({ incident: scenario.page }));
    const [receivers, s3, rds, secrets] = await Promise.all([
      started(startReceivers(pagerDuty.event)),
      started(startS3()),
      started(startRds()),
      started(
        startSecrets({
          id: 'bentham/db-credentials',
          text: JSON.stringify({ username: cluster.user, password: cluster.password }),
          changed: (text) => takeCredentials(cluster, text),
        }),
      ),
    ]);
    const relay = warRoom ? await started(startRelay(guarded.directory)) : undefined;
    if (!conditions.primaryUp) await cluster.stopPrimary();
    const state = path.join(guarded.directory, 'state');
    await mkdir(state, { mode: 0o700 });
    // Nothing of a real platform's configuration reaches into a drill, least of all its channels.
    const config = path.join(guarded.directory, 'config.yaml');
    await writeFile(config, '# The drill’s own: everything is in its environment.\n');
    const environment = present({
      BENTHAM_DRILL: scenario.id,
      BENTHAM_CONFIG: config,
      BENTHAM_PROFILE: 'production',
      BENTHAM_JOURNAL_DIRECTORY: path.join(state, 'journal'),
      PGHOST: cluster.host,
      PGPORT: String(cluster.primaryPort),
      PGUSER: cluster.user,
      PGPASSWORD: cluster.password,
      PGDATABASE: cluster.database,
      PGSSLMODE: 'disable',
      BENTHAM_DATABASE_REPLICA_HOST: cluster.host,
      BENTHAM_DATABASE_REPLICA_PORT: String(cluster.replicaPort),
      BENTHAM_GATEWAY_URL: gateway.url,
      ADMIN_API_KEY: adminKey,
      KUBECONFIG: kubernetes.kubeconfig,
      // The runbook's app=bentham names no pod of its own: app=api-gateway is taken.
      BENTHAM_KUBERNETES_LOG_SELECTOR: 'app.kubernetes.io/part-of=bentham',
      AWS_REGION: 'eu-west-1',
      AWS_DEFAULT_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: s3.accessKeyId,
      AWS_SECRET_ACCESS_KEY: s3.secretAccessKey,
      AWS_ENDPOINT_URL_S3: s3.url,
      AWS_ENDPOINT_URL_RDS: rds.url,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url,
      BENTHAM_BACKUPS_REDIS_BUCKET: s3.backups.name,
      BENTHAM_ADMIN_COMMAND: checkout.pnpm,
      BENTHAM_ADMIN_DIRECTORY: checkout.directory,
      BENTHAM_ADMIN_KUBECTL: checkout.kubectl || undefined,
      BENTHAM_ADMIN_STAGING_HEALTH_URL: control.stagingHealthUrl,
      BENTHAM_CHANNELS_PAGER_DUTY_URL: receivers.pagerDutyUrl,
      BENTHAM_CHANNELS_PAGER_DUTY_ROUTING_KEY: receivers.routingKey,
      BENTHAM_CHANNELS_PAGER_DUTY_API_URL: pagerDuty.url,
      BENTHAM_CHANNELS_PAGER_DUTY_API_TOKEN: pagerDuty.token,
      BENTHAM_CHANNELS_PAGER_DUTY_SERVICE: pagerDuty.service,
      BENTHAM_CHANNELS_PAGER_DUTY_FROM: pagerDuty.from,
      BENTHAM_CHANNELS_SLACK_ALERTS_WEBHOOK: receivers.slackAlerts,
      BENTHAM_CHANNELS_SLACK_OPS_WEBHOOK: receivers.slackOps,
      BENTHAM_CHANNELS_WEBHOOKS_URLS: webhook.url,
      BENTHAM_CHANNELS_WEBHOOKS_AUTHORIZATION: webhook.authorization,
      BENTHAM_CHANNELS_WEBHOOKS_SIGNING_KEY: webhook.signingKey,
      BENTHAM_DRILL_WEBHOOKS: webhook.list,
      // What PagerDuty and Slack received: for the cockpit's screen, and for curl and tests.
      BENTHAM_CHANNELS_RECEIVED: `${receivers.url}/received`,
      BENTHAM_DRILL_RECEIVED: `${receivers.url}/received`,
      BENTHAM_KUBERNETES_NAMESPACE: platform ? layout.production : undefined,
      BENTHAM_PLATFORM_CHECKPOINT: platform ? String(checkpointEvery) : undefined,
      REDIS_URL: `redis://:${redis.password}@${redis.host}:${redis.port}`,
      BENTHAM_INCIDENT_RELAY: relay && `redis://127.0.0.1:${relay.port}`,
      BENTHAM_INCIDENT_RELAY_PASSWORD: relay?.password,
      // What `join` takes in a second terminal; the environment is in a file of this directory.
      BENTHAM_DRILL_JOIN: relay && path.basename(guarded.directory),
    });
    if (relay) await writeFile(path.join(state, 'join.json'), JSON.stringify(environment), { mode: 0o600 });
    return { environment, conditions, kubernetes, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
