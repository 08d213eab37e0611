// The resources in the palette: each backend, metric, deployment, surface, tenant and active study by
// its name.
import { metrics } from '../../core/health/metrics.ts';
import { disabledSays, surfacesHealth } from '../../core/health/surfaces.ts';
import { newest } from '../../core/world/reading.ts';
import type { MetricId } from '../../core/world/thresholds.ts';
import type { State } from '../../store.ts';
import { backendIds } from '../health/pane.ts';
import type { Entry } from '../screen.ts';

const otherWords: Partial<Record<(typeof backendIds)[number], string>> = {
  gateway: 'api health',
  cluster: 'kubernetes k8s',
  redis: 'cache',
  primary: 'postgres postgresql db',
  replica: 'postgres postgresql db lag standby',
};

const metricWords: Partial<Record<MetricId, string>> = {
  p95: 'latency response time slow slow api',
  errorRate: '5xx failing requests',
  connections: 'pool too many connections',
  redisMemory: 'memory cache full',
  queueDepth: 'backlog pending queue waiting jobs',
  studyFailures: 'failing studies failed studies',
};

export function thingEntries({ world }: State): readonly Entry[] {
  const { readings, scope } = world;
  const backends = backendIds
    .filter((id) => id !== 'replica' || scope.hasReplica)
    .map(
      (id): Entry => ({
        kind: 'backend',
        id: `backend/${id}`,
        title: id,
        about: 'open this backend: its answers and their age',
        also: otherWords[id],
        run: [{ kind: 'open', screen: 'backend', of: { backend: id } }],
      }),
    );
  const measured = metrics.map(
    (m): Entry => ({
      kind: 'metric',
      id: `metric/${m.id}`,
      title: m.short,
      about: 'open this metric: value, thresholds, trend',
      also: metricWords[m.id],
      run: [{ kind: 'open', screen: 'metric', of: { metric: m.id } }],
    }),
  );
  const deployments = (newest(readings.deployments)?.value ?? []).map(
    ({ name }): Entry => ({
      kind: 'deployment',
      id: `deployment/${name}`,
      title: name,
      about: 'open this deployment: its pods, its rollout',
      run: [{ kind: 'open', screen: 'deployment', of: { deployment: name } }],
    }),
  );
  const surfaces = surfacesHealth(world, newest(readings.surfaces)?.value).map(
    ({ s: { id }, disabled }): Entry => ({
      kind: 'surface',
      id: `surface/${id}`,
      title: id,
      about: `${disabled ? `${disabledSays(disabled, world.now).says}; ` : ''}open this surface: its last hour, its errors`,
      run: [{ kind: 'open', screen: 'surface', of: { surface: id } }],
    }),
  );
  const studies = (newest(readings.studies)?.value.active ?? []).map(
    ({ id, tenant }): Entry => ({
      kind: 'study',
      id: `study/${id}`,
      title: id,
      about: `open this study of ${tenant}`,
      run: [{ kind: 'open', screen: 'study', of: { study: id } }],
    }),
  );
  const tenants = [...new Set((newest(readings.studies)?.value.active ?? []).map(({ tenant }) => tenant))].map(
    (tenant): Entry => ({
      kind: 'tenant',
      id: `tenant/${tenant}`,
      title: tenant,
      about: 'list its active studies',
      also: 'tenant customer',
      run: [{ kind: 'open', screen: 'studies', filter: tenant }],
    }),
  );
  return [...backends, ...measured, ...deployments, ...surfaces, ...tenants, ...studies];
}
