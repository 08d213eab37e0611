// What hinders a primary's writes, as a part of its fact.
import { sanitize } from '../../core/text/text.ts';
import { second } from '../../core/time.ts';
import type { Writes } from '../../core/world/facts.ts';
import type { WritersRow } from './queries/writers.ts';
import type { WritesRow } from './queries/writes.ts';

/** Where a read-only default was set. */
const setBy: Readonly<Record<string, 'database' | 'role'>> = {
  database: 'database',
  user: 'role',
  'database user': 'role',
};

const reasons = ['login', 'expired', 'limit', 'full', 'closed', 'connect'] as const;

const lacks = ['schema', 'grant', 'policy'] as const;

/** The rows as the fact has them. `role`: ours. `unable`: what nobody who works here may do. */
export function writesFrom(row: WritesRow, role: string, unable?: WritersRow): Writes {
  const needed = standbysNeeded(row.standbys);
  // Commits that do not wait are not held up by standbys that are away.
  const waits = needed > 0 && !['off', 'local'].includes(row.commit);
  const readOnly = [
    ...(row.readOnly === true ? [{ by: setBy[row.source] ?? ('server' as const), role: sanitize(role, 64) }] : []),
    ...(row.roles ?? []).map((name) => ({ by: 'role' as const, role: sanitize(name, 64) })),
  ];
  return {
    readOnly,
    standbys: waits ? { needed, there: row.synchronous ?? undefined } : undefined,
    waiting:
      row.waiting > 0
        ? {
            commits: row.waiting,
            longest: (row.longest ?? 0) * second,
            on: /syncrep/i.test(row.event ?? '') ? 'standby' : 'disk',
          }
        : undefined,
    lockedOut: row.out?.map(([name, why]) => ({
      role: sanitize(name, 64),
      why: reasons.find((one) => one === why) ?? 'login',
    })),
    unable: unable && unableFrom(unable),
    refused: row.refused ? sanitize(role, 64) : undefined,
  };
}

const unableFrom = ({ op, relation, namespace, why, roles }: WritersRow): Writes['unable'] => ({
  op: op === 'UPDATE' ? 'UPDATE' : 'INSERT',
  table: sanitize(relation, 64),
  schema: sanitize(namespace, 64),
  why: lacks.find((one) => one === why) ?? 'grant',
  roles: roles.map((name) => sanitize(name, 64)),
});

/** How many standbys a commit waits for: `ANY 2 (a, b, c)`, `FIRST 1 (*)`, `a, b`; none where there is no list. */
export function standbysNeeded(names: string): number {
  if (names.trim() === '') return 0;
  const [, many] = /^\s*(?:first\s+|any\s+)?(\d+)\s*\(/i.exec(names) ?? [];
  return many === undefined ? 1 : Number(many);
}
