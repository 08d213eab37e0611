// Where Bentham's services are (runbook, Service Locations and Key Ports).

export type ServiceLocation = { service: string; production: string; staging: string };

/** Host and port of each service in both environments, as the runbook writes them. */
export const serviceLocations: readonly ServiceLocation[] = [
  { service: 'API Gateway', production: 'api.bentham.io', staging: 'api-staging.bentham.io' },
  {
    service: 'Database (Primary)',
    production: 'db-primary.bentham.io:5432',
    staging: 'db-staging.bentham.io:5432',
  },
  { service: 'Database (Replica)', production: 'db-replica.bentham.io:5432', staging: '-' },
  { service: 'Redis', production: 'redis.bentham.io:6379', staging: 'redis-staging.bentham.io:6379' },
  { service: 'Evidence Storage', production: 'evidence.bentham.io (S3)', staging: 'evidence-staging.bentham.io' },
];

export type KeyPort = { service: string; port: number; protocol: string };

export const keyPorts: readonly KeyPort[] = [
  { service: 'API Gateway', port: 3000, protocol: 'HTTPS' },
  { service: 'PostgreSQL', port: 5432, protocol: 'TCP' },
  { service: 'Redis', port: 6379, protocol: 'TCP' },
];
