// Requests that change a study through the gateway's API: only the API's own answer is success, and a lost one is unknown.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, expect, test } from 'vitest';
import { profiles } from '../../src/config/profiles.ts';
import { settingsSchema } from '../../src/config/settings.ts';
import { toShellCommand } from '../../src/core/actions/shell-command.ts';
import type { Targets } from '../../src/core/world/targets.ts';
import type { ExecutionContext } from '../../src/data/call-result.ts';
import { executeApi } from '../../src/data/gateway/execute.ts';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

type Asked = { method?: string | undefined; url?: string | undefined; authorization?: string | undefined };

async function ask(
  answer: { status: number; body: string | Buffer; headers?: Record<string, string> } | 'cut',
  key: string | undefined = 'secret',
) {
  const asked: Asked[] = [];
  server = createServer((request, response) => {
    asked.push({ method: request.method, url: request.url, authorization: request.headers.authorization });
    if (answer === 'cut') return request.socket.destroy();
    response.writeHead(answer.status, answer.headers).end(answer.body);
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const base = settingsSchema.parse({ profile: 'production', ...profiles.production });
  const settings = { ...base, gateway: { ...base.gateway, adminApiKey: key } };
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/studies/s/pause`;
  const means = { settings, signal: new AbortController().signal } as ExecutionContext;
  return { result: await executeApi({ tool: 'api', method: 'POST', url }, means), asked };
}

const own = JSON.stringify({ success: true, data: { studyId: 's', status: 'paused' } });
const refused = JSON.stringify({
  success: false,
  error: { code: 'STUDY_NOT_FOUND', message: 'Study s not found or cannot be paused' },
});

test('the request goes out once, with the key, and the API’s own answer is success', async () => {
  const { result, asked } = await ask({ status: 200, body: own });
  expect(result).toEqual({ outcome: 'done', says: 'the API answered 200' });
  expect(asked).toEqual([{ method: 'POST', url: '/v1/studies/s/pause', authorization: 'Bearer secret' }]);
});

test.each([
  ['a page with 200', { status: 200, body: '<html>welcome</html>' }, 'unknown', 'not as the platform’s API does'],
  ['an empty 200', { status: 200, body: '' }, 'unknown', 'not as the platform’s API does'],
  ['200 that says no success', { status: 200, body: '{"success":false,"error":null}' }, 'unknown', 'answered 200'],
  ['a redirect', { status: 302, body: '', headers: { location: '/login' } }, 'failed', 'answered 302'],
  ['404', { status: 404, body: refused }, 'failed', 'Study s not found or cannot be paused'],
  ['401', { status: 401, body: '' }, 'failed', 'nothing was changed: the API answered 401'],
  ['500', { status: 500, body: 'oops' }, 'unknown', 'answered 500'],
  ['a cut connection', 'cut' as const, 'unknown', ''],
])('%s is no success', async (_, answer, outcome, says) => {
  const { result, asked } = await ask(answer);
  expect(result).toMatchObject({ outcome, says: expect.stringContaining(says) });
  expect(asked).toHaveLength(1);
});

test('an answer that was compressed unasked is read as it is', async () => {
  const headers = { 'content-encoding': 'gzip' };
  const { result } = await ask({ status: 200, body: gzipSync(own), headers });
  expect(result).toEqual({ outcome: 'done', says: 'the API answered 200' });
  const { result: broken } = await ask({ status: 200, body: 'no gzip', headers });
  expect(broken).toMatchObject({ outcome: 'unknown' });
});

test('429 says when to try again; without a key nothing is sent', async () => {
  const { result } = await ask({ status: 429, body: '{}', headers: { 'retry-after': '30' } });
  expect(result).toMatchObject({ outcome: 'failed', hint: 'rate limited: try again in 30 s' });
  const keyless = await ask({ status: 200, body: own }, '');
  expect(keyless).toMatchObject({ result: { outcome: 'failed' }, asked: [] });
});

test('the command to paste keeps the key out of the argument list', () => {
  const url = 'https://api.bentham.io/v1/studies/it%27s';
  expect(toShellCommand({ tool: 'api', method: 'DELETE', url }, {} as Targets)).toBe(
    `printf 'Authorization: Bearer %s' "$ADMIN_API_KEY" | curl -fsS -X DELETE -H @- ${url}`,
  );
});
