// What cockpits share passes through a file unchanged, for every fact that the worlds of the tests have.
import { expect, test } from 'vitest';
import type * as z from 'zod';
import type { FactId } from '../../src/core/world/facts.ts';
import { newest } from '../../src/core/world/reading.ts';
import { pulse } from '../../src/data/kubernetes/shared-beats.ts';
import { lookKey } from '../../src/data/shared-looks/look-key.ts';
import { database, followed, redis } from '../../src/data/shared-looks/schemas.ts';
import { isOfServer } from '../../src/data/shared-looks/shared-looks.ts';
import { backups, studies, surfaces } from '../../src/data/shared-looks/study-schemas.ts';
import { calm, crowd, outage } from '../support/worlds.ts';

const schemas: Partial<Record<FactId, z.ZodType>> = {
  primary: database,
  replica: database,
  redis,
  studies,
  surfaces,
  backups,
  traffic: followed,
};

test.each(Object.keys(schemas) as FactId[])('%s is the same behind a file', (fact) => {
  for (const world of [calm, outage, crowd(3)]) {
    const known = newest<object>(world.readings[fact]);
    if (!known) continue;
    const behind: unknown = JSON.parse(JSON.stringify(known.value));
    expect(schemas[fact]?.parse(behind)).toEqual(known.value);
    expect(schemas[fact]?.safeParse({ ...known.value, more: 1 }).success).toBe(false);
  }
  expect(newest<unknown>(calm.readings[fact])).toBeDefined();
});

test('a heartbeat of Kubernetes is read strictly', () => {
  const answer = { version: 'v1.32.0', latency: 12.5, clockOffset: -3000 };
  expect(pulse.parse(answer)).toEqual(answer);
  for (const wrong of [{ ...answer, more: 1 }, { ...answer, latency: '1' }, { version: 'v1' }])
    expect(pulse.safeParse(wrong).success).toBe(false);
});

test('a fault is shared only where it would be the same for all', () => {
  const fault = (kind: Parameters<typeof isOfServer>[0]['kind'], code?: string) =>
    isOfServer({ kind, code: code ?? '', where: 'db', what: '', hint: '' });
  expect([fault('timeout'), fault('refused', 'ECONNREFUSED'), fault('unreachable', 'EHOSTUNREACH')]).toEqual([
    true,
    true,
    true,
  ]);
  expect([fault('forbidden', '28P01'), fault('malformed'), fault('unconfigured'), fault('refused', 'EMFILE')]).toEqual([
    false,
    false,
    false,
    false,
  ]);
});

test('the name of the file is of the fact and of all that decides it', () => {
  const names = [
    lookKey('primary', ['a', 'b']),
    lookKey('replica', ['a', 'b']),
    lookKey('primary', ['a', 'c']),
    lookKey('primary', ['ab', '']),
  ];
  expect(new Set(names).size).toBe(names.length);
  expect(lookKey('primary', ['a', 'b'])).toBe(names[0]);
  for (const name of names) expect(name).toMatch(/^[0-9a-f]{32}$/);
});
