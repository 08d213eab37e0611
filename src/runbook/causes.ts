// What an error message most likely means (runbook, SEV2, Common Causes).
import type { ActionId } from '../core/actions/action.ts';

/** One line of the runbook's table. */
export type Cause = {
  id: 'rate-limited' | 'invalid-session' | 'captcha' | 'connection-timeout';
  /** As the runbook quotes it; errors contain it, in any case. */
  pattern: string;
  cause: string;
  fix: string;
  /** Actions that carry out the fix. Empty if a provider or a code change must fix it. */
  remedies: readonly ActionId[];
};

export const causes: readonly Cause[] = [
  {
    id: 'rate-limited',
    pattern: 'Rate limited',
    cause: 'Too many requests',
    fix: 'Reduce concurrency',
    remedies: ['scale-deployment'],
  },
  {
    id: 'invalid-session',
    pattern: 'Invalid session',
    cause: 'Session expired',
    fix: 'Clear session pool',
    remedies: ['cleanup-sessions', 'refresh-sessions'],
  },
  { id: 'captcha', pattern: 'Captcha detected', cause: 'Bot detection', fix: 'Rotate proxies', remedies: [] },
  {
    id: 'connection-timeout',
    pattern: 'Connection timeout',
    cause: 'Network issues',
    fix: 'Check proxy provider',
    remedies: [],
  },
];

/** The runbook's cause for an error message; undefined if it lists none. */
export function causeOf(message: string | undefined): Cause | undefined {
  if (!message) return undefined;
  const said = message.toLowerCase();
  return causes.find((cause) => said.includes(cause.pattern.toLowerCase()));
}
