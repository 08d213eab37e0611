// What is told of a log line without reading all of it is what reading all of it tells.
import { describe, expect, test } from 'vitest';
import { settingsSchema } from '../../src/config/settings.ts';
import { readEntry } from '../../src/core/logs/log.ts';
import { levelOf, plainLevelOf, readLine } from '../../src/core/logs/log-line.ts';
import { entryJson } from '../../src/core/logs/log-text.ts';
import { stampOf } from '../../src/data/kubernetes/logs/log-cursor.ts';

const fields = settingsSchema.shape.logFields.parse(undefined);

describe('the level', () => {
  test.each([
    ['{"level":30,"msg":"x"}', 30],
    ['{"level":"warn","msg":"x"}', 40],
    ['{"time":"2026-11-29","level":"ERROR","msg":"x"}', 50],
    ['{"ts":1,"level":60}', 60],
    ['{"level":30,"msg":"says {\\"level\\":50}"}', 30],
  ])('stands in %s', (text, level) => {
    expect(plainLevelOf(text, fields)).toBe(level);
    expect(levelOf(readLine(text), fields)).toBe(level);
  });

  test.each([
    '{"level":30,"err":{"level":50}}',
    '{"level":30,"level":50}',
    '{"level":30,"level" :50}',
    '{"level":30,"\\u006cevel":50}',
    '{"req":{"level":50},"level":30}',
    '{"req":{"a":1,"level":50}}',
    '[{"a":1,"level":50}]',
    '{"list":["a,"],"level":30}',
    '{"a":"b\\",\\"level\\":50"}',
    '{"level": 30}',
    '{"level":30.5}',
    '{"level":-1}',
    '{"level":"nonsense","severity":"error"}',
    '{"level":30,"msg":"cut',
    'ERROR {"level":30}',
    '{"a":"x\\\\","level":50}',
    '{"severity":"error"}',
    '',
    '{}',
  ])('of %s is what all of it tells, or must be read', (text) => {
    const plain = plainLevelOf(text, fields);
    if (plain !== undefined) expect(plain).toBe(levelOf(readLine(text), fields));
  });

  test('is found under the configured name', () => {
    const own = { ...fields, level: 'log.level' };
    expect(plainLevelOf('{"log.level":"error"}', own)).toBe(50);
    expect(plainLevelOf('{"level":"error"}', own)).toBeUndefined();
  });
});

describe('the time', () => {
  test.each([
    '2026-11-29T05:53:49.123456789Z',
    '2026-11-29T05:53:49.123Z',
    '2026-11-29T05:53:49.1Z',
    '2026-11-29T05:53:49.12Z',
    '2026-11-29T05:53:49Z',
    '2026-02-30T05:53:49.123456789Z',
    '2026-13-29T05:53:49.123456789Z',
    '2026-11-29T24:00:00.000Z',
    '2026-11-29T25:00:00.000Z',
    '2026-11-29T23:59:60.000Z',
    '2026-11-29T05:53:49.123456+02:00',
    '1969-12-31T23:59:59.999999Z',
    '2024-02-29T00:00:00.000000000Z',
    '2026-11-29T05:53:49.123456789',
  ])('of %s is what Date reads', (stamp) => {
    const is = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/.test(stamp);
    const at = is ? Date.parse(stamp) : Number.NaN;
    const expected = Number.isNaN(at) ? undefined : { at, text: stamp };
    // Once with its day, and once more with the day remembered.
    for (const line of [`${stamp} said`, stamp, `${stamp} `]) expect(stampOf(line)).toEqual(expected);
  });

  test.each(['2026-11-29T05:53:49.123Zx', '2026-11-2xT05:53:49.123Z said', '2026-11-29T05:5x:49.123Z said', '20'])(
    'is not at the beginning of %s',
    (line) => expect(stampOf(line)).toBeUndefined(),
  );
});

test.each([
  [
    '{"level":30,"msg":"x","req":{"method":"GET","url":"/v1/a?b=\\"c\\""},"res":{"statusCode":503},"responseTime":4.2}',
    {},
  ],
  ['{"msg":"tab\\tand \\u001b[31mred"}', { previous: true }],
  ['Error: boom “ä”', { more: ['    at x (y.js:1:1)', 'caused by "z"'] }],
  ['began later', { mark: true }],
  ['', {}],
] as const)('%s is written for programs as JSON.stringify would', (text, more) => {
  const line = { id: 1, at: 1796190000123, pod: 'a "b"', container: 'main', previous: false, text };
  const entry = readEntry({ ...line, ...more, more: 'more' in more ? [...more.more] : undefined }, fields);
  const time = new Date(entry.at).toISOString();
  const { pod, container, level, message: msg } = entry;
  const previous = entry.previous || undefined;
  const stack = entry.more.length > 0 ? entry.more : undefined;
  const whole = { time, pod, container, previous, level, msg, ...entry.fields, stack, line: entry.raw };
  expect(entryJson(entry)).toBe(JSON.stringify(entry.mark ? { time, mark: msg } : whole));
});
