// API keys, per tenant. Never the key.
import type { Settings } from '../../config/settings.ts';
import type { ApiKey, ApiKeyList } from '../../core/queries/api-key.ts';
import { sanitize } from '../../core/text/text.ts';
import { second } from '../../core/time.ts';
import type { Result } from '../source.ts';
import * as sql from './queries/keys.ts';
import { sessionsFor } from './sessions.ts';
import { tablesOf } from './tables.ts';

export function listApiKeys(settings: Settings, signal: AbortSignal): Promise<Result<ApiKeyList>> {
  const session = sessionsFor(settings).studies;
  return session.read(signal, 3 * second, async (ask) => {
    const { form } = await tablesOf(session, settings.database.schema, ask);
    const found = await ask<sql.ApiKeyRow>(sql.apiKeys(form));
    return {
      rows: found.slice(0, sql.mostKeys).map(keyFrom),
      more: found.length > sql.mostKeys,
      limitsUntold: form.apiKey.columns.rateLimit ? undefined : true,
    };
  });
}

function keyFrom(row: sql.ApiKeyRow): ApiKey {
  return {
    id: sanitize(row.id, 100),
    tenant: sanitize(row.tenant, 100),
    name: sanitize(row.name ?? '', 100),
    permissions: permissionsFrom(row.permissions),
    // PostgreSQL has NaN and Infinity as numbers; a limit is none of them.
    rateLimit: Number.isFinite(row.rateLimit) ? (row.rateLimit ?? undefined) : undefined,
    lastUsedAt: row.lastUsed === null ? undefined : row.lastUsed * second,
    createdAt: (row.created ?? 0) * second,
    revoked: row.revoked ?? row.revokedAt !== null,
    revokedAt: row.revokedAt === null ? undefined : row.revokedAt * second,
    expiresAt: row.expires === null ? undefined : row.expires * second,
    tenantStatus:
      row.tenantStatus === null || /^active$/i.test(row.tenantStatus) ? undefined : sanitize(row.tenantStatus, 40),
  };
}

/** An array, an object of true and false, or a text with commas: platforms write permissions in each way. */
export function permissionsFrom(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.slice(0, 100).map((one) => sanitize(one, 80));
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).flatMap(([name, on]) => (on ? [sanitize(name, 80)] : []));
  if (typeof value !== 'string') return [];
  const text = value.trim();
  if (text.startsWith('[') || text.startsWith('{')) {
    try {
      return permissionsFrom(JSON.parse(text));
    } catch {
      return [sanitize(text, 80)];
    }
  }
  return text
    .split(/[\s,]+/)
    .filter(Boolean)
    .map((one) => sanitize(one, 80));
}
