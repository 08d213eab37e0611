// What commands print where the locale has no UTF-8.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Journal } from '../../src/data/journal/journal.ts';
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

test('incidents are printed in ASCII where nothing else is shown; JSON and reports are not changed', async () => {
  const root = mkdtempSync(join(tmpdir(), 'ascii-'));
  const directory = join(root, 'journal');
  try {
    const writer = { user: 'ops1', name: 'ops1', host: 'bastion' };
    const journal = new Journal({ place: { directory }, writer, environment: 'PRODUCTION' });
    await journal.open();
    await journal.append({ kind: 'opened', title: 'Ausfall – „API“ ●', severity: 1, why: 'größer als 5 % → x' }, 'i1');
    await journal.append({ kind: 'note', text: 'p95 ≥ 9 s – noch' }, 'i1');
    await journal.close();
    const env = { BENTHAM_JOURNAL_DIRECTORY: directory };
    const commands = [
      ['incident', 'list'],
      ['incident', 'show'],
      ['incident', 'verify'],
    ];
    for (const args of commands) {
      expect(printed(args, { ...env, LC_ALL: 'C' }).length).toBeGreaterThan(20);
      expect(printed(args, { ...env, LC_ALL: 'C' })).not.toMatch(beyond);
      expect(printed([...args, '--ascii'], { ...env, LANG: 'C.UTF-8' })).not.toMatch(beyond);
    }
    expect(printed(['incident', 'list'], { ...env, LANG: 'C.UTF-8' })).toContain('Ausfall – „API“ ●');
    expect(printed(['incident', 'list', '--json'], { ...env, LC_ALL: 'C' })).toContain('Ausfall – „API“ ●');
    expect(printed(['incident', 'export'], { ...env, LC_ALL: 'C' })).toContain('„API“');
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}, 60_000);
