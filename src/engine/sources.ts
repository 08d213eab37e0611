// Every source. A new one is one line here.
import type { Settings } from '../config/settings.ts';
import type { FactId } from '../core/world/facts.ts';
import type { Source } from '../data/source.ts';
import { loadedLater } from './loaded-later.ts';

/** Gives sources in place of those that `load` gives, which are of the same ids and facts. */
export type InPlace = (settings: Settings, load: () => Promise<readonly Source[]>) => readonly Source[];

/** Sources that share a client. `facts`: all that they may tell. `load` imports the client; nothing is opened before they start. */
export type Family = { facts: readonly FactId[]; load(): Promise<readonly Source[]> };

/**
 * The sources that the settings call for, in the order in which a look starts them: who takes most steps to its answer
 * comes first. With `once` they end what would go on after the first answer, and share none with other cockpits.
 * `kubernetes`: runs that family elsewhere.
 */
export function familiesFor(
  settings: Settings,
  { once = false, kubernetes }: { once?: boolean; kubernetes?: InPlace | undefined } = {},
): readonly Family[] {
  const { prometheus } = settings;
  const shared = !once;
  const loadKubernetes = async () =>
    (await import('../data/kubernetes/sources.ts')).kubernetesSources(settings, { once, shared });
  return [
    {
      facts: ['cluster', 'pods', 'deployments', 'workloads', ...(prometheus ? [] : (['traffic'] as const))],
      load: kubernetes ? async () => kubernetes(settings, loadKubernetes) : loadKubernetes,
    },
    {
      facts: ['primary', 'replica', 'studies', 'surfaces'],
      load: async () => (await import('../data/postgres/sources.ts')).postgresSources(settings, { shared }),
    },
    {
      facts: ['gateway'],
      load: async () => [(await import('../data/gateway/source.ts')).gatewaySource(settings, { once })],
    },
    ...(prometheus
      ? [
          {
            facts: ['traffic'] as const,
            load: async () => [
              (await import('../data/prometheus/source.ts')).prometheusSource(settings, prometheus, { shared }),
            ],
          },
        ]
      : []),
    {
      facts: ['redis'],
      load: async () => [(await import('../data/redis/source.ts')).redisSource(settings, { shared })],
    },
    {
      facts: ['backups'],
      // The clients of RDS and S3 are a third of all code.
      load: async () => [
        loadedLater('backups', ['backups'], async () =>
          (await import('../data/aws/backups.ts')).backupsSource(settings, { shared }),
        ),
      ],
    },
  ];
}

/** The sources of all families. */
export async function sourcesFor(settings: Settings): Promise<readonly Source[]> {
  const loaded = await Promise.all(familiesFor(settings).map(({ load }) => load()));
  return loaded.flat();
}
