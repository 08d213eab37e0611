// Requests that the gateway refused, by tenant, in words.
import type { Refusal } from '../world/facts.ts';
import { sampledSays } from './measure.ts';

const words: Readonly<Record<number, string>> = { 401: 'unauthorized', 403: 'forbidden', 429: 'rate limited' };

/** `401 unauthorized` */
export const refusalSays = (status: number): string => `${status}${words[status] ? ` ${words[status]}` : ''}`;

/**
 * For each tenant, those with most first: `tenant-lyra: 12 × 429 rate limited, 1 × 403 forbidden`; `~12 ±9 ×`
 * where only a sample of the lines was read.
 */
export function refusalsByTenant(refusals: readonly Refusal[]): readonly string[] {
  const tenants = [...new Set(refusals.map(({ tenant }) => tenant))];
  return tenants.map((tenant) => {
    const here = refusals.filter((one) => one.tenant === tenant);
    const counts = here.map(({ status, count, margin }) => `${sampledSays(count, margin)} × ${refusalSays(status)}`);
    return `${tenant ?? 'tenant not in the log'}: ${counts.join(', ')}`;
  });
}
