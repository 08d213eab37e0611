import type { Finding } from './evaluate.ts';

/** What tells where a finding comes from. */
export type Origin = Pick<Finding, 'id' | 'area' | 'unanswered'>;

/**
 * The finding that says that the source of another one gives no answer: whatever vanished with it is unknown, not well.
 * That a source was silent is not hidden by another's silence.
 */
export function silentSource(vanished: Origin, now: readonly Finding[]): Finding | undefined {
  if (vanished.unanswered) return undefined;
  return now.find((other) => other.unanswered && isJudgedFrom(vanished, other));
}

/** The databases answer each for itself; elsewhere an area is judged from what one source tells. */
function isJudgedFrom(finding: Origin, source: Finding): boolean {
  return finding.area === source.area && (finding.area !== 'database' || finding.id.startsWith(`${source.id}/`));
}
