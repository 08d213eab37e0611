import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { documents } from '../../scripts/documents.ts';
import { fileSchema } from '../../src/config/schema.ts';

test.each(documents.map(({ file, text }) => [file, text] as const))(
  '%s is current (npm run docs)',
  async (file, text) => {
    expect(readFileSync(file, 'utf8'), `${file} is stale: npm run docs`).toBe(await text());
  },
);

test('the JSON schema accepts the configuration that the cockpit accepts, and rejects what it refuses', () => {
  const accepts = new Ajv2020({ strict: false, validateFormats: false }).compile(fileSchema());
  const manual = readFileSync('docs/configuration.md', 'utf8');
  const example = /```yaml\n([\s\S]*?)```/.exec(manual)?.[1] ?? '';
  expect(accepts(parse(example)), JSON.stringify(accepts.errors)).toBe(true);
  expect(accepts({ kubernetes: null, display: { theme: 'mono' } })).toBe(true);
  expect(accepts({ kubernetes: { namespce: 'x' } })).toBe(false);
  expect(accepts({ database: { primary: { port: '5432' } } })).toBe(false);
  expect(accepts({ profiles: { eu: { extends: 'production', redis: { url: 5 } } } })).toBe(false);
});

test('the example in docs/configuration.md is valid', async () => {
  const { good } = await import('../support/configuration.ts');
  const manual = readFileSync('docs/configuration.md', 'utf8');
  const yaml = /```yaml\n([\s\S]*?)```/.exec(manual)?.[1] ?? '';
  expect((await good({ yaml, flags: { profile: 'eu' } })).settings.environment).toMatchObject({
    name: 'EU',
    guarded: true,
  });
});

test('docs/dependencies.md gives a reason for every package in package.json, and for no other', () => {
  const about = JSON.parse(readFileSync('package.json', 'utf8')) as Record<string, Record<string, string>>;
  const installed = ['dependencies', 'optionalDependencies', 'devDependencies'].flatMap((of) =>
    Object.keys(about[of] ?? {}),
  );
  const table = readFileSync('docs/dependencies.md', 'utf8');
  const told = table.split('\n').flatMap((row) => {
    const names = (row.split('|')[1] ?? '').replace(/\(.*\)/, '').split(',');
    const first = names[0]?.trim() ?? '';
    // `@aws-sdk/client-s3, -rds`: the rest of a family; `@types/\\*`: all of one.
    return names.map((name) =>
      name
        .trim()
        .replace(/^-/, first.replace(/[^-]*$/, ''))
        .replace('\\*', ''),
    );
  });
  const named = told.filter((name) => name !== '' && name !== 'package' && !/^-+$/.test(name));
  const isFamily = (name: string) => /[/-]$/.test(name);
  const covers = (name: string, one: string) => (isFamily(name) ? one.startsWith(name) : one === name);
  expect(installed.filter((one) => !named.some((name) => covers(name, one)))).toEqual([]);
  expect(named.filter((name) => !installed.some((one) => covers(name, one)))).toEqual([]);
});
