// A line that says that a request came is read when something depends on it. Nobody may see a difference.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { settingsSchema } from '../../src/config/settings.ts';
import { AccessLog, longestWait } from '../../src/data/gateway/access-log.ts';

const settings = settingsSchema.parse({
  profile: 'test',
  environment: { name: 'TEST', guarded: false },
  kubernetes: { namespace: 'x' },
  gateway: { url: 'http://127.0.0.1:1' },
  database: { primary: { host: '127.0.0.1' } },
  redis: { url: 'redis://127.0.0.1:1' },
});

/** Longer than what waits to be read. */
const padding = 'x'.repeat(3000);

type Line = Readonly<Record<string, unknown>>;

/** What a log says of its lines, one a second; `waits`: those that may be read later are. */
function said(lines: readonly Line[], waits: boolean) {
  const log = new AccessLog(settings);
  const told = lines.map((line, second) => {
    const text = JSON.stringify(waits ? line : { ...line, padding });
    const at = second * 1000;
    if (line.skipped === true) return log.skip();
    if (log.isCandidate(text)) return log.read(text, at) ?? 'nothing';
    log.notice(text, at);
    return log.givenUp(at);
  });
  return [...told, log.givenUp(lines.length * 1000 + longestWait)];
}

const id = fc.constantFrom('req-1', 'req-2', 'req-3', ' req-1', '-', 'null', '');
const ids = fc.record({ reqId: id, requestId: id, req: fc.record({ id }) }, { requiredKeys: [] });
const urls = [
  '/v1/studies',
  '/v1/studies?x=/health',
  '/health',
  '/V1/Health/',
  '/v1/studies/\u00e4',
  '/up"',
  '/a\u0001',
];
const url = fc.constantFrom(...urls);
const agent = fc.constantFrom('kube-probe/1.29', 'curl/8');

const came = fc
  .tuple(ids, fc.record({ url, level: fc.constantFrom(30, 50), userAgent: agent }, { requiredKeys: ['url'] }))
  .map(([of, what]): Line => ({ ...of, ...what, msg: 'incoming request' }));
const nested = fc.tuple(ids, url).map(([of, its]): Line => ({ req: { url: its }, ...of, msg: '{"reqId":"req-3"}' }));
const answer = fc
  .tuple(ids, fc.record({ responseTime: fc.constant(5), statusCode: fc.constantFrom(200, 500, 499) }))
  .map(([of, what]): Line => ({ ...of, ...what, msg: 'request completed' }));
const timeless = fc.tuple(ids).map(([of]): Line => ({ ...of, statusCode: 499, msg: 'request aborted' }));
const cut = fc.tuple(ids).map(([of]): Line => ({ ...of, msg: 'premature close' }));
const skipped = fc.constant<Line>({ skipped: true });

const line = fc.oneof(
  { weight: 5, arbitrary: came },
  { weight: 3, arbitrary: nested },
  { weight: 4, arbitrary: answer },
  { weight: 2, arbitrary: timeless },
  { weight: 2, arbitrary: cut },
  { weight: 1, arbitrary: skipped },
);

test('lines that wait to be read say the same as lines that are read at once', () => {
  fc.assert(
    fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
      expect(said(lines, true)).toEqual(said(lines, false));
    }),
    { numRuns: 2000 },
  );
});

test('of lines that wait to be read only some are kept as they are, and none is lost', () => {
  const log = new AccessLog(settings);
  const beside = { url: '/v1/studies', msg: 'incoming request' };
  for (let n = 0; n < 1000; n += 1) log.notice(JSON.stringify({ reqId: `req-${n}`, ...beside }), n);
  const done = { reqId: 'req-999', res: { statusCode: 200 }, responseTime: 5 };
  expect(log.read(JSON.stringify(done), 2000)).toMatchObject({ status: 200 });
  const given = log.givenUp(longestWait + 2000);
  expect(given).toHaveLength(999);
});
