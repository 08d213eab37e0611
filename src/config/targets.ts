import type { ServerTarget, Targets } from '../core/targets.ts';
import type { DatabaseServer, Settings } from './settings.ts';

/** What fills in the runbook's commands; no secret is among it. */
export function targetsOf(settings: Settings): Targets {
  const { kubernetes, gateway, database, evidence, backups, credentials, admin } = settings;
  return {
    namespace: kubernetes.namespace,
    ...(kubernetes.context ? { context: kubernetes.context } : {}),
    deployments: kubernetes.deployments,
    logSelector: kubernetes.logSelector,
    gatewayUrl: gateway.url.replace(/\/+$/, ''),
    healthPath: gateway.healthPath,
    detailedHealthPath: gateway.detailedHealthPath,
    studyPath: gateway.studyPath,
    primary: serverTarget(database.primary),
    ...(database.replica ? { replica: serverTarget(database.replica) } : {}),
    redis: redisTarget(settings.redis.url),
    bucket: evidence.bucket,
    retentionDays: evidence.retentionDays,
    aws: {
      ...(evidence.awsProfile ? { profile: evidence.awsProfile } : {}),
      ...(evidence.region ? { region: evidence.region } : {}),
      ...(evidence.endpoint ? { s3: evidence.endpoint } : {}),
      ...(backups.rdsEndpoint ? { rds: backups.rdsEndpoint } : {}),
      ...(credentials.endpoint ? { secrets: credentials.endpoint } : {}),
    },
    cluster: backups.cluster,
    recovered: backups.recovered,
    secretId: credentials.secretId,
    admin: admin.command.join(' '),
    failoverScript: admin.failoverScript,
    staging: {
      manifests: admin.stagingManifests,
      namespace: admin.stagingNamespace,
      healthUrl: admin.stagingHealthUrl,
    },
    manifests: admin.productionManifests,
  };
}

function serverTarget({ host, port, user, database }: DatabaseServer): ServerTarget {
  return { host, port, user, database };
}

function redisTarget(url: string): Targets['redis'] {
  const { hostname, port, protocol } = new URL(url);
  return { host: hostname.replace(/^\[|\]$/g, ''), port: port ? Number(port) : 6379, tls: protocol === 'rediss:' };
}
