// Bentham's admin commands, as far as the runbook knows them, on the drill's database and conditions.
import { createHash, randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { failover } from './failover.ts';
import type { Cluster } from './postgres/cluster.ts';
import { healedSurface } from './remedies.ts';
import { type Conditions, type SurfaceId, surfaceIds } from './scenario.ts';

/** What a command prints, and how it ends. */
export type Outcome = { lines: readonly string[]; exitCode: number };

/** What the commands change. */
export type AdminTargets = { cluster: Cluster; conditions: Conditions };

export type Admin = (argv: readonly string[]) => Promise<Outcome>;

const done = (...lines: string[]): Outcome => ({ lines, exitCode: 0 });
const refused = (...lines: string[]): Outcome => ({ lines, exitCode: 1 });
const isSurface = (id: string): id is SurfaceId => surfaceIds.some((known) => known === id);

/** `24h`, `30m`, `7d` as PostgreSQL reads spans. */
export function readSpan(text: string): string | undefined {
  const [, count, unit] = /^(\d{1,6})(m|h|d)$/.exec(text) ?? [];
  const units: Readonly<Record<string, string>> = { m: 'minutes', h: 'hours', d: 'days' };
  return count && unit ? `${count} ${units[unit]}` : undefined;
}

export function createAdmin({ cluster, conditions }: AdminTargets): Admin {
  const query = async <Row extends object>(text: string, values: readonly unknown[]): Promise<Row[]> => {
    const client = await cluster.connect('admin');
    try {
      return (await client.query<Row>(text, [...values])).rows;
    } finally {
      await client.end();
    }
  };

  const apikey: Admin = async ([verb, ...rest]) => {
    const { values } = parseArgs({
      args: [...rest],
      options: {
        'key-id': { type: 'string' },
        'tenant-id': { type: 'string' },
        name: { type: 'string' },
        permissions: { type: 'string' },
      },
    });
    if (verb === 'revoke') {
      const id = values['key-id'] ?? '';
      const rows = await query<{ id: string }>(
        'UPDATE api_keys SET revoked = true, revoked_at = now() WHERE id = $1 AND NOT revoked RETURNING id',
        [id],
      );
      return rows.length > 0 ? done(`Revoked ${id}`) : refused(`error: no active key ${id}`);
    }
    if (verb === 'create') {
      const tenant = values['tenant-id'] ?? '';
      const known = await query('SELECT id FROM tenants WHERE id = $1', [tenant]);
      if (known.length === 0) return refused(`error: no tenant ${tenant}`);
      if (!values.name) return refused('error: --name is required');
      const id = `key-${randomBytes(3).toString('hex')}`;
      const key = `bk_live_${randomBytes(18).toString('base64url')}`;
      await query('INSERT INTO api_keys (id, tenant_id, name, key_hash, permissions) VALUES ($1, $2, $3, $4, $5)', [
        id,
        tenant,
        values.name,
        createHash('sha256').update(key).digest('hex'),
        (values.permissions ?? '').split(','),
      ]);
      return done(
        'Created API key',
        `  id:          ${id}`,
        `  tenant:      ${tenant}`,
        `  name:        ${values.name}`,
        `  permissions: ${values.permissions ?? ''}`,
        `  key:         ${key}`,
        '',
        'The key is shown once. Store it now.',
      );
    }
    return refused('usage: admin:apikey create --tenant-id ID --name NAME --permissions LIST | revoke --key-id ID');
  };

  const surface: Admin = async ([verb, id = '']) => {
    if (verb !== 'enable' && verb !== 'disable') return refused('usage: admin:surface enable|disable SURFACE');
    if (!isSurface(id)) return refused(`error: no surface ${id}. There are: ${surfaceIds.join(', ')}`);
    const one = conditions.surfaces[id];
    const off = verb === 'disable';
    if (one.disabled === off) return done(`Surface ${id} is ${verb}d already`);
    one.disabled = off;
    // The provider accepts us again while the surface is unused: a live test passes, and it can be enabled.
    if (off) healedSurface(conditions, id);
    return done(`Surface ${id} ${verb}d`);
  };

  const sessions: Admin = async ([verb, ...rest]) => {
    const { values } = parseArgs({
      args: [...rest],
      options: { 'older-than': { type: 'string' }, all: { type: 'boolean' } },
    });
    const stale = surfaceIds.filter((id) => conditions.surfaces[id].error.startsWith('Invalid session'));
    if (verb === 'cleanup') {
      const span = readSpan(values['older-than'] ?? '');
      if (!span) return refused('usage: admin:sessions cleanup --older-than 24h');
      const rows = await query<{ id: string }>(
        'DELETE FROM sessions WHERE refreshed_at < now() - $1::interval RETURNING id',
        [span],
      );
      for (const id of stale) healedSurface(conditions, id);
      return done(`Removed ${rows.length} sessions older than ${values['older-than']}`);
    }
    if (verb === 'refresh' && values.all) {
      const rows = await query<{ id: string }>('UPDATE sessions SET refreshed_at = now() RETURNING id', []);
      for (const id of stale) healedSurface(conditions, id);
      return done(`Refreshed ${rows.length} sessions`);
    }
    return refused('usage: admin:sessions cleanup --older-than SPAN | refresh --all');
  };

  const testSurface: Admin = async ([id = '']) => {
    if (!isSurface(id)) return refused(`error: no surface ${id}. There are: ${surfaceIds.join(', ')}`);
    const { failureShare, error } = conditions.surfaces[id];
    const asked = [1, 2, 3].map((n) => `  ask ${n}/3 … ${failureShare > 0.3 ? `failed: ${error}` : 'answered'}`);
    if (failureShare > 0.3) return refused(`Testing ${id} live`, ...asked, `${id} FAILED (3 of 3)`);
    return done(`Testing ${id} live`, ...asked, `${id} works (3 of 3)`);
  };

  const commands: Readonly<Record<string, Admin>> = {
    apikey,
    surface,
    sessions,
    'test-surface': testSurface,
    failover: async () => done(...(await failover(cluster))),
    build: async () => done('Built 14 packages'),
    test: async () => done('Tests  1284 passed'),
  };
  return async ([name = '', ...rest]) => {
    const command = commands[name];
    return command ? command(rest) : refused(`error: no command ${name}`);
  };
}
