// The runbook's places are those that the built-in profiles ask.
import { expect, test } from 'vitest';
import { profiles } from '../../src/config/profiles.ts';
import { settingsSchema } from '../../src/config/settings.ts';
import { keyPorts, serviceLocations } from '../../src/runbook/services.ts';

test.each(['production', 'staging'] as const)('%s: the profile asks the hosts of the runbook', (profile) => {
  const { gateway, database, redis } = settingsSchema.parse({ profile, ...profiles[profile] });
  const asked = [
    new URL(gateway.url ?? '').host,
    `${database.primary.host}:${database.primary.port}`,
    database.replica ? `${database.replica.host}:${database.replica.port}` : '-',
    new URL(redis.url ?? '').host,
  ];
  expect(serviceLocations.slice(0, 4).map((location) => location[profile])).toEqual(asked);
});

test('the ports of the locations are the key ports', () => {
  const portOf = (service: string) => keyPorts.find((one) => one.service === service)?.port;
  for (const { service, production, staging } of serviceLocations)
    for (const [, port] of [production, staging].flatMap((place) => [...place.matchAll(/:(\d+)$/g)]))
      expect(Number(port)).toBe(portOf(service.startsWith('Database') ? 'PostgreSQL' : service));
});
