import { delimiter, resolve } from 'node:path';
import { quote } from '../core/text/shell.ts';
import type { PagerApi, ServerTarget, Targets } from '../core/world/targets.ts';
import type { Environment } from './io.ts';
import { type DatabaseServer, redisByTls, type Settings } from './settings.ts';

/** What fills in the runbook's commands; no secret is among it. */
export function targetsOf(settings: Settings, environment: Environment = process.env): Targets {
  const { kubernetes, gateway, database, evidence, backups, credentials, admin } = settings;
  return {
    namespace: kubernetes.namespace,
    context: kubernetes.context,
    ...kubeconfigOf(kubernetes.kubeconfig, environment.KUBECONFIG),
    deployments: kubernetes.deployments,
    logSelector: kubernetes.logSelector,
    gatewayUrl: gateway.url.replace(/(?<!\/)\/+$/, ''),
    healthPath: gateway.healthPath,
    detailedHealthPath: gateway.detailedHealthPath,
    studyPath: gateway.studyPath,
    primary: serverTarget(database.primary, environment),
    replica: database.replica && serverTarget(database.replica, environment),
    redis: redisTarget(settings.redis),
    bucket: evidence.bucket,
    retentionDays: evidence.retentionDays,
    aws: {
      profile: evidence.awsProfile,
      region: evidence.region,
      s3: evidence.endpoint,
      rds: backups.rdsEndpoint,
      secrets: credentials.endpoint,
    },
    cluster: backups.cluster,
    recovered: backups.recovered,
    secretId: credentials.secretId,
    admin: admin.command.map(quote).join(' '),
    failoverScript: admin.failoverScript,
    kubectl: admin.kubectl,
    debugImage: kubernetes.debugImage,
    channels: {
      pagerDuty: settings.channels.pagerDuty.url,
      pagerApi: pagerApiOf(settings.channels.pagerDuty),
      ...hostOf('slackAlerts', settings.channels.slackAlerts.webhook),
      ...hostOf('slackOps', settings.channels.slackOps.webhook),
    },
    staging: {
      manifests: admin.stagingManifests,
      namespace: admin.stagingNamespace,
      healthUrl: admin.stagingHealthUrl,
    },
    manifests: admin.productionManifests,
  };
}

/** A command inherits the environment's own; any other has to be said. */
function kubeconfigOf(chosen: string | undefined, inherited: string | undefined): Pick<Targets, 'kubeconfig'> {
  if (!chosen) return {};
  const absolute = (list: string) =>
    list
      .split(delimiter)
      .map((file) => file && resolve(file))
      .join(delimiter);
  return inherited && absolute(inherited) === absolute(chosen) ? {} : { kubeconfig: chosen };
}

function pagerApiOf({ apiToken, apiUrl, service, from }: Settings['channels']['pagerDuty']): PagerApi | undefined {
  return apiToken ? { url: apiUrl.replace(/(?<!\/)\/+$/, ''), service, from } : undefined;
}

function hostOf(name: 'slackAlerts' | 'slackOps', webhook: string | undefined) {
  return webhook ? { [name]: new URL(webhook).host } : {};
}

/** What psql would not do of itself, unless its environment has it do so. */
function serverTarget(server: DatabaseServer, environment: Environment): ServerTarget {
  const { host, port, user, database, sslMode, sslRootCert } = server;
  const required = /^(require|verify-)/.test(sslMode);
  return {
    host,
    port,
    user,
    database,
    sslMode: required && environment.PGSSLMODE !== sslMode ? sslMode : undefined,
    sslRootCert: required && sslRootCert && environment.PGSSLROOTCERT !== sslRootCert ? sslRootCert : undefined,
  };
}

function redisTarget(redis: Settings['redis']): Targets['redis'] {
  const { hostname, port } = new URL(redis.url);
  return { host: hostname.replace(/^\[|\]$/g, ''), port: port ? Number(port) : 6379, tls: redisByTls(redis) };
}
