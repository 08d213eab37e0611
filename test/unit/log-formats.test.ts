// Real lines of programs, each with what an on-call must see of it.
import { describe, expect, test } from 'vitest';
import { settingsSchema } from '../../src/config/settings.ts';
import { continues } from '../../src/core/logs/continuation.ts';
import { type LogLine, readEntry } from '../../src/core/logs/log.ts';
import { parseFilter, passes } from '../../src/core/logs/log-filter.ts';
import { readLine, timeOf } from '../../src/core/logs/log-line.ts';

const fields = settingsSchema.shape.logFields.parse(undefined);
const lineOf = (text: string | object, more?: string[]): LogLine => ({
  id: 1,
  at: 0,
  pod: 'p',
  container: 'c',
  previous: false,
  text: typeof text === 'string' ? text : JSON.stringify(text),
  more,
});
const entry = (text: string | object, more?: string[]) => readEntry(lineOf(text, more), fields);
const at = (text: string) => timeOf(readLine(text), fields);
const ten = Date.UTC(2026, 10, 28, 10);

const [trace, debug, info, warn, error, fatal] = [10, 20, 30, 40, 50, 60];

describe('a line of text', () => {
  test.each<[string, string, number | undefined, string, number?]>([
    ['klog', 'I1128 10:00:00.000000       1 server.go:12] Starting', info, 'Starting'],
    ['klog', 'W1128 10:00:00.000000 7 reflector.go:539] watch ended', warn, 'watch ended'],
    [
      'klog',
      'E1128 10:00:00.000000   1 leaderelection.go:330] "error retrieving" err="timeout"',
      error,
      '"error retrieving" err="timeout"',
    ],
    ['gRPC', 'E0000 00:00:1764324000.123456       1 chttp2.cc:9] GOAWAY', error, 'GOAWAY'],
    ['Prisma', 'prisma:error connection closed', error, 'prisma:error connection closed'],
    ['Prisma', 'prisma:warn slow', warn, 'prisma:warn slow'],
    ['console.error', '[orchestrator] Error: checkpoint failed', error, '[orchestrator] Error: checkpoint failed'],
    ['console.error', '[executor] TypeError: x is not a function', error, '[executor] TypeError: x is not a function'],
    ['console.error', 'Executor error: timeout', error, 'Executor error: timeout'],
    ['console.error', 'Job st_1 failed: QUOTA_EXCEEDED', error, 'Job st_1 failed: QUOTA_EXCEEDED'],
    ['a count', 'Jobs that failed: 0', undefined, 'Jobs that failed: 0'],
    ['none', 'Last error: none', undefined, 'Last error: none'],
    ['a sign', '❌ Job st_1 stopped', error, '❌ Job st_1 stopped'],
    ['a sign', '⚠️ Slow checkpoint', warn, '⚠ Slow checkpoint'],
    ['yarn', 'error Command failed with exit code 1.', error, 'error Command failed with exit code 1.'],
    [
      'uvicorn access',
      'INFO:     10.0.0.1:5000 - "GET /v1/x HTTP/1.1" 500 Internal Server Error',
      error,
      '10.0.0.1:5000 - "GET /v1/x HTTP/1.1" 500 Internal Server Error',
    ],
    ['klog', 'F1128 10:00:00.000000   1 main.go:9] cannot bind', fatal, 'cannot bind'],
    ['logfmt', 'time="2026-11-28T10:00:00Z" level=warning msg="slow query" duration=1.2s', warn, 'slow query', ten],
    ['logfmt', 'ts=2026-11-28T10:00:00Z caller=main.go:1 level=error err="no route"', error, 'no route', ten],
    ['Go slog text', 'time=2026-11-28T10:00:00.000Z level=ERROR msg="it broke" id=7', error, 'it broke', ten],
    ['Go slog text', 'time=2026-11-28T10:00:00.000Z level=WARN+1 msg=late', warn, 'late', ten],
    ['Go slog default', '2026/11/28 10:00:00 ERROR it broke id=7', error, 'it broke id=7', ten],
    ['Go log', '2026/11/28 10:00:00 listening on :8080', undefined, '2026/11/28 10:00:00 listening on :8080', ten],
    [
      'nginx error',
      '2026/11/28 10:00:00 [error] 29#29: *1 connect() failed (111: Connection refused), request: "GET /v1/x HTTP/1.1"',
      error,
      'connect() failed (111: Connection refused), request: "GET /v1/x HTTP/1.1"',
      ten,
    ],
    ['nginx error', '2026/11/28 10:00:00 [emerg] 1#1: host not found', fatal, 'host not found', ten],
    ['nginx error', '2026/11/28 10:00:00 [notice] 1#1: start worker processes', info, 'start worker processes', ten],
    [
      'nginx access',
      '10.0.0.9 - - [28/Nov/2026:10:00:00 +0000] "GET /v1/ERROR/x HTTP/1.1" 200 612 "-" "curl/8.5.0"',
      info,
      'GET /v1/ERROR/x HTTP/1.1',
      ten,
    ],
    [
      'nginx access',
      '10.0.0.9 - bob [28/Nov/2026:11:00:00 +0100] "POST /v1/studies HTTP/2.0" 503 0 "-" "node"',
      error,
      'POST /v1/studies HTTP/2.0',
      ten,
    ],
    [
      'nginx access',
      '2001:db8::1 - - [28/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 404 0 "-" "-"',
      warn,
      'GET / HTTP/1.1',
      ten,
    ],
    ['werkzeug', '127.0.0.1 - - [28/Nov/2026 10:00:00] "GET / HTTP/1.1" 500 -', error, 'GET / HTTP/1.1', ten],
    [
      'Apache error',
      '[Sat Nov 28 10:00:00.000000 2026] [core:error] [pid 35:tid 43] AH00037: denied',
      error,
      '[pid 35:tid 43] AH00037: denied',
    ],
    [
      'Envoy access',
      '[2026-11-28T10:00:00.000Z] "GET /v1/x HTTP/1.1" 503 UF 0 91 12 - "10.0.0.1" "curl/8" "3b0c2a34-97a8-4cde-8f3a-0c2ab1f5d0aa" "api" "10.0.0.2:80"',
      error,
      'GET /v1/x HTTP/1.1',
      ten,
    ],
    [
      'Envoy',
      '[2026-11-28 10:00:00.000][1][warning][main] [source/server/server.cc:412] no admin address',
      warn,
      '[main] [source/server/server.cc:412] no admin address',
      ten,
    ],
    [
      'Istio',
      '2026-11-28T10:00:00.000000Z\terror\tca\tcertificate expired',
      error,
      'ca\tcertificate expired'.replace('\t', ' '),
      ten,
    ],
    ['winston', 'error: could not connect', error, 'could not connect'],
    ['winston', '2026-11-28T10:00:00.000Z warn: retrying', warn, 'retrying', ten],
    ['winston', '2026-11-28T10:00:00.000Z [api] info: ready', info, 'ready', ten],
    ['winston', '2026-11-28 10:00:00 [ERROR]: no session', error, 'no session', ten],
    ['winston', 'http: GET /v1/studies', info, 'GET /v1/studies'],
    ['pino-pretty', '[10:00:00.123] ERROR (1): it broke', error, 'it broke'],
    ['pino-pretty', '[2026-11-28 10:00:00.000 +0000] WARN (gateway/7 on host-1): slow', warn, 'slow', ten],
    [
      'bunyan',
      '[2026-11-28T10:00:00.000Z] ERROR: gateway/7 on host-1: it broke',
      error,
      'gateway/7 on host-1: it broke',
      ten,
    ],
    ['Redis', '1:M 28 Nov 2026 10:00:00.000 # Error moving temp DB file', warn, 'Error moving temp DB file', ten],
    ['Redis', '1:S 28 Nov 2026 10:00:00.000 * Connecting to MASTER', info, 'Connecting to MASTER', ten],
    ['Redis', '1:C 28 Nov 2026 10:00:00.000 - DB saved', debug, 'DB saved', ten],
    ['Redis', '1:M 28 Nov 2026 10:00:00.000 . Accepted', debug, 'Accepted', ten],
    [
      'PostgreSQL',
      '2026-11-28 10:00:00.000 UTC [66] ERROR:  relation "x" does not exist',
      error,
      'relation "x" does not exist',
      ten,
    ],
    [
      'PostgreSQL',
      '2026-11-28 10:00:00.000 UTC [66] LOG:  checkpoint starting: time',
      info,
      'checkpoint starting: time',
      ten,
    ],
    [
      'PostgreSQL',
      '2026-11-28 10:00:00.000 UTC [66] bentham@bentham FATAL:  password authentication failed',
      fatal,
      'password authentication failed',
      ten,
    ],
    [
      'PostgreSQL',
      '2026-11-28 10:00:00.000 UTC [1] PANIC:  could not write to file',
      fatal,
      'could not write to file',
      ten,
    ],
    [
      'PostgreSQL',
      "2026-11-28 10:00:00.000 UTC [66] STATEMENT:  select 'ERROR:  x'",
      info,
      "STATEMENT: select 'ERROR:  x'",
      ten,
    ],
    [
      'PgBouncer',
      '2026-11-28 10:00:00.000 UTC [1] WARNING C-0x55: (nodb)/x@10.0.0.1:5 pooler error',
      warn,
      'C-0x55: (nodb)/x@10.0.0.1:5 pooler error',
      ten,
    ],
    [
      'log4j',
      '2026-11-28 10:00:00,000 ERROR [main] com.foo.Bar - it broke',
      error,
      '[main] com.foo.Bar - it broke',
      ten,
    ],
    ['logback', '10:00:00.123 [http-nio-8080-exec-1] WARN  com.foo.Bar - slow', warn, 'com.foo.Bar - slow'],
    [
      'Spring',
      '2026-11-28T10:00:00.000Z ERROR 1 --- [main] c.f.Bar : it broke',
      error,
      '[main] c.f.Bar : it broke',
      ten,
    ],
    [
      'Elasticsearch',
      '[2026-11-28T10:00:00,000][WARN ][o.e.c.Bar] [node-1] slow',
      warn,
      '[o.e.c.Bar] [node-1] slow',
      ten,
    ],
    [
      'Kafka',
      '[2026-11-28 10:00:00,000] ERROR [Broker id=0] it broke (kafka.server.Foo)',
      error,
      '[Broker id=0] it broke (kafka.server.Foo)',
      ten,
    ],
    ['Python', 'ERROR:root:it broke', error, 'root:it broke'],
    ['Python', '2026-11-28 10:00:00,000 - app.worker - WARNING - slow', warn, 'slow', ten],
    ['Python', '2026-11-28 10:00:00,000 - root - CRITICAL - away', fatal, 'away', ten],
    ['Celery', '[2026-11-28 10:00:00,000: ERROR/MainProcess] it broke', error, 'it broke', ten],
    ['gunicorn', '[2026-11-28 10:00:00 +0000] [7] [INFO] Booting worker', info, 'Booting worker', ten],
    ['uvicorn', 'INFO:     10.0.0.1:5000 - "GET / HTTP/1.1" 200 OK', info, '10.0.0.1:5000 - "GET / HTTP/1.1" 200 OK'],
    [
      'Rust tracing',
      '2026-11-28T10:00:00.000000Z ERROR my_crate::module: it broke',
      error,
      'my_crate::module: it broke',
      ten,
    ],
    ['Rust env_logger', '[2026-11-28T10:00:00Z WARN my_crate] slow', warn, 'slow', ten],
    [
      'zap',
      '2026-11-28T10:00:00.000Z\tERROR\tapi/main.go:12\tit broke\t{"id": 7}',
      error,
      'api/main.go:12 it broke {"id": 7}',
      ten,
    ],
    ['zerolog', '10:00AM ERR it broke error="no route"', error, 'it broke error="no route"'],
    ['zerolog', '2026-11-28T10:00:00Z WRN slow', warn, 'slow', ten],
    ['Serilog', '[10:00:00 ERR] it broke', error, 'it broke'],
    ['.NET', 'fail: Microsoft.AspNetCore.Server.Kestrel[13]', error, 'Microsoft.AspNetCore.Server.Kestrel[13]'],
    ['.NET', 'dbug: Foo[0]', debug, 'Foo[0]'],
    [
      'NestJS',
      '[Nest] 1  - 11/28/2026, 10:00:00 AM   ERROR [ExceptionsHandler] it broke',
      error,
      '[ExceptionsHandler] it broke',
    ],
    ['NestJS', '[Nest] 1  - 11/28/2026, 10:00:00 AM     LOG [NestFactory] Starting', info, '[NestFactory] Starting'],
    ['Ruby', 'E, [2026-11-28T10:00:00.000000 #1] ERROR -- : it broke', error, 'it broke', ten],
    ['syslog', '<11>Nov 28 10:00:00 host app[1]: it broke', error, 'Nov 28 10:00:00 host app[1]: it broke'],
    ['syslog', 'Nov 28 10:00:00 host app[1]: ERROR it broke', error, 'it broke'],
    [
      'Chrome',
      '[12:34:1128/100000.123456:ERROR:gpu_init.cc(523)] Passthrough is not supported',
      error,
      'Passthrough is not supported',
    ],
    ['morgan', 'GET /v1/studies 503 12.345 ms - 15', error, 'GET /v1/studies 503 12.345 ms - 15'],
    [
      'gin',
      '[GIN] 2026/11/28 - 10:00:00 | 500 |     12.3ms |   10.0.0.1 | GET      "/v1/x"',
      error,
      '[GIN] 2026/11/28 - 10:00:00 | 500 |     12.3ms |   10.0.0.1 | GET      "/v1/x"',
      ten,
    ],
    ['npm', 'npm ERR! code ELIFECYCLE', error, 'npm ERR! code ELIFECYCLE'],
    [
      'MySQL',
      '2026-11-28T10:00:00.000Z 0 [ERROR] [MY-010119] [Server] Aborting',
      error,
      '[MY-010119] [Server] Aborting',
      ten,
    ],
    ['Elixir', '10:00:00.123 [error] GenServer terminating', error, 'GenServer terminating'],
    ['docker compose', 'api-1  | WARN slow', warn, 'slow'],
    [
      'Node',
      '(node:7) UnhandledPromiseRejectionWarning: Error: boom',
      error,
      '(node:7) UnhandledPromiseRejectionWarning: Error: boom',
    ],
    [
      'Node',
      '(node:7) [DEP0040] DeprecationWarning: punycode',
      warn,
      '(node:7) [DEP0040] DeprecationWarning: punycode',
    ],
    [
      'Node',
      '[UnhandledPromiseRejection: This error originated in async code] {',
      error,
      '[UnhandledPromiseRejection: This error originated in async code] {',
    ],
    [
      'Node',
      'FATAL ERROR: Reached heap limit Allocation failed',
      fatal,
      'FATAL ERROR: Reached heap limit Allocation failed',
    ],
    ['Node', 'TypeError [ERR_INVALID_ARG]: x', error, 'TypeError [ERR_INVALID_ARG]: x'],
    [
      'console.error',
      'Failed to acquire a session for openai-web',
      error,
      'Failed to acquire a session for openai-web',
    ],
    [
      'console.error',
      '[executor-3] Error processing job 17: timeout',
      error,
      '[executor-3] Error processing job 17: timeout',
    ],
    ['console.error', 'job 17 on executor: ERROR: no proxy', error, 'job 17 on executor: ERROR: no proxy'],
    [
      'Java',
      'Exception in thread "main" java.lang.OutOfMemoryError: Java heap space',
      error,
      'Exception in thread "main" java.lang.OutOfMemoryError: Java heap space',
    ],
    ['Go', 'panic: runtime error: index out of range', fatal, 'panic: runtime error: index out of range'],
    ['Rust', "thread 'main' panicked at src/main.rs:2:5:", fatal, "thread 'main' panicked at src/main.rs:2:5:"],
    ['React', 'Warning: Each child in a list should have a key', warn, 'Each child in a list should have a key'],
  ])('%s: %s', (_, text, level, message, time) => {
    expect({ level: entry(text).level, message: entry(text).message, time: at(text) }).toEqual({
      level,
      message,
      time,
    });
  });

  test.each([
    'GET /v1/ERROR/FATAL?level=error',
    'fetching https://x/?a=ERROR&level=error now',
    'finished: 0 errors, 0 warnings',
    'No ERROR found in the last run',
    'Processed 17 jobs, ERROR count: 0',
    'Error rate: 0.1 %',
    'Error handling enabled',
    'errors=0 url=/v1/ERROR took=3ms',
    'Server listening at http://0.0.0.0:3000',
    'saved to /var/log/ERROR: done',
    'HTTP server started',
    'Loading ErrorBoundary',
    'the warning level is 5',
  ])('is no error for a word in it: %s', (text) => {
    expect(entry(text).level).toBeUndefined();
    expect(passes(parseFilter('level=warn'), lineOf(text), fields)).toBe(false);
  });

  test('has its request by the places of an access log', () => {
    const ingress =
      '10.0.0.9 - - [28/Nov/2026:10:00:00 +0000] "POST /v1/studies?x=1 HTTP/1.1" 499 0 "-" "kube-probe/1.32" 345 4.217 [bentham-api-80] [] 10.0.0.2:3000 0 4.217 499 0123456789abcdef0123456789abcdef';
    expect(entry(ingress)).toMatchObject({
      fields: { method: 'POST', url: '/v1/studies?x=1', statusCode: '499', responseTime: '4217' },
      requestIds: ['0123456789abcdef0123456789abcdef'],
    });
    const envoy =
      '[2026-11-28T10:00:00.000Z] "GET /v1/x HTTP/1.1" 0 DC 0 0 12 - "10.0.0.1" "curl/8" "3b0c2a34-97a8-4cde-8f3a-0c2ab1f5d0aa" "api" "-"';
    expect(entry(envoy)).toMatchObject({
      fields: { method: 'GET', url: '/v1/x', statusCode: '0', responseTime: '12' },
      requestIds: ['3b0c2a34-97a8-4cde-8f3a-0c2ab1f5d0aa'],
    });
    expect(entry('GET /v1/studies 503 12.5 ms - 15').fields).toMatchObject({ statusCode: '503', responseTime: '12.5' });
    expect(entry('[10:00:00.123] ERROR (1): it broke reqId=r-7 duration=1.2s')).toMatchObject({
      fields: { requestId: 'r-7', responseTime: '1200' },
    });
  });
});

describe('a JSON line', () => {
  test.each<[string, object, number | undefined]>([
    ['pino', { level: 50 }, error],
    ['bunyan', { v: 0, level: 60 }, fatal],
    ['winston', { level: 'warn' }, warn],
    ['in capitals', { level: 'ERROR' }, error],
    ['a number as text', { level: '40' }, warn],
    ['Google Cloud', { severity: 'CRITICAL' }, fatal],
    ['Google Cloud', { severity: 'NOTICE' }, info],
    ['lvl', { lvl: 'eror' }, error],
    ['syslog', { level: 3 }, error],
    ['syslog', { level: 0 }, fatal],
    ['syslog', { severity: 6 }, info],
    ['Elastic', { 'log.level': 'error' }, error],
    ['Elastic, nested', { log: { level: 'warn' } }, warn],
    ['python-json-logger', { levelname: 'WARNING' }, warn],
    ['Python, number', { levelno: 40 }, error],
    ['Serilog', { '@l': 'Fatal' }, fatal],
    ['Go slog', { level: 'ERROR+2' }, error],
    ['zap', { level: 'dpanic' }, fatal],
    ['Monolog', { level: 400, level_name: 'ERROR' }, error],
    ['logback', { level_value: 30000 }, warn],
    ['log4js', { level: { level: 40000, levelStr: 'ERROR' } }, error],
    ['MongoDB', { s: 'E', c: 'NETWORK', msg: 'x' }, error],
    ['OpenTelemetry', { severityNumber: 17 }, error],
    ['OpenTelemetry', { SeverityText: 'Warn' }, warn],
    ['trace', { level: 'TRACE' }, trace],
    ['an error without a level', { err: { message: 'x' } }, error],
    ['an answer without a level', { res: { statusCode: 503 } }, error],
    ['nothing of it', { msg: 'ERROR in /ERROR', error: null }, undefined],
  ])('has the level of %s: %j', (_, record, level) => {
    expect(entry(record).level).toBe(level);
  });

  test.each<[object, string]>([
    [{ level: 50, message: 'told' }, 'told'],
    [{ level: 50, msg: '', message: 'told' }, 'told'],
    [{ level: 50, err: { type: 'Error', message: 'boom' } }, 'boom'],
    [{ level: 50, error: { message: 'boom' } }, 'boom'],
    [{ level: 50, error: 'boom' }, 'boom'],
    [{ event: 'job.failed', job: 7 }, 'job.failed'],
    [{ text: 'told' }, 'told'],
    [{ '@mt': 'User {id}' }, 'User {id}'],
    [{ short_message: 'told' }, 'told'],
    [{ textPayload: 'told' }, 'told'],
    [{ req: { method: 'GET', url: '/v1/x' }, res: { statusCode: 503 } }, 'GET /v1/x 503'],
    [{ level: 30, jobs: 7 }, '{"level":30,"jobs":7}'],
  ])('%j says %s', (record, message) => {
    expect(entry(record).message).toBe(message);
  });

  test.each<[object, number]>([
    [{ time: ten }, ten],
    [{ ts: ten / 1000 }, ten],
    [{ ts: ten * 1e6 }, ten],
    [{ '@timestamp': '2026-11-28T10:00:00Z' }, ten],
    [{ t: { $date: '2026-11-28T11:00:00+01:00' } }, ten],
    [{ asctime: '2026-11-28 10:00:00,000' }, ten],
  ])('%j has its time', (record, time) => {
    expect(at(JSON.stringify(record))).toBe(time);
  });

  test.each<[object, string | undefined]>([
    [{ responseTime: 12.5 }, '12.5'],
    [{ duration: '12ms' }, '12'],
    [{ duration: '1.2s' }, '1200'],
    [{ latency: '350µs' }, '0.35'],
    [{ elapsed_time: 7 }, '7'],
    [{ responseTimeMs: 7 }, '7'],
    [{ processing_time_s: 0.5 }, '500'],
    [{ httpRequest: { latency: '0.2s' } }, '200'],
    [{ 'http.server.request.duration': 0.25 }, '250'],
    [{ ts: 1764324000.5, duration: 0.25 }, '250'],
    [{ time: '2026-11-28T10:00:00.123456789Z', duration: 250_000_000 }, '250'],
    [{ duration: 'long', jobs: 7 }, undefined],
  ])('%j has its duration in milliseconds', (record, ms) => {
    expect(entry(record).fields.responseTime).toBe(ms);
    expect(passes(parseFilter('ms>0'), lineOf(record), fields)).toBe(ms !== undefined);
  });

  test('has all ids of its request, wherever they stand', () => {
    expect(
      entry({
        reqId: 'req-1',
        requestId: 'c-7',
        trace_id: 't-9',
        req: { id: 3, headers: { 'x-request-id': 'x-4', 'X-Amzn-Trace-Id': 'Root=1' } },
        ctx: { correlationId: 'k-5' },
        traceId: '00000000000000000000000000000000',
        requestIds: 'no',
      }).requestIds,
    ).toEqual(['c-7', 'req-1', 't-9', '3', 'x-4', 'Root=1', 'k-5']);
    const line = lineOf({ reqId: 'req-1', requestId: 'c-7' });
    for (const id of ['req-1', 'c-7']) expect(passes(parseFilter(`request=${id}`), line, fields)).toBe(true);
    expect(passes(parseFilter('request!=req-1'), line, fields)).toBe(false);
  });
});

describe('a filter', () => {
  test.each<[string, string | object]>([
    ['"say “hi”"', { msg: 'say “hi”' }],
    ['"say \\"hi\\""', { msg: 'say "hi"' }],
    ['"info started"', { msg: '\u001b[32minfo\u001b[39m started' }],
    ['method=GET url=/v1/*', { req: { method: 'GET', url: '/v1/x' } }],
    ['status=5xx ms>1000', 'GET /v1/studies 503 1200.5 ms - 15'],
    ['lvl=warn', 'lvl=warn msg=x'],
  ])('%s matches what is shown of %j', (filter, text) => {
    expect(passes(parseFilter(filter), lineOf(text), fields)).toBe(true);
  });
});

describe('lines that go on with the one before them', () => {
  /** Groups lines as they arrive. */
  const grouped = (...lines: string[]) => {
    const groups: { text: string; more?: string[] }[] = [];
    for (const text of lines) {
      const begun = groups.at(-1);
      if (begun && continues(text, begun)) {
        if (text.trim() !== '') begun.more = [...(begun.more ?? []), text];
      } else groups.push({ text });
    }
    return groups.map(({ text, more }) => [entry(text, more).message, entry(text, more).level, more?.length ?? 0]);
  };

  test('Node: where it was thrown, the error and its stack', () => {
    expect(
      grouped(
        '/app/dist/executor.js:10',
        "    throw new Error('boom');",
        '    ^',
        '',
        'Error: boom',
        '    at run (/app/dist/executor.js:10:11)',
        '    at main {',
        "  code: 'X'",
        '}',
        '',
        'Node.js v20.11.0',
        'Server listening',
      ),
    ).toEqual([
      ['Error: boom', 50, 8],
      ['Server listening', undefined, 0],
    ]);
  });

  test('Java: the exception that was logged, and its causes', () => {
    expect(
      grouped(
        '2026-11-28 10:00:00,000 ERROR [main] com.foo.Bar - it broke',
        'java.lang.IllegalStateException: no session',
        '\tat com.foo.Bar.run(Bar.java:7)',
        'Caused by: java.io.IOException: away',
        '\t... 12 more',
        '2026-11-28 10:00:01,000 INFO  [main] com.foo.Bar - next',
      ),
    ).toEqual([
      ['[main] com.foo.Bar - it broke', 50, 4],
      ['[main] com.foo.Bar - next', 30, 0],
    ]);
  });

  test('Python: the traceback, to its last line', () => {
    expect(
      grouped(
        'ERROR:root:it broke',
        'Traceback (most recent call last):',
        '  File "x.py", line 1, in <module>',
        '    run()',
        'ValueError: boom',
        'INFO:root:next',
        'Traceback (most recent call last):',
        '  File "x.py", line 1, in <module>',
        'KeyError',
        '',
        'During handling of the above exception, another exception occurred:',
        '',
        'Traceback (most recent call last):',
        '  File "x.py", line 2, in <module>',
        'app.errors.Away: x',
        'listening',
      ),
    ).toEqual([
      ['root:it broke', 50, 4],
      ['root:next', 30, 0],
      ['Traceback (most recent call last):', 50, 6],
      ['listening', undefined, 0],
    ]);
  });

  test('Go and Rust: a panic', () => {
    expect(
      grouped(
        'panic: boom',
        '',
        'goroutine 1 [running]:',
        'main.run(...)',
        '\t/app/main.go:7',
        'main.main()',
        '\t/app/main.go:3 +0x1d',
        'exit status 2',
        "thread 'main' panicked at src/main.rs:2:5:",
        'boom',
        'note: run with `RUST_BACKTRACE=1`',
        'started',
      ),
    ).toEqual([
      ['panic: boom', 60, 6],
      ["thread 'main' panicked at src/main.rs:2:5:", 60, 2],
      ['started', undefined, 0],
    ]);
  });

  test('PostgreSQL: what the same process tells of the error', () => {
    const said = (pid: number, text: string) => `2026-11-28 10:00:00.000 UTC [${pid}] ${text}`;
    expect(
      grouped(
        said(7, 'ERROR:  duplicate key'),
        said(7, 'DETAIL:  Key (id)=(1) exists.'),
        said(7, 'STATEMENT:  insert into x'),
        said(8, 'STATEMENT:  select 1'),
      ),
    ).toEqual([
      ['duplicate key', 50, 2],
      ['STATEMENT: select 1', 30, 0],
    ]);
  });
});

describe('how a request went, by the names of', () => {
  test.each<[string, string | object, object]>([
    [
      'Elastic: nanoseconds, and objects beside the names',
      { message: 'x', event: { duration: 53_000_000 }, url: { path: '/a' }, http: { response: { status_code: 502 } } },
      { responseTime: '53', statusCode: '502', url: '/a' },
    ],
    ['Elastic, flat', { message: 'x', 'event.duration': 53_000_000 }, { responseTime: '53' }],
    [
      'Traefik: nanoseconds',
      { RequestMethod: 'GET', RequestPath: '/a', DownstreamStatus: 499, Duration: 125_000_000 },
      { responseTime: '125', statusCode: '499', method: 'GET', url: '/a' },
    ],
    [
      'OpenTelemetry: attributes',
      {
        body: { stringValue: 'x' },
        attributes: { 'http.response.status_code': 500, 'url.path': '/a', 'http.server.request.duration': 1.5 },
      },
      { responseTime: '1500', statusCode: '500', url: '/a' },
    ],
    [
      'Serilog',
      { '@mt': 'x', StatusCode: 500, Elapsed: 12.5, RequestMethod: 'GET', RequestPath: '/a' },
      { responseTime: '12.5', statusCode: '500', method: 'GET', url: '/a' },
    ],
    ['uvicorn', '10.0.0.1:5000 - "GET /a HTTP/1.1" 503 Service Unavailable', { statusCode: '503', url: '/a' }],
  ])('%s', (_, line, expected) => {
    expect(entry(line).fields).toMatchObject(expected);
  });

  test('a line that a collector wrapped has its own level', () => {
    expect(entry({ log: 'E1128 10:00:00.000000 1 x.go:1] no route\n', stream: 'stderr' }).level).toBe(error);
    expect(entry({ message: '{"level":50,"msg":"inner"}' }).level).toBe(error);
    expect(entry({ timestamp: '2026-11-28 10:00:00.1 UTC', error_severity: 'FATAL', message: 'x' }).level).toBe(fatal);
  });
});
