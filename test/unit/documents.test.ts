import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { documents } from '../../scripts/documents.ts';
import { fileSchema } from '../../src/config/schema.ts';

test.each(documents.map(({ file, text }) => [file, text] as const))(
  '%s is current (npm run docs)',
  async (file, text) => {
    expect(readFileSync(file, 'utf8') === (await text())).toBe(true);
  },
);

test('the schema lets editors accept what the cockpit accepts, and mark what it refuses', () => {
  const accepts = new Ajv2020({ strict: false, validateFormats: false }).compile(fileSchema());
  const manual = readFileSync('docs/configuration.md', 'utf8');
  const example = /```yaml\n([\s\S]*?)```/.exec(manual)?.[1] ?? '';
  expect(accepts(parse(example)), JSON.stringify(accepts.errors)).toBe(true);
  expect(accepts({ kubernetes: null, display: { theme: 'plain' } })).toBe(true);
  expect(accepts({ kubernetes: { namespce: 'x' } })).toBe(false);
  expect(accepts({ database: { primary: { port: '5432' } } })).toBe(false);
  expect(accepts({ profiles: { eu: { extends: 'production', redis: { url: 5 } } } })).toBe(false);
});

test('the manual’s example is a right configuration', async () => {
  const { good } = await import('../configuration.ts');
  const manual = readFileSync('docs/configuration.md', 'utf8');
  const yaml = /```yaml\n([\s\S]*?)```/.exec(manual)?.[1] ?? '';
  expect((await good({ yaml, flags: { profile: 'eu' } })).settings.environment).toMatchObject({
    name: 'EU',
    guarded: true,
  });
});
