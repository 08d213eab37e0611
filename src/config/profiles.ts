// The built-in profiles: the runbook's hosts (runbook, Service Locations). What both share stands as defaults in
// settings.ts.
import type { SettingsInput } from './settings.ts';

/** Part of the settings, at any depth. */
export type PartialSettings = Partial<{ [K in keyof SettingsInput]: Partial<NonNullable<SettingsInput[K]>> }>;

// The runbook's Key Ports name 3000 for the gateway, but every command of it asks https://api.bentham.io without a
// port: 3000 is the pod's, the load balancer listens on 443.
const production = {
  environment: { name: 'PRODUCTION', guarded: true },
  kubernetes: { namespace: 'bentham-prod' },
  gateway: { url: 'https://api.bentham.io' },
  database: {
    primary: { host: 'db-primary.bentham.io', port: 5432 },
    replica: { host: 'db-replica.bentham.io', port: 5432 },
  },
  redis: { url: 'redis://redis.bentham.io:6379' },
  evidence: { bucket: 'bentham-evidence' },
  backups: { cluster: 'bentham-prod', recovered: 'bentham-recovered' },
} satisfies PartialSettings;

// Staging has no replica. The runbook names neither its bucket, its cluster nor its secret: these follow production's
// pattern, so that a wrong guess finds nothing rather than production's.
const staging = {
  environment: { name: 'STAGING', guarded: false },
  kubernetes: { namespace: 'bentham-staging' },
  gateway: { url: 'https://api-staging.bentham.io' },
  database: { primary: { host: 'db-staging.bentham.io', port: 5432 } },
  redis: { url: 'redis://redis-staging.bentham.io:6379' },
  evidence: { bucket: 'bentham-evidence-staging' },
  backups: { cluster: 'bentham-staging', recovered: 'bentham-staging-recovered' },
  credentials: { secretId: 'bentham-staging/db-credentials' },
} satisfies PartialSettings;

export const profiles: Readonly<Record<string, PartialSettings>> = { production, staging };

/** Production is the one that pages; it starts read-only, so being there by default changes nothing. */
export const defaultProfile = 'production';
