import type { Scope } from '../core/world/world.ts';
import type { Settings } from './settings.ts';

/** The part of the settings that judgements depend on. */
export function scopeOf(settings: Settings): Scope {
  const { redirected } = settings.environment;
  return {
    environment: settings.environment.name,
    ...(settings.drill ? { drill: settings.drill } : {}),
    guarded: settings.environment.guarded,
    ...(redirected.length > 0 ? { redirected } : {}),
    namespace: settings.kubernetes.namespace,
    deployments: settings.kubernetes.deployments,
    otherWorkloads: settings.kubernetes.otherWorkloads,
    ...(settings.kubernetes.podSelector ? { somePods: true as const } : {}),
    hasReplica: settings.database.replica !== undefined,
    thresholds: settings.thresholds,
  };
}
