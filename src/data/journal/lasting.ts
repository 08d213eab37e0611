// What a relay may not drop of a long incident.
import type { Entry, EventKind } from '../../core/incident/event.ts';

const kinds: ReadonlySet<EventKind> = new Set<EventKind>([
  ...(['opened', 'severity', 'type', 'procedure', 'mitigated', 'resolved', 'cancelled', 'reopened'] as const),
  ...(['key', 'wheel', 'role', 'step', 'decision'] as const),
]);

/**
 * Whether an entry says how its incident stands: without its opening and the admitted keys nothing else has effect. People
 * make few of these, where the cockpit records a sample each minute.
 */
export const isLasting = ({ event }: Pick<Entry, 'event'>): boolean => kinds.has(event.kind);
