// API keys per tenant (runbook, Viewing API Key Status); never the key. Keys that need attention come first.
import { refusalsByTenant } from '../../core/health/refusals.ts';
import { type ApiKey, isOverPrivileged, oddities } from '../../core/queries/api-key.ts';
import { type Query, queryReading } from '../../core/queries/query.ts';
import { formatAge, formatCount, formatInstant, formatLast, shortAge } from '../../core/text/format.ts';
import { shortenings } from '../../core/text/text.ts';
import type { Instant } from '../../core/time.ts';
import type { Traffic } from '../../core/world/facts.ts';
import { known, newest, type Reading } from '../../core/world/reading.ts';
import type { Row, Screen } from '../screen.ts';
import { dim, faded, firstFitting, type Line, line, span, wrap } from '../toolkit/line.ts';
import { ageSays, trouble } from '../toolkit/reading-status.ts';
import { type Column, table, widest } from '../toolkit/table.ts';

const ask: Query<'api-keys'> = { kind: 'api-keys' };

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

type Order = (a: ApiKey, b: ApiKey, now: Instant) => number;
const byTenant: Order = (a, b) =>
  compare(a.tenant, b.tenant) || Number(a.revoked) - Number(b.revoked) || compare(a.name, b.name);
const orders: readonly (readonly [string, Order])[] = [
  ['tenant', byTenant],
  ['attention', (a, b, now) => oddities(b, now).length - oddities(a, now).length || byTenant(a, b, now)],
  ['last used', (a, b, now) => (a.lastUsedAt ?? 0) - (b.lastUsedAt ?? 0) || byTenant(a, b, now)],
];

export const apiKeysScreen: Screen = {
  id: 'api-keys',
  title: () => 'API KEYS',
  palette: 'API keys',
  sorts: orders.map(([name]) => name),
  queries: () => [ask],
  view({ world, queries: looks }, place, { columns }) {
    const reading = queryReading<'api-keys'>(looks, ask);
    const { now } = world;
    const room = columns - 2;
    const found = newest(reading)?.value;
    const order = orders[place.sort % orders.length]?.[1] ?? byTenant;
    const keys = (found?.rows ?? []).toSorted((a, b) => order(a, b, now));
    const tenants = widest(
      keys.map((k) => k.tenant),
      6,
      28,
    );
    const names = widest(
      keys.map((k) => k.name),
      4,
      36,
    );
    const all: Column<ApiKey>[] = [
      { title: '', of: (k) => glyphOf(k, now, found?.limitsUntold), width: 1 },
      { title: 'tenant', of: (k) => k.tenant, width: Math.min(14, tenants), upTo: tenants },
      { title: 'name', of: (k) => k.name, width: Math.min(14, names), upTo: names },
      { title: 'permissions', of: permissionsSays, width: 13, upTo: 40, spare: 1 },
      { title: 'limit', of: (k) => (k.rateLimit ? formatCount(k.rateLimit) : '–'), width: 6, align: 'right', spare: 2 },
      { title: 'used', of: (k) => dim(usedSays(k, now)), width: 7, align: 'right' },
      { title: 'attention', of: (k, wide) => oddSays(k, now, wide, found?.limitsUntold), width: 17, upTo: 40 },
      { title: 'id', of: (k) => dim(k.id), width: 12, upTo: 36, spare: 3 },
    ];
    const { head, draw } = table(all, room);
    const rows = keys.map(
      (k): Row => ({
        id: k.id,
        text: `${k.tenant} ${k.name} ${k.id} ${k.permissions.join(' ')} ${k.revoked ? 'revoked' : oddities(k, now, found?.limitsUntold).join(' ')}`,
        draw: () => [k.revoked ? faded(draw(k)) : draw(k)],
        opens: { kind: 'details', title: `key ${k.name || k.id}`, lines: () => detailsOf(k, now, found?.limitsUntold) },
        copies: { text: k.id, what: k.id },
        target: { key: k.id },
      }),
    );
    const odd = keys.filter((k) => oddities(k, now, found?.limitsUntold).length > 0).length;
    return {
      says: line(
        found ? `${formatCount(keys.length)}${found.more ? ' and more' : ''}` : '',
        odd > 0 ? span(`  ${odd} ${odd === 1 ? 'needs' : 'need'} attention`, 'warning') : undefined,
      ),
      right: ageSays(reading, now) ?? [],
      head: [...(reading.state === 'lost' ? trouble(reading, 'database', now, room) : []), head],
      rows,
      foot: refusedLines(world.readings.traffic, now, room),
      empty: found ? [line(dim('no API keys'))] : [],
    };
  },
};

/** Whose requests the gateway refused in the last minutes. */
function refusedLines(traffic: Reading<Traffic>, now: Instant, columns: number): Line[] {
  const { refusals = [], window = 0 } = known(traffic, now) ?? {};
  if (refusals.length === 0) return [];
  const tenants = refusalsByTenant(refusals).join('; ');
  return wrap(`refused in ${formatAge(window)}: ${tenants}`, columns).map((part) => line(dim(part)));
}

function glyphOf(key: ApiKey, now: Instant, untold?: true) {
  if (key.revoked) return dim('–');
  return oddities(key, now, untold).length > 0 ? span('▲', 'warning') : span('✓', 'ok');
}

/** As many whole values as fit, and a count of the rest. */
function permissionsSays(key: ApiKey, columns: number) {
  const { permissions } = key;
  const tone = isOverPrivileged(key) && !key.revoked ? 'warning' : 'dim';
  const ways = permissions.map((_, i) => {
    const shown = permissions.slice(0, permissions.length - i);
    return line(span([...shown, ...(i > 0 ? [`+${i}`] : [])].join(' '), tone));
  });
  return firstFitting(columns, ...(ways.length > 0 ? ways : [line(dim('none'))]));
}

function usedSays(key: ApiKey, now: Instant): string {
  return key.lastUsedAt === undefined ? 'never' : shortAge(now - key.lastUsedAt);
}

function oddSays(key: ApiKey, now: Instant, columns: number, untold?: true) {
  if (key.revoked) return dim('revoked');
  const ways = shortenings(oddities(key, now, untold).join(', '));
  return firstFitting(columns, ...ways.map((says) => line(span(says, 'warning'))));
}

function detailsOf(key: ApiKey, now: Instant, untold?: true): Line[] {
  const pair = (label: string, value: string) => line(dim(label.padEnd(13)), value);
  return [
    pair('id', key.id),
    pair('tenant', key.tenant),
    pair('permissions', key.permissions.join(', ') || 'none'),
    pair('rate limit', key.rateLimit ? formatCount(key.rateLimit) : untold ? 'not in the table' : 'none'),
    pair('last used', formatLast(key.lastUsedAt, now)),
    pair('created', formatLast(key.createdAt, now)),
    ...(key.expiresAt === undefined ? [] : [pair('expires', formatInstant(key.expiresAt))]),
    pair('revoked', key.revoked ? formatLast(key.revokedAt, now) : 'no'),
    ...oddities(key, now, untold).map((odd) => line(span(`▲ ${odd}`, 'warning'))),
  ];
}
