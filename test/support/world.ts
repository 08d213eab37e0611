// Worlds as a test writes them: production, nothing known, and what the test says.

import { settingsSchema } from '../../src/config/settings.ts';
import type { Instant } from '../../src/core/time.ts';
import type { FactId, Facts } from '../../src/core/world/facts.ts';
import type { Fault, Reading } from '../../src/core/world/reading.ts';
import { emptyWorld, type Readings, type Scope, type World } from '../../src/core/world/world.ts';

/** 2026-01-17 03:14:07Z. */
export const now: Instant = Date.UTC(2026, 0, 17, 3, 14, 7);

export const scope: Scope = {
  environment: 'PRODUCTION',
  guarded: true,
  namespace: 'bentham-prod',
  deployments: { gateway: 'api-gateway', orchestrator: 'orchestrator', executor: 'executor' },
  hasReplica: true,
  thresholds: settingsSchema.shape.thresholds.parse(undefined),
};

type Given = { now?: Instant; scope?: Partial<Scope>; readings?: Partial<Readings> };

export function world(given: Given = {}): World {
  const empty = emptyWorld({ ...scope, ...given.scope }, given.now ?? now);
  return { ...empty, readings: { ...empty.readings, ...given.readings } };
}

/** Answered just now. */
export function live<F extends FactId>(value: Facts[F], at = now): Reading<Facts[F]> {
  return { state: 'live', value, at, staleAfter: 15_000, from: 'test' };
}

export function lost(kind: Fault['kind'], at = now): Reading<never> {
  const what = kind === 'refused' ? 'connection refused' : 'timed out after 2 s';
  return { state: 'lost', at, fault: { kind, where: 'host:1', what, hint: 'check the VPN' } };
}
