/** Worse is later. Unknown outranks ok: what could not be asked is never green. */
export const healthStatuses = ['ok', 'unknown', 'warning', 'critical'] as const;
export type HealthStatus = (typeof healthStatuses)[number];

/** Glyphs that every terminal and tmux measures as one column. */
export const glyph: Record<HealthStatus, string> = { ok: '✓', unknown: '?', warning: '▲', critical: '●' };

/** Whether a threshold is breached, and not merely unknown. */
export function isBreached(verdict: HealthStatus): boolean {
  return verdict === 'warning' || verdict === 'critical';
}

/** The worst of several; `ok` of none. */
export function worst(all: Iterable<HealthStatus>): HealthStatus {
  let rank = 0;
  for (const verdict of all) rank = Math.max(rank, healthStatuses.indexOf(verdict));
  return healthStatuses[rank] ?? 'unknown';
}

/** Whether `a` is worse than `b`. */
export function isWorse(a: HealthStatus, b: HealthStatus): boolean {
  return healthStatuses.indexOf(a) > healthStatuses.indexOf(b);
}

/** For sorting: the worst first. */
export function worstFirst(a: HealthStatus, b: HealthStatus): number {
  return healthStatuses.indexOf(b) - healthStatuses.indexOf(a);
}

/** The worst first; the order of the list breaks ties. */
export function rankedByVerdict<T extends { verdict: HealthStatus }>(all: readonly T[]): T[] {
  return healthStatuses.toReversed().flatMap((status) => all.filter(({ verdict }) => verdict === status));
}

/** Exit codes of monitoring plugins (Nagios plugin conventions). */
export const exitCode: Record<HealthStatus, 0 | 1 | 2 | 3> = { ok: 0, warning: 1, critical: 2, unknown: 3 };
