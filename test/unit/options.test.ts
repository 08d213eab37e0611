// The table of options is read from the schema by hand, since zod's own JSON Schema takes long; both say the same.
import { expect, test } from 'vitest';
import * as z from 'zod';
import { options, sections } from '../../src/config/options.ts';
import { settingsSchema } from '../../src/config/settings.ts';

type Json = {
  type?: string;
  properties?: Record<string, Json>;
  required?: readonly string[];
  enum?: readonly string[];
  minimum?: number;
  exclusiveMinimum?: number;
  maximum?: number;
  default?: unknown;
  description?: string;
  secret?: boolean;
  derived?: boolean;
};

const found = new Map<string, Json & { isRequired: boolean }>();
function walk(node: Json, path: string, isRequired: boolean): void {
  found.set(path, { ...node, isRequired });
  for (const [name, child] of Object.entries(node.properties ?? {}))
    if (!child.derived) walk(child, path ? `${path}.${name}` : name, node.required?.includes(name) ?? false);
}
walk(z.toJSONSchema(settingsSchema, { io: 'input' }) as Json, '', true);

test('the options and sections are those of the schema, in its order', () => {
  const paths = [...found].filter(([, { properties }]) => !properties).map(([path]) => path);
  expect([...options.keys()]).toEqual(paths);
  expect([...sections.keys()].sort()).toEqual([...found.keys()].filter((path) => !options.has(path)).sort());
});

const kinds: Readonly<Record<string, string>> = { string: 'text', array: 'list' };

test.each([...options.values()])('$path: its kind, default and range', (option) => {
  const node = found.get(option.path);
  if (!node) throw new Error('not in the schema');
  const { type = '', isRequired, description = '', secret = false } = node;
  expect(option).toMatchObject({ about: description, secret, optional: !isRequired && node.default === undefined });
  expect(option.default).toEqual(node.default);
  expect(option.kind).toBe(node.enum ? 'choice' : (kinds[type] ?? type));
  for (const word of node.enum ?? []) expect(option.right).toContain(word);
  const least = node.minimum ?? (node.exclusiveMinimum === undefined ? undefined : node.exclusiveMinimum + 1);
  if (least !== undefined && least > Number.MIN_SAFE_INTEGER) expect(option.right).toContain(`from ${least}`);
  const most = node.maximum !== undefined && node.maximum < Number.MAX_SAFE_INTEGER ? node.maximum : undefined;
  expect(/ to (\d+)$/.exec(option.right)?.[1]).toBe(most === undefined ? undefined : String(most));
});
