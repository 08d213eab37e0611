import { expect, test } from 'vitest';
import { actions } from '../../src/actions/index.ts';
import type { Action, Field } from '../../src/core/actions/action.ts';
import { describeField, promptFor, wrongValue } from '../../src/core/actions/field.ts';
import { whatIsWrong, withAbsoluteTimes } from '../../src/core/actions/target.ts';

const span = { pattern: /^\d+h$/, says: 'a duration such as 24h' };

test.each<[Partial<Field>, string, string]>([
  [{}, 'which age?', 'which age'],
  [{ form: span }, 'which age? (a duration such as 24h)', 'which age (a duration such as 24h)'],
  [{ form: span, preset: '24h' }, 'which age?', 'which age (a duration such as 24h; default: 24h)'],
  [{ empty: 'all' }, 'which age? (default: all)', 'which age (default: all)'],
  [
    { kind: 'number', range: [1, 9], empty: '3' },
    'which age? (default: 3)',
    'which age (a whole number from 1 to 9; default: 3)',
  ],
  [{ kind: 'choice', oneOf: ['a', 'b'], preset: 'a' }, 'which age?', 'which age (default: a)'],
])('%o: the prompt and the line of help tell the default and the form once', (more, prompt, help) => {
  const field: Field = { name: 'age', ask: 'which age?', kind: 'text', ...more };
  expect([promptFor(field), describeField(field)]).toEqual([prompt, help]);
});

// The age of `cleanup-sessions`, `evict-redis` and whatever has one.
const aged = actions.flatMap((action) =>
  action.fields.filter(({ time }) => time === 'age').map((field) => [action.id, action, field] as const),
);
const now = Date.UTC(2026, 0, 17, 3, 14, 7);
const settled = (action: Action, { name }: Field, text: string) =>
  withAbsoluteTimes(action, { [name]: text }, now)[name];

test('the ages of the runbook’s actions are known as such', () => {
  expect(aged.map(([id]) => id)).toEqual(['cleanup-sessions', 'evict-redis']);
});

test.each(aged)('%s: an age is a span or a time, and is kept as a span of one unit', (_, action, field) => {
  for (const [text, kept] of [
    ['24h', '24h'],
    ['7d', '7d'],
    ['45s', '45s'],
    ['1h30m', '90m'],
    ['1d12h', '36h'],
    ['0.5h', '30m'],
    // Rounded up: what is younger stays.
    ['02:30', '45m'],
    ['03:15', '1440m'],
    ['2026-01-16 03:14:07', '1d'],
    ['2026-01-16T00:00Z', '1635m'],
    ['2025-01-17', '8764h'],
  ]) {
    expect(wrongValue(field, text ?? '', now), text).toBeUndefined();
    const one = settled(action, field, text ?? '') ?? '';
    expect(one, text).toBe(kept);
    expect(wrongValue(field, one), one).toBeUndefined();
  }
});

test.each(aged)(
  '%s: what is no age, or nothing, or of the future is refused with the valid forms',
  (_, action, field) => {
    for (const text of [
      '0h',
      '0m',
      '0',
      '24',
      '-1h',
      '1w',
      '24 h',
      '25:00',
      '2026-01-18 00:00',
      '99999999d',
      '1e3h',
      'x',
      '$(id)',
    ]) {
      expect(wrongValue(field, text, now)?.hint, text).toBe(
        'give an age such as 90m, 24h, 7d, or since 14:30 or 2026-01-17 14:30 (UTC)',
      );
      const target = { prefix: 'cache:', [field.name]: text };
      const own = Object.fromEntries(
        Object.entries(target).filter(([name]) => action.fields.some((f) => f.name === name)),
      );
      expect(whatIsWrong(action, withAbsoluteTimes(action, own, now)), text).toBeDefined();
    }
  },
);
