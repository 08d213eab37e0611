import { describe, expect, test } from 'vitest';
import {
  fit,
  fitTitle,
  fitWords,
  redact,
  sanitize,
  shortenings,
  stripControl,
  uncapitalized,
  width,
} from '../../src/core/text/text.ts';

describe('sanitize', () => {
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
  ])('%j becomes %j', (outside, inside) => expect(stripControl(outside)).toBe(inside));

  test('cuts what is too long', () => {
    expect(stripControl('x'.repeat(100_000), 50)).toHaveLength(50);
    expect(stripControl('x'.repeat(100_000), 50).endsWith('…')).toBe(true);
  });

  test.each([
    ['postgres://bentham:hunter2@db:5432/x', 'postgres://bentham:•••@db:5432/x'],
    ['Authorization: Bearer abcdef123456', 'Authorization: Bearer •••'],
    ['password=hunter2 host=db', 'password=••• host=db'],
    ['{"password":"hunter2"}', '{"password":"•••"}'],
    ['key AKIAIOSFODNN7EXAMPLE', 'key AKIA•••'],
    ['{"authorization":"Basic dXNlcjpodW50ZXIy"}', '{"authorization":"Basic •••"}'],
    ['body {\\"password\\":\\"hunter2\\",\\"a\\":1}', 'body {\\"password\\":\\"•••\\",\\"a\\":1}'],
    ['redis://:p/a@ss:w@cache:6379/0', 'redis://:•••@cache:6379/0'],
    ['postgres://u:1234/x@db, mail a@b.io', 'postgres://u:•••@db, mail a@b.io'],
    ['postgresql://u:p@1,postgresql://v:q/2@db', 'postgresql://u:•••@1,postgresql://v:•••@db'],
    ['http://api:3000/users?mail=a@b.io', 'http://api:3000/users?mail=a@b.io'],
    ['https://0123456789abcdef0123@git.example/x', 'https://•••@git.example/x'],
    ["host=db password='hunter 2, \\'x' user=u", "host=db password='•••' user=u"],
    ['PGPASSWORD=hun,ter;2 psql', 'PGPASSWORD=••• psql'],
    ['{password: hunter2, user: u}', '{password: •••, user: u}'],
    ['{"password":"hunter 2 \\"x","a":1}', '{"password":"•••","a":1}'],
    ['redis-cli --pass hunter2 PING', 'redis-cli --pass ••• PING'],
    ['Authorization: Digest username="ops", response="6629fae49393"', 'Authorization: Digest •••'],
    ['authorization: 0123456789abcdef01', 'authorization: •••'],
    ['authorization: denied by the policy', 'authorization: denied by the policy'],
    ['Cookie: session=hunter2; other=1', 'Cookie: •••'],
    ['{"routing_key":"R0123","x":1}', '{"routing_key":"•••","x":1}'],
    ['https://discord.com/api/webhooks/123/abc-DEF', 'https://discord.com/api/webhooks/•••'],
    [
      'https://bentham.webhook.office.com/webhookb2/1@2/IncomingWebhook/3',
      'https://bentham.webhook.office.com/webhookb2/•••',
    ],
    ['https://hooks.slack.com/workflows/T1/A2', 'https://hooks.slack.com/workflows/•••'],
    ['https://chat.example/hooks/abc123', 'https://chat.example/hooks/•••'],
    ['https://events.pagerduty.com/integration/0123/enqueue', 'https://events.pagerduty.com/integration/•••'],
    [
      'https://x.logic.azure.com/workflows/1?api-version=2016&sig=ab%2F',
      'https://x.logic.azure.com/workflows/1?api-version=2016&sig=•••',
    ],
    ['GET /o?X-Amz-Signature=0a1b&x=1', 'GET /o?X-Amz-Signature=•••&x=1'],
    ['{"secretAccessKey":"wJalr/XU+tn"}', '{"secretAccessKey":"•••"}'],
    ['clone ghp_0123456789abcdefABCD', 'clone ghp_•••'],
    ['key bk_live_0123456789abcdef', 'key bk_•••'],
    ['https://api.telegram.org/bot123456:ABC-DEF/sendMessage', 'https://api.telegram.org/bot•••/sendMessage'],
    ['https://chat.googleapis.com/v1/spaces/A/messages?key=k1', 'https://chat.googleapis.com/v1/spaces/•••'],
    ['http://me:hunter2@proxy:8080/x', 'http://me:•••@proxy:8080/x'],
    ['push glpat-0123456789abcdefABCD', 'push glpat-•••'],
    ['post xoxb-0123456789-abcdefABCD', 'post xoxb-•••'],
    ['with a bearer abcdef123456', 'with a bearer •••'],
    ['Set-Cookie: sid=hunter2', 'Set-Cookie: •••'],
    ['GET /o?x=1&code=hunter2', 'GET /o?x=1&code=•••'],
    ['sent eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl on', 'sent eyJ••• on'],
  ])('redacts %s', (outside, inside) => expect(redact(outside)).toBe(inside));

  test.each([
    ['\u001b[1mpassword: hunter2', 'password: •••'],
    ['\u001b[32mpassword\u001b[39m: \u001b[33mhunter2\u001b[39m', 'password: •••'],
    ['pass\u200bword=hunter2', 'password=•••'],
    ['-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY----- after', '••• after'],
  ])('sanitizes and redacts %j', (outside, inside) => expect(sanitize(outside)).toBe(inside));

  test('text of 100 kB that only resembles secrets is redacted quickly', () => {
    for (const piece of ['a://b:', 'password="', 'authorization: ', '://:@', 'cookie: ', "token='\\"])
      expect(redact(piece.repeat(100_000 / piece.length)).length).toBeGreaterThan(0);
  });

  test('a secret is redacted before the text is cut', () => {
    expect(sanitize(`${'x'.repeat(70)} postgres://bentham:hunter2@db`, 97)).not.toContain('hunter');
    expect(sanitize(`${'x'.repeat(100)} hunter2`, 50)).toHaveLength(50);
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

test.each([
  ['👍🏽', '👍'],
  ['🇩🇪 and 🇫', 'DE and F'],
  ['👩🏿‍🚀', '👩🚀'],
])('characters that terminals measure differently are removed: %s', (text, left) =>
  expect(stripControl(text)).toBe(left),
);

test.each([
  ['Evict old data from Redis', 'evict old data from Redis'],
  ['Revoke an API key', 'revoke an API key'],
  ['IP blocked', 'IP blocked'],
  ['Élan', 'élan'],
  ['', ''],
])('a title within a sentence keeps its names: %s', (title, within) => expect(uncapitalized(title)).toBe(within));

test('a text loses whole clauses, never a part of a quotation or of a parenthesis', () => {
  expect(shortenings('406 × “Invalid session: login, required” → session expired: clear session pool')).toEqual([
    '406 × “Invalid session: login, required” → session expired: clear session pool',
    '406 × “Invalid session: login, required” → session expired',
    '406 × “Invalid session: login, required”',
  ]);
  expect(shortenings('api-gateway (0 of 3, stuck; 5 restarts), since 03:01')).toEqual([
    'api-gateway (0 of 3, stuck; 5 restarts), since 03:01',
    'api-gateway (0 of 3, stuck; 5 restarts)',
    'api-gateway',
  ]);
});

describe('a title that has too little room', () => {
  test.each([
    ['SEV1 Complete API outage', 24, 'SEV1 Complete API outage'],
    ['SEV1 Complete API outage', 23, 'SEV1 Complete API…'],
    ['SEV1 Complete API outage', 17, 'SEV1 Complete…'],
    ['SEV1 Complete API outage', 5, 'SEV1…'],
    ['api-gateway-w62dc stuck', 9, 'a…y-w62dc'],
    ['SEV1 データベース停止 now', 12, 'SEV1…'],
    ['', 5, ''],
  ])('%s in %i columns is cut after a word', (text, columns, cut) => {
    expect(fitWords(text, columns)).toBe(cut);
    expect(width(fitWords(text, columns))).toBeLessThanOrEqual(columns);
  });

  test('keeps both ends of the name in it, and is cut after a word where that is not enough', () => {
    const title = 'Forward a port of api-gateway-jlwkgnpnl-w62dc';
    const cut = fitTitle(title, 40);
    expect(cut).toMatch(/^Forward a port of a…eway-jlwkgnpnl-w62dc$/);
    expect(width(cut)).toBe(40);
    expect(fitTitle(title, 25)).toBe('Forward a port of…');
    expect(fitTitle(title, 80)).toBe(title);
  });
});
