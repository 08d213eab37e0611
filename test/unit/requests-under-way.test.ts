// A line that says that a request came is read when something depends on it. Nobody may see a difference.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { profiles } from '../../src/config/profiles.ts';
import { settingsSchema } from '../../src/config/settings.ts';
import { AccessLog, longestWait } from '../../src/data/gateway/access-log.ts';
import { LineSplitter } from '../../src/data/kubernetes/logs/line-splitter.ts';

const settings = settingsSchema.parse({ profile: 'production', ...profiles.production });

/** Longer than what waits to be read. */
const padding = 'x'.repeat(3000);

/** `spelled`: how it is written, where that is not as JSON.stringify writes it. */
type Line = { fields: Readonly<Record<string, unknown>>; spelled?: (text: string) => string };

/** In the order in which they came: which of their ids is looked at first is nobody's business. */
const givenUp = (log: AccessLog, at: number) => log.givenUp(at).toSorted((a, b) => (b.ms ?? 0) - (a.ms ?? 0));

/** What a log says of its lines, one a second; undefined: one was skipped. `waits`: what may be read later is. */
function said(lines: readonly (Line | undefined)[], logFields: typeof settings.logFields, waits: boolean) {
  const log = new AccessLog({ ...settings, logFields });
  const told = lines.map((line, second) => {
    const at = second * 1000;
    if (!line) return log.skip();
    const { fields, spelled = (text) => text } = line;
    const text = spelled(JSON.stringify(waits ? fields : { ...fields, padding }));
    if (log.isCandidate(text)) return log.read(text, at) ?? 'nothing';
    log.notice(text, at);
    return givenUp(log, at);
  });
  return [...told, givenUp(log, lines.length * 1000 + longestWait)];
}

/** Mostly the usual, so that lines of one request meet. */
const mostly = <T>(usual: fc.Arbitrary<T>, odd: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 9, arbitrary: usual }, { weight: 1, arbitrary: odd });

const id = mostly<string | number>(fc.constantFrom('a', 'b'), fc.constantFrom('c', ' a', '-', 'null', '', 7));
const some = { requiredKeys: [] };
const usual = fc.oneof(
  id.map((reqId) => ({ reqId })),
  fc.record({ reqId: id, requestId: id }),
  id.map((requestId) => ({ requestId })),
);
const odd = fc.oneof(
  fc.record({ reqId: id, requestID: id, cid: id }, some),
  fc.record({ reqId: id, req: fc.record({ id, traceId: id, of: fc.record({ reqId: id }, some) }, some) }, some),
  fc.tuple(id, id).map(([reqId, other]) => ({ reqId, one: { two: { three: { four: { reqId: other } } } } })),
  fc.tuple(id, id).map(([reqId, other]) => ({ reqId, list: [{ requestId: other }] })),
);
const ids = fc.oneof({ weight: 4, arbitrary: usual }, { weight: 1, arbitrary: odd });

const spelled = mostly<(text: string) => string>(
  fc.constant((text) => text),
  fc.constantFrom<(text: string) => string>(
    (text) => text.replace('"requestId":', '"requestId" :'),
    (text) => text.replace('"reqId":', '"reqId"\t:'),
    (text) => text.replace('"reqId":', '"reqId": '),
    (text) => text.replace('"reqId"', '"\\u0072eqId"'),
    (text) => text.replace('{', '{"reqId":"b",'),
  ),
);
const urls = ['/v1/studies?x=/health', '/health', '/V1/Health/', '/v1/studies/\u00e4', '/up"', '/a\u0001'];
const asked = {
  url: mostly(fc.constant('/v1/studies'), fc.constantFrom(...urls)),
  level: mostly(fc.constant(30), fc.constant(50)),
  userAgent: mostly(fc.constant(undefined), fc.constantFrom('kube-probe/1', 'curl')),
};
const line = fc.oneof(
  { weight: 4, arbitrary: fc.record<object>(asked) },
  { weight: 2, arbitrary: fc.record<object>({ responseTime: fc.constant(5), statusCode: fc.constantFrom(200, 499) }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<object>({ msg: 'premature close' }, { statusCode: 499, msg: 'request aborted' }),
  },
);
const lines = fc.array(
  fc.option(
    fc.tuple(ids, line, spelled).map(([of, what, how]): Line => ({ fields: { ...of, ...what }, spelled: how })),
    { nil: undefined, freq: 20 },
  ),
  { minLength: 3, maxLength: 9 },
);

test.each([
  ['as they are', settings.logFields],
  ['that mean an id only there', { ...settings.logFields, requestId: ['cid', 'reqId'] }],
])('lines that wait to be read say the same as lines that are read at once, with names of ids %s', (_, logFields) => {
  fc.assert(
    fc.property(lines, (all) => {
      expect(said(all, logFields, true)).toEqual(said(all, logFields, false));
    }),
    { numRuns: 6000 },
  );
});

test('of thousands of requests that are never answered all are told, and the log around them is not kept', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const log = new AccessLog(settings);
  const cutter = new LineSplitter(256 * 1024);
  const used = () => {
    collect();
    return process.memoryUsage().heapUsed;
  };
  const others = `${'x'.repeat(200)}\n`.repeat(80);
  const before = used();
  const requests = 5000;
  for (let n = 0; n < requests; n += 1) {
    const ofRequest = { reqId: `0f8fad5b-d9cb-469f-a165-${n}`, [`name_of_some_other_${n}_id`]: 'x' };
    const piece = `${JSON.stringify({ ...ofRequest, url: '/v1/studies', msg: 'incoming request' })}\n${others}`;
    cutter.push(Buffer.from(piece), (text) => log.notice(text, n));
  }
  // The pieces are 80 MB.
  expect(used() - before).toBeLessThan(20e6);
  const done = { reqId: '0f8fad5b-d9cb-469f-a165-0', res: { statusCode: 200 }, responseTime: 5 };
  expect(log.read(JSON.stringify(done), requests)).toMatchObject({ status: 200 });
  expect(log.givenUp(longestWait + requests)).toHaveLength(requests - 1);
});
