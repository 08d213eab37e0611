import { describe, expect, test } from 'vitest';
import { clean, door, fit, redact, width } from '../../src/core/text/text.ts';

describe('the door', () => {
  test.each([
    ['\u001b[31mred\u001b[0m', 'red'],
    ['\u001b]8;;https://evil\u0007link\u001b]8;;\u0007', 'link'],
    ['before\u001b]0;unterminated', 'before'],
    ['a\u202eb\u2066c', 'abc'],
    ['zero\u200bwidth\ufeff', 'zerowidth'],
    ['line\r\nline\tend', 'line line end'],
    ['\u009b31mC1', 'C1'],
    ['warn\u26a0\ufe0f', 'warn\u26a0'],
    ['e\u0301\u0302\u0303\u0304', '\u00e9\u0302'],
    [undefined, ''],
  ])('%j becomes %j', (outside, inside) => expect(clean(outside)).toBe(inside));

  test('cuts what is too long', () => {
    expect(clean('x'.repeat(100_000), 50)).toHaveLength(50);
    expect(clean('x'.repeat(100_000), 50).endsWith('…')).toBe(true);
  });

  test.each([
    ['postgres://bentham:hunter2@db:5432/x', 'postgres://bentham:•••@db:5432/x'],
    ['Authorization: Bearer abcdef123456', 'Authorization: Bearer •••'],
    ['password=hunter2 host=db', 'password=••• host=db'],
    ['{"password":"hunter2"}', '{"password":"•••"}'],
    ['key AKIAIOSFODNN7EXAMPLE', 'key AKIA•••'],
    ['{"authorization":"Basic dXNlcjpodW50ZXIy"}', '{"authorization":"Basic •••"}'],
    ['body {\\"password\\":\\"hunter2\\",\\"a\\":1}', 'body {\\"password\\":\\"•••\\",\\"a\\":1}'],
    ['sent eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl on', 'sent eyJ••• on'],
  ])('redacts %s', (outside, inside) => expect(redact(outside)).toBe(inside));

  test.each([
    ['\u001b[1mpassword: hunter2', 'password: •••'],
    ['\u001b[32mpassword\u001b[39m: \u001b[33mhunter2\u001b[39m', 'password: •••'],
    ['pass\u200bword=hunter2', 'password=•••'],
    ['-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY----- after', '••• after'],
  ])('does both to %j', (outside, inside) => expect(door(outside)).toBe(inside));

  test('a secret is known before it is cut', () => {
    expect(door(`${'x'.repeat(70)} postgres://bentham:hunter2@db`, 97)).not.toContain('hunter');
    expect(door(`${'x'.repeat(100)} hunter2`, 50)).toHaveLength(50);
  });
});

describe('fit', () => {
  test.each([
    ['abc', 5, 'left', 'abc  '],
    ['abc', 5, 'right', '  abc'],
    ['abcdef', 4, 'left', 'abc…'],
    ['日本語', 4, 'left', '日… '],
    ['abc', 0, 'left', ''],
  ] as const)('%s in %i', (text, columns, align, fitted) => {
    expect(fit(text, columns, align)).toBe(fitted);
    expect(width(fitted)).toBe(columns);
  });
});
