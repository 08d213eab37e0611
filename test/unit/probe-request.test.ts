// A look at a URL's words comes first: it must never hide a probe from the look at its path.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { settingsSchema } from '../../src/config/settings.ts';
import { ProbeRequests } from '../../src/data/gateway/probe-request.ts';

const settings = settingsSchema.parse({
  profile: 'test',
  environment: { name: 'TEST', guarded: false },
  kubernetes: { namespace: 'x' },
  gateway: { url: 'http://127.0.0.1:1', healthPath: '/ops//Check/', detailedHealthPath: '/v2/Deep' },
  database: { primary: { host: '127.0.0.1' } },
  redis: { url: 'redis://127.0.0.1:1' },
  traffic: { probePaths: ['/ping'] },
});
const probes = new ProbeRequests(settings);

const known = [
  'ops/check',
  'v2/deep',
  'ping',
  'healthz',
  '__health__',
  'health-check/db',
  'api/v1/health',
  'livez/etcd',
];
const words = [
  '_healthy_',
  'readyz',
  'startupz',
  'lbheartbeat',
  'liveness',
  'readiness/db',
  '-/ready',
  'actuator/info',
];

test('a probe is known by its path in any spelling of the URL', () => {
  const host = fc.constantFrom('', 'https://api.bentham.io', 'HTTP://10.0.0.1:80');
  const spelled = fc.tuple(fc.constantFrom(...known, ...words), fc.boolean()).map(([path, loud]) => {
    const doubled = path.replaceAll('/', '//');
    return loud ? doubled.toUpperCase() : doubled;
  });
  const url = fc.tuple(host, spelled, fc.constantFrom('', '/', '//', '?verbose=1', '#x', '/?a=/b'));
  fc.assert(
    fc.property(url, ([before, path, behind]) => {
      expect(probes.includes(`${before}/${path}${behind}`, undefined)).toBe(true);
    }),
  );
});

test.each([
  '/v1/studies?status=executing',
  '/v1/studies/healthy-diets',
  '/v1/pings',
  '/v1/studies?next=/health',
  '/ops',
  '/',
])('%s is none', (url) => {
  expect(probes.includes(url, undefined)).toBe(false);
});

test('what asks for no path at all is one', () => {
  const line = '{"level":30,"reqId":"req-1","req":{"method":"OPTIONS","url":"*"},"msg":"incoming request"}';
  expect([probes.includes('*', undefined), probes.mayBeIn(line), probes.includes('/v1/*', undefined)]).toEqual([
    true,
    true,
    false,
  ]);
});

test('the root can be a probe’s path', () => {
  const all = { ...settings, gateway: { ...settings.gateway, healthPath: '/' } };
  const atRoot = new ProbeRequests(all);
  expect([atRoot.includes('https://api.bentham.io/?a=1', undefined), atRoot.includes('/v1', undefined)]).toEqual([
    true,
    false,
  ]);
});
