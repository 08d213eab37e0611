import type { Scope } from '../core/world/world.ts';
import type { Settings } from './settings.ts';

/** The part of the settings that judgements depend on. */
export function scopeOf(settings: Settings): Scope {
  const { redirected } = settings.environment;
  return {
    environment: settings.environment.name,
    drill: settings.drill,
    guarded: settings.environment.guarded,
    redirected: redirected.length > 0 ? redirected : undefined,
    namespace: settings.kubernetes.namespace,
    deployments: settings.kubernetes.deployments,
    otherWorkloads: settings.kubernetes.otherWorkloads,
    somePods: settings.kubernetes.podSelector ? (true as const) : undefined,
    hasReplica: settings.database.replica !== undefined,
    thresholds: settings.thresholds,
    jobTimeout: settings.platform.jobTimeout,
  };
}
