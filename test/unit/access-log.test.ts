// What became of each request, from the gateway's own lines.
import { expect, test } from 'vitest';
import { profiles } from '../../src/config/profiles.ts';
import { settingsSchema } from '../../src/config/settings.ts';
import { AccessLog, longestWait } from '../../src/data/gateway/access-log.ts';

const settings = settingsSchema.parse({ profile: 'production', ...profiles.production });

const req = { method: 'GET', url: '/v1/studies' };
const came = { level: 30, time: 1000, reqId: 'req-1', req, msg: 'incoming request' };
const failed = { level: 50, time: 2000, reqId: 'req-1', requestId: 'req_abc', ...req, err: { message: 'x' }, msg: 'x' };
const done = { level: 30, time: 2000, reqId: 'req-1', res: { statusCode: 500 }, responseTime: 1000, msg: 'completed' };

function readAll(lines: readonly object[]) {
  const log = new AccessLog(settings);
  const answers = lines.flatMap((line) => {
    const text = JSON.stringify(line);
    if (log.isCandidate(text)) return log.read(text) ?? [];
    log.notice(text);
    return [];
  });
  return { answers: answers.map(({ status, ms }) => [status, ms]), given: log.givenUp(longestWait + 5000) };
}

test.each([
  ['before its answer', [came, failed, done]],
  ['after its answer', [came, done, failed]],
  ['whose beginning the log does not have', [failed, done]],
])('an error line with a second id is no second request: %s', (_, lines) => {
  expect(readAll(lines)).toEqual({ answers: [[500, 1000]], given: [] });
});

test('an answer may name any id of its request', () => {
  const both = { ...came, requestId: 'req_abc' };
  expect(readAll([both, done])).toEqual({ answers: [[500, 1000]], given: [] });
  expect(readAll([both, { ...done, reqId: 'req_abc' }])).toEqual({ answers: [[500, 1000]], given: [] });
});

test('a request with two ids is given up once', () => {
  const other = { ...came, reqId: 'req-2', requestId: 'req_def' };
  expect(readAll([came, other, done]).given).toMatchObject([{ status: 'gaveUp', ms: longestWait + 4000 }]);
});

test('an answer ends its own request, and not a later one that has one of its ids', () => {
  const both = { ...came, requestId: 'req_abc' };
  const later = { ...came, time: 3000 };
  const answer = { ...done, reqId: undefined, requestId: 'req_abc' };
  expect(readAll([both, later, answer])).toMatchObject({ answers: [[500, 1000]], given: [{ ms: longestWait + 2000 }] });
  expect(readAll([both, later]).given).toEqual([]);
  expect(readAll([both, later, { ...answer, requestId: 'req_other' }]).given).toHaveLength(2);
});

test.each([
  ['its code', { err: { code: 'ECONNRESET' } }],
  ['its code, by another name', { error: { code: 'EPIPE' } }],
  ['its message', { err: { message: 'premature close' } }],
  ['its message, in one name', { 'error.message': 'client disconnected' }],
  ['its code, among attributes', { attributes: { 'err.code': 'ECONNRESET' } }],
])('a client that went away is told by %s beside a status', (_, error) => {
  const line = { ...done, res: { statusCode: 200 }, ...error };
  expect(readAll([came, line])).toEqual({ answers: [['gaveUp', 1000]], given: [] });
  expect(readAll([came, { ...line, res: undefined }]).answers).toEqual([]);
});

test.each([
  ['a probe by its agent, in objects as Elastic writes them', { user_agent: { original: 'kube-probe/1.29' } }],
  ['a probe by a list of agents', { headers: { 'user-agent': ['kube-probe/1.29'] } }],
  ['an upgraded connection', { res: { statusCode: 101 } }],
])('%s is no request of a person', (_, more) => {
  const line = { url: '/v1/studies', res: { statusCode: 200 }, responseTime: 500_000 };
  expect(readAll([line]).answers).toEqual([[200, 500_000]]);
  expect(readAll([{ ...line, ...more }]).answers).toEqual([]);
});

test.each([
  ['a URL', { url: '/health' }],
  ['a URL within an object', { http: { request_uri: '/v1/health?x=1' }, request_uri: '/v1/health?x=1' }],
  ['an agent', { userAgent: 'kube-probe/1.29' }],
  ['an agent of OpenTelemetry', { attributes: { 'user_agent.original': 'kube-probe/1.29' } }],
  ['an agent within objects', { httpRequest: { userAgent: 'GoogleHC/1.0' } }],
])('a probe is known by %s, however its names are written', (_, more) => {
  const log = new AccessLog(settings);
  const line = JSON.stringify({ ...more, res: { statusCode: 200 }, responseTime: 5 });
  const escaped = line.replace(
    /"(\w)(?=[\w.]+":)/g,
    (_quoted, first: string) => `"\\u00${first.charCodeAt(0).toString(16)}`,
  );
  expect(escaped).not.toBe(line);
  expect([log.read(line), log.read(escaped)]).toEqual([undefined, undefined]);
});
