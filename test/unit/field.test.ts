import { expect, test } from 'vitest';
import type { Field } from '../../src/core/actions/action.ts';
import { describeField, promptFor } from '../../src/core/actions/field.ts';

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
