// API keys as the runbook lists them; never the key itself. Pure.
import { day, type Instant } from '../time.ts';

export type ApiKey = {
  id: string;
  tenant: string;
  name: string;
  permissions: readonly string[];
  /** Requests a minute, as the platform counts them; absent: none set. */
  rateLimit?: number;
  lastUsedAt?: Instant;
  createdAt: Instant;
  revoked: boolean;
  revokedAt?: Instant;
};

/** By tenant. `more`: there are more than were read. */
export type ApiKeyList = { rows: readonly ApiKey[]; more: boolean };

/** A key that was not used for this long may be obsolete. */
export const unusedAfter = 90 * day;
/** A new key may stay unused for this long. */
export const neverUsedAfter = 14 * day;

/** What needs attention, in words; nothing for a revoked key. */
export function oddities(key: ApiKey, now: Instant): readonly string[] {
  if (key.revoked) return [];
  const found: string[] = [];
  if (isOverPrivileged(key)) found.push('full access');
  if (key.lastUsedAt === undefined) {
    if (now - key.createdAt > neverUsedAfter) found.push('never used');
  } else if (now - key.lastUsedAt > unusedAfter) found.push('unused');
  if (key.rateLimit === undefined || key.rateLimit === 0) found.push('no rate limit');
  return found;
}

/** `*`, or an administrator's permission. */
export function isOverPrivileged({ permissions }: Pick<ApiKey, 'permissions'>): boolean {
  return permissions.some((permission) => permission === '*' || permission === '*:*' || /^admin\b/i.test(permission));
}
