import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { settingsSchema } from '../../src/config/settings.ts';
import { continues } from '../../src/core/logs/continuation.ts';
import { levelFrom, levelName } from '../../src/core/logs/levels.ts';
import { type LogLine, readEntry, treeOf } from '../../src/core/logs/log.ts';
import { fieldClause, hitsOf, parseFilter, passes } from '../../src/core/logs/log-filter.ts';
import { redact, stripControl } from '../../src/core/text/text.ts';

const fields = settingsSchema.shape.logFields.parse(undefined);
const line = (text: string | object, more: Partial<LogLine> = {}): LogLine => ({
  id: 1,
  at: 0,
  pod: 'api-gateway-1',
  container: 'main',
  previous: false,
  text: typeof text === 'string' ? text : JSON.stringify(text),
  ...more,
});
const failed = line({
  level: 50,
  time: 7,
  reqId: 'req-9',
  tenantId: 'kyanos',
  studyId: 'study_abc123',
  surface_id: 'openai-api',
  res: { statusCode: 503 },
  responseTime: 2104.5,
  msg: 'Rate limited: too many requests',
});

describe('an entry', () => {
  it('has pino’s level and message, and the runbook’s fields under any of their names', () => {
    expect(readEntry(failed, fields)).toMatchObject({
      level: 50,
      message: 'Rate limited: too many requests',
      structured: true,
      fields: {
        requestId: 'req-9',
        tenantId: 'kyanos',
        studyId: 'study_abc123',
        surfaceId: 'openai-api',
        statusCode: '503',
        responseTime: '2104.5',
      },
    });
  });

  it('keeps a text that is not JSON, with its stack', () => {
    const text = 'TypeError: x is undefined';
    expect(readEntry(line(text, { more: ['\tat run (a.js:1)', '  at main'] }), fields)).toMatchObject({
      level: 50,
      message: text,
      raw: text,
      more: ['  at run (a.js:1)', '  at main'],
      structured: false,
      fields: {},
    });
    expect(readEntry(line('{"level":50,"msg":"cut'), fields)).toMatchObject({ message: '{"level":50,"msg":"cut' });
    expect(readEntry(line({ level: 50, err: { stack: 'Error: x\n    at y' } }), fields).more).toEqual([
      'Error: x',
      '    at y',
    ]);
  });

  it('contains no escape sequence and no secret in any part', () => {
    const entry = readEntry(
      line(
        { msg: '\u001b[2Jgone \u202e', studyId: '\u001b]0;x\u0007s', password: 'hunter22' },
        { more: ['\u001b[31mat x'] },
      ),
      fields,
    );
    expect(entry).toMatchObject({ message: 'gone ', fields: { studyId: 's' }, more: ['at x'] });
    expect(JSON.stringify(entry)).not.toContain('hunter22');
    expect(entry.raw).not.toMatch(/\p{Cc}/u);
  });

  it('can be read from any line', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        const entry = readEntry(line(text), fields);
        expect(entry.raw).toBe(stripControl(entry.raw, 20_000));
        treeOf(entry.raw);
      }),
    );
  });

  it.each([
    ['    at Object.run (/app/x.js:1:2)', true],
    ['Caused by: java.lang.Error', true],
    ['', true],
    ['}', true],
    ['Error: boom', false],
    ['{"level":30}', false],
    ['Server listening', false],
  ])('%j continues the line before it: %s', (text, expected) => {
    expect(continues(text)).toBe(expected);
  });

  it('has levels by number and name', () => {
    expect(['error', 'WARN', '50', 35, 'Warning', 'loud', 0, null].map(levelFrom)).toEqual([
      50,
      40,
      50,
      35,
      40,
      undefined,
      undefined,
      undefined,
    ]);
    expect([60, 50, 45, 30, 5, undefined].map(levelName)).toEqual(['fatal', 'error', 'warn', 'info', 'trace', '']);
  });

  it('shows its details as a tree', () => {
    expect(treeOf('{"a":1,"res":{"statusCode":503,"h":[]}}')).toEqual([
      { depth: 0, key: 'a', value: '1' },
      { depth: 0, key: 'res', value: '' },
      { depth: 1, key: 'statusCode', value: '503' },
      { depth: 1, key: 'h', value: '[]' },
    ]);
    expect(treeOf('plain')).toEqual([{ depth: 0, key: 'line', value: 'plain' }]);
  });
});

describe('a filter', () => {
  it.each([
    ['', true],
    ['rate', true],
    ['-rate', false],
    ['"too many"', true],
    ['"too few"', false],
    ['/Rate.*requests/', true],
    ['/rate.*requests/', false],
    ['/rate.*requests/i', true],
    ['-/limited/', false],
    ['level=error', true],
    ['level=warn', true],
    ['level=fatal', false],
    ['level!=error', false],
    ['level>40', true],
    ['level<50', false],
    ['study=study_abc123', true],
    ['study=study_abc', false],
    ['study=study_*', true],
    ['study!=study_def', true],
    ['request=req-9 tenant=KYANOS', true],
    ['status=5xx', true],
    ['status=4xx', false],
    ['ms>2000', true],
    ['ms<2000', false],
    ['res.statusCode=503', true],
    ['pod=api-gateway-*', true],
    ['container=side', false],
    ['rate level=error -health surface=openai-api', true],
    ['rate level=error -limited', false],
    ['nofield=1', false],
    ['nofield!=1', true],
  ])('%s', (text, expected) => {
    const filter = parseFilter(text);
    expect(filter.problems).toEqual([]);
    expect(passes(filter, failed, fields)).toBe(expected);
  });

  it('names a clause that it does not understand, and ignores it', () => {
    expect(parseFilter('/(/ level=loud study= rate')).toMatchObject({
      clauses: [{ kind: 'text' }],
      problems: [
        '/(/ is not a valid regular expression',
        'no level loud: trace, debug, info, warn, error, fatal, or 10 to 60',
        'study= needs a value',
      ],
    });
  });

  it.each([
    ['/(?=x)/', '/(?=x)/ uses lookaround or a backreference: not supported'],
    ['/(?<!x)y/', '/(?<!x)y/ uses lookaround or a backreference: not supported'],
    ['/(a)\\1/', '/(a)\\1/ uses lookaround or a backreference: not supported'],
    ['/(a{50}){50}/', '/(a{50}){50}/ is too large: lower its repeat counts'],
  ])('says why %s cannot be used', (text, problem) => {
    expect(parseFilter(text)).toEqual({ clauses: [], problems: [problem] });
  });

  it('reads an expression as JavaScript writes it', () => {
    const found = (text: string) => passes(parseFilter(text), failed, fields);
    expect(found('/rate\\s\\w+/i')).toBe(true);
    expect(found('/RATE/')).toBe(false);
    expect(found('/\\/health/')).toBe(false);
    expect(found('/"res":\\{"status(?<what>Code)":5\\d\\d\\}/u')).toBe(true);
    expect(found('/\\u0052ate/')).toBe(true);
  });

  it('finds an uncaught error among the errors, and in its stack', () => {
    const uncaught = line('Error: boom', { more: ['    at gateway.ts:3'] });
    expect(passes(parseFilter('level=error gateway.ts'), uncaught, fields)).toBe(true);
    expect(passes(parseFilter('level=error'), line('all is well'), fields)).toBe(false);
  });

  it('keeps markers of missing lines', () => {
    expect(passes(parseFilter('nothing'), line('stream cut', { mark: true }), fields)).toBe(true);
  });

  it('accepts any text, and finds its own clauses', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        passes(parseFilter(text), failed, fields);
        hitsOf(parseFilter(text), 'some text');
      }),
    );
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (value) => {
        fc.pre(!/[*?]/.test(value));
        const filter = parseFilter(fieldClause('study', value));
        expect(passes(filter, line({ studyId: value }), fields)).toBe(true);
      }),
    );
  });

  it('highlights matches', () => {
    expect(hitsOf(parseFilter('rate /m.ny/ -x level=error'), 'Rate limited: too many')).toEqual([
      [0, 4],
      [18, 22],
    ]);
  });
});

it('harmless text passes unchanged, and text that resembles a secret is redacted', () => {
  const printable = fc.string({
    unit: fc.integer({ min: 32, max: 126 }).map((c) => String.fromCharCode(c)),
    maxLength: 200,
  });
  fc.assert(
    fc.property(printable, (text) => {
      expect(stripControl(text)).toBe(text);
    }),
  );
  expect(redact('postgres://me:geheim@host')).toBe('postgres://me:•••@host');
  expect(redact('PASSWORD=geheim routing_key=abc')).toBe('PASSWORD=••• routing_key=•••');
});
