// Every source. A new one is one line here.
import type { Settings } from '../config/settings.ts';
import type { Source } from '../data/source.ts';
import { loadedLater } from './loaded-later.ts';

/** The sources that the settings call for; with `once` they end what would go on after the first answer, and share none with other cockpits. Most clients are imported here; nothing is opened before they start. */
export async function sourcesFor(settings: Settings, { once = false } = {}): Promise<readonly Source[]> {
  const { prometheus } = settings;
  const families: readonly Promise<readonly Source[]>[] = [
    import('../data/gateway/source.ts').then((m) => [m.gatewaySource(settings, { once })]),
    import('../data/kubernetes/sources.ts').then((m) => m.kubernetesSources(settings, { once })),
    ...(prometheus
      ? [
          import('../data/prometheus/source.ts').then((m) => [
            m.prometheusSource(settings, prometheus, { shared: !once }),
          ]),
        ]
      : []),
    import('../data/postgres/sources.ts').then((m) => m.postgresSources(settings, { shared: !once })),
    import('../data/redis/source.ts').then((m) => [m.redisSource(settings, { shared: !once })]),
  ];
  // The clients of RDS and S3 are a third of all code.
  const backups = loadedLater('backups', ['backups'], () =>
    import('../data/aws/backups.ts').then((m) => m.backupsSource(settings, { shared: !once })),
  );
  return [...(await Promise.all(families)).flat(), backups];
}
