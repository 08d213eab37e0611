// Requests that the gateway refused: whose they are, as far as its log says.
import { expect, test } from 'vitest';
import { profiles } from '../../src/config/profiles.ts';
import { settingsSchema } from '../../src/config/settings.ts';
import { refusalsByTenant } from '../../src/core/health/refusals.ts';
import { AccessLog } from '../../src/data/gateway/access-log.ts';
import { countRefusal, type Refused, refusalsFrom } from '../../src/data/gateway/refusals.ts';
import { TrafficMeter } from '../../src/data/gateway/traffic-meter.ts';

const settings = settingsSchema.parse({ profile: 'production', ...profiles.production });
const line = (status: number, tenantId?: string) =>
  JSON.stringify({
    level: 30,
    time: 1000,
    msg: 'request completed',
    reqId: 'r',
    res: { statusCode: status },
    responseTime: 3,
    tenantId,
  });

test('refused requests are counted by tenant and status', () => {
  const log = new AccessLog(settings);
  const meter = new TrafficMeter();
  const lines = [
    line(429, 'tenant-a'),
    line(429, 'tenant-a'),
    line(401),
    line(403, 'tenant-a'),
    line(404, 'tenant-a'),
    line(200, 'tenant-b'),
  ];
  for (const text of lines) {
    const answered = log.read(text);
    if (answered) meter.add(1000, 1000, answered, 1);
  }
  const { refusals = [] } = meter.read(1000);
  expect(refusals).toEqual([
    { status: 429, tenant: 'tenant-a', count: 2 },
    { status: 401, tenant: undefined, count: 1 },
    { status: 403, tenant: 'tenant-a', count: 1 },
  ]);
  expect(refusalsByTenant(refusals)).toEqual([
    'tenant-a: 2 × 429 rate limited, 1 × 403 forbidden',
    'tenant not in the log: 1 × 401 unauthorized',
  ]);
});

test('refused requests of sampled logs have their margin', () => {
  const meter = new TrafficMeter();
  for (let n = 0; n < 50; n += 1) meter.add(1000, 1000, { status: 429, ms: 1, tenant: 'tenant-a' }, 8);
  expect(refusalsByTenant(meter.read(1000).refusals ?? [])).toEqual(['tenant-a: ~400 ±110 × 429 rate limited']);
});

test('a flood of names is counted without them, and none is lost', () => {
  const into: Refused = new Map();
  for (let n = 0; n < 5000; n += 1) countRefusal(into, 429, `tenant-${n}`);
  expect(into.size).toBeLessThan(110);
  expect([...into.values()].reduce((sum, { count }) => sum + count, 0)).toBe(5000);
  expect(refusalsFrom([into])?.[0]).toMatchObject({ status: 429, tenant: undefined });
});

test('where nothing was refused nothing is told', () => {
  expect(new TrafficMeter().read(0).refusals).toBe(undefined);
  expect(refusalsFrom([new Map()])).toBe(undefined);
});
