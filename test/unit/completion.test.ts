import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { Argument, Command, Option } from 'commander';
import { expect, test } from 'vitest';
import { scripts } from '../../src/commands/completion/scripts.ts';
import { candidates, type Vocabulary } from '../../src/commands/completion/tree.ts';

const root = new Command('tool')
  .addCommand(
    new Command('config')
      .option('-p, --profile <name>', 'which')
      .option('--config <file>', 'where')
      .addOption(new Option('--shade <shade>', 'how').choices(['light', 'dark']))
      .option('--json', 'for programs')
      .addCommand(new Command('check').option('--strict')),
  )
  .addCommand(new Command('drill').argument('[scenario]').option('--set <pair>'))
  .addCommand(new Command('completion').addArgument(new Argument('<shell>').choices(['bash', 'zsh'])))
  .addCommand(new Command('open').argument('<file>').argument('[more...]'))
  .addCommand(new Command('secret'), { hidden: true });

const vocabulary: Vocabulary = {
  '--profile': () => ({ kind: 'words', words: [{ name: 'production', about: '' }] }),
  '--set': async () => ({ kind: 'open', words: [{ name: 'a.b=', about: '' }] }),
  'drill scenario': () => ({ kind: 'words', words: [{ name: 'calm', about: 'all works' }] }),
};

async function offered(...typed: string[]): Promise<string[] | string> {
  const found = await candidates(root, typed, vocabulary);
  return 'words' in found ? found.words.map((word) => word.name) : found.kind;
}

test('completes commands, but not hidden ones', async () => {
  expect(await offered('')).toEqual(['config', 'drill', 'completion', 'open']);
  expect(await offered('co')).toEqual(['config', 'completion']);
  expect(await offered('config', '')).toEqual(['check']);
});

test('completes flags of the command and of its parents', async () => {
  expect(await offered('config', '--')).toEqual(['--profile', '--config', '--shade', '--json', '--help']);
  expect(await offered('config', 'check', '--s')).toEqual(['--strict', '--shade']);
});

test('completes values of flags: words, choices, files', async () => {
  expect(await offered('config', '--profile', 'p')).toEqual(['production']);
  expect(await offered('config', '-p', 'x')).toEqual([]);
  expect(await offered('config', '--shade', '')).toEqual(['light', 'dark']);
  expect(await offered('config', '--config', '')).toBe('file');
  expect(await candidates(root, ['drill', '--set', 'a'], vocabulary)).toMatchObject({ kind: 'open' });
});

test('completes flags of the default command', async () => {
  const at = async (...typed: string[]) => candidates(root, typed, vocabulary, 'config');
  expect(await at('--pro')).toMatchObject({ words: [{ name: '--profile' }] });
  expect(await at('--profile', '')).toMatchObject({ words: [{ name: 'production' }] });
  expect(await at('--he')).toMatchObject({ words: [{ name: '--help' }] });
});

test('the value of a flag is not taken for a command', async () => {
  expect(await offered('config', '--profile', 'check', '')).toEqual(['check']);
});

test('completes arguments: words, choices, files, and no more than the command takes', async () => {
  expect(await offered('drill', '')).toEqual(['calm']);
  expect(await offered('drill', 'calm', '')).toEqual([]);
  expect(await offered('completion', 'z')).toEqual(['zsh']);
  expect(await offered('open', '')).toBe('file');
});

test('bash completion calls the program', async () => {
  const place = await mkdtemp(path.join(tmpdir(), 'bentham-completion-'));
  try {
    const tool = path.join(place, 'tool');
    await writeFile(tool, '#!/bin/sh\necho words\nfor word; do printf "%s\\tmeaning of it\\n" "<$word>"; done\n');
    await chmod(tool, 0o755);
    const typed = `${scripts.bash}
      COMP_WORDS=(${tool} config 'a b'); COMP_CWORD=2
      _bentham_cockpit ${tool}; printf '%s\\n' "\${COMPREPLY[@]}"; complete -p bentham-cockpit`;
    const { stdout } = await promisify(execFile)('bash', ['-c', typed]);
    expect(stdout.trim().split('\n')).toEqual([
      '<__complete>',
      '<-->',
      '<config>',
      '<a b>',
      'complete -F _bentham_cockpit bentham-cockpit',
    ]);
  } finally {
    await rm(place, { recursive: true, force: true });
  }
});
