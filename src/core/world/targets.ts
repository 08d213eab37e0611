// The configured targets of the runbook's commands. No secrets.

/** One PostgreSQL server, as a person would name it to psql. */
export type ServerTarget = {
  host: string;
  port: number;
  user: string;
  database: string;
  /** Where TLS is required: psql by default also connects without it. */
  sslMode?: string;
  sslRootCert?: string;
};

/** PagerDuty's REST API, where a token is configured. `from`: in whose name it changes pages. */
export type PagerApi = { url: string; service?: string | undefined; from?: string | undefined };

export type Targets = {
  /** The namespace of the current environment. */
  namespace: string;
  /** `--context` for kubectl, where one is configured. */
  context?: string;
  /** KUBECONFIG for kubectl, where the configuration chooses another than the environment does. */
  kubeconfig?: string;
  deployments: { gateway: string; orchestrator: string; executor: string };
  logSelector: string;
  /** Without a slash at the end. */
  gatewayUrl: string;
  healthPath: string;
  detailedHealthPath: string;
  studyPath: string;
  primary: ServerTarget;
  replica?: ServerTarget;
  redis: { host: string; port: number; tls: boolean };
  bucket: string;
  /** Evidence older than this may be deleted. */
  retentionDays: number;
  /** How `aws` is called: profile, region and endpoints where they are configured. */
  aws: { profile?: string; region?: string; s3?: string; rds?: string; secrets?: string };
  /** The RDS cluster and the name that a restored one gets. */
  cluster: string;
  recovered: string;
  secretId: string;
  /** How `pnpm admin:*` is called: `pnpm`. */
  admin: string;
  failoverScript: string;
  /** PagerDuty's addresses, and the hosts of the webhooks that are configured. */
  channels: { pagerDuty: string; slackAlerts?: string; slackOps?: string; pagerApi?: PagerApi | undefined };
  /** kubectl, by name or path. */
  kubectl: string;
  /** The image of a debug container. */
  debugImage: string;
  staging: { manifests: string; namespace: string; healthUrl: string };
  manifests: string;
};

/** Where the gateway's API has a study. A slash of a scheme stays. */
export function studyUrl({ gatewayUrl, studyPath }: Pick<Targets, 'gatewayUrl' | 'studyPath'>, study: string): string {
  const path = studyPath.replace(/^\/+|(?<!\/)\/+$/g, '');
  return `${gatewayUrl.replace(/(?<!\/)\/+$/, '')}/${path}/${encodeURIComponent(study)}`;
}

/** One line of the runbook's contacts. */
export type Contact = { role: string; contact: string; escalation: string };
