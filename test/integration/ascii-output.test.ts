// What commands print where the locale has no UTF-8.
import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { launcher } from '../support/drill.ts';
import { nowhere } from '../support/terminal.ts';

const printed = (args: readonly string[], environment: Record<string, string>) => {
  const env = { ...nowhere('/nowhere'), PATH: process.env.PATH, ...environment };
  const { stdout, stderr } = spawnSync(process.execPath, [launcher, ...args], { env, encoding: 'utf8' });
  return stdout + stderr;
};
const beyond = /[^\n\t\x20-\x7e]/;

test.each([
  ['status', '--timeout', '1'],
  ['status', '--line', '--timeout', '1'],
  ['doctor', '--timeout', '1'],
  ['pods'],
  ['status', '--profil', 'x'],
])(
  '%s prints ASCII in the locale C and with --ascii',
  (...args) => {
    const text = printed(args, { LC_ALL: 'C' });
    expect(text.length).toBeGreaterThan(20);
    expect(text).not.toMatch(beyond);
    if (!args.includes('--profil')) expect(printed([...args, '--ascii'], { LANG: 'C.UTF-8' })).not.toMatch(beyond);
  },
  60_000,
);

test('a program without a locale, and one with UTF-8, get UTF-8', () => {
  const locales: readonly Record<string, string>[] = [{}, { LANG: 'C.UTF-8' }];
  for (const locale of locales) expect(printed(['status', '--timeout', '1'], locale)).toMatch(beyond);
}, 60_000);
