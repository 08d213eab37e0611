// API keys as the runbook lists them; never the key itself. Pure.
import { shortAge } from '../text/format.ts';
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
  /** Absent: it does not expire, or the table does not say. */
  expiresAt?: Instant | undefined;
  /** The platform's word for its tenant's state, where it is not active: `SUSPENDED`. */
  tenantStatus?: string | undefined;
};

/** By tenant. `more`: there are more than were read. */
export type ApiKeyList = {
  rows: readonly ApiKey[];
  more: boolean;
  /** The table has no column of rate limits: that a key has none says nothing. */
  limitsUntold?: true | undefined;
};

/** A key that was not used for this long may be obsolete. */
export const unusedAfter = 90 * day;
/** A new key may stay unused for this long. */
export const neverUsedAfter = 14 * day;

/** What needs attention, in words; nothing for a revoked key. */
export function oddities(key: ApiKey, now: Instant, limitsUntold = false): readonly string[] {
  if (key.revoked) return [];
  const found: string[] = [];
  const expiry = expirySays(key, now);
  if (expiry) found.push(expiry);
  if (key.tenantStatus) found.push(`tenant ${key.tenantStatus.toLowerCase()}`);
  if (isOverPrivileged(key)) found.push('full access');
  if (key.lastUsedAt === undefined) {
    if (now - key.createdAt > neverUsedAfter) found.push('never used');
  } else if (now - key.lastUsedAt > unusedAfter) found.push('unused');
  if (!limitsUntold && (key.rateLimit === undefined || key.rateLimit === 0)) found.push('no rate limit');
  return found;
}

/** A tenant needs this long to replace a key. */
export const expiresSoon = 14 * day;

/** `expired 1 d ago`, `expires in 3 d`; undefined while it is good for longer. */
export function expirySays({ expiresAt }: Pick<ApiKey, 'expiresAt'>, now: Instant): string | undefined {
  if (expiresAt === undefined || expiresAt - now > expiresSoon) return undefined;
  return expiresAt <= now ? `expired ${shortAge(now - expiresAt)} ago` : `expires in ${shortAge(expiresAt - now)}`;
}

/** `*`, or an administrator's permission. */
export function isOverPrivileged({ permissions }: Pick<ApiKey, 'permissions'>): boolean {
  return permissions.some((permission) => permission === '*' || permission === '*:*' || /^admin\b/i.test(permission));
}
