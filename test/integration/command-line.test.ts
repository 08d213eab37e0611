// The command line as a person or a script types it: every action takes what the product prints, and nothing that is not
// its own; a mistake is named with what would be right, before anything is asked.
import { execFileSync } from 'node:child_process';
import { type Command, CommanderError } from 'commander';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { actions, findAction } from '../../src/actions/index.ts';
import { targetFrom } from '../../src/commands/run/target.ts';
import { commandLine } from '../../src/commands/run/text.ts';
import { flagsOf } from '../../src/config/flags.ts';
import type { Action, ActionId, Field, Target } from '../../src/core/actions/action.ts';
import type { Preflight } from '../../src/core/actions/preflight.ts';
import { helpAsFlag, makeProgram } from '../../src/program.ts';

let complaint = '';
beforeEach(() => {
  complaint = '';
  const take = (text: unknown) => {
    complaint += String(text);
    return true;
  };
  vi.spyOn(process.stderr, 'write').mockImplementation(take);
  vi.spyOn(process.stdout, 'write').mockImplementation(take);
});
afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = 0;
});

type Asked = { action: ActionId | undefined; target: Target; missing: readonly string[]; flags: object };

/** What a command line would have carried out; or commander's code of the mistake. */
async function parsed(...words: readonly string[]): Promise<Asked | string> {
  let asked: Asked | undefined;
  const program = makeProgram(actions, async (command, action, flags) => {
    const { target, missing } = action ? targetFrom(action, flags) : { target: {}, missing: [] };
    asked = {
      action: action?.id,
      target,
      missing: missing.map(({ name }) => name),
      flags: { ...flags, ...flagsOf(command) },
    };
    return 0;
  });
  try {
    await program.parseAsync([...words], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 'ok' : error.code;
    throw error;
  }
  return asked ?? 'nothing';
}

/** What a shell makes of printed commands, each without the program's name. No word of them is empty. */
function shellWords(...lines: readonly string[]): readonly (readonly string[])[] {
  const said = `said() { shift; for word in "$@"; do printf '%s\\0' "$word"; done; printf '\\0'; }`;
  const script = [said, ...lines.map((line) => `said ${line}`)].join('\n');
  const told = execFileSync('/bin/sh', ['-c', script]).toString('utf8');
  return told
    .split('\0\0')
    .slice(0, -1)
    .map((words) => words.split('\0'));
}

const words = (line: string): readonly string[] => shellWords(line)[0] ?? [];

const hostile = [`it's $(id)`, '-rf', '--version', '--yes', '-V', 'a=b', '=x', '*', 'ends in a blank '];

/** A value that the field takes. */
function example({ oneOf, kind, form, preset, time }: Field): string {
  if (time) return '2026-01-17T02:00:00Z';
  if (oneOf) return oneOf.at(-1) ?? '';
  if (kind === 'number') return '7';
  const tries = [preset ?? '', '24h', 'bentham-2', '01ARZ3NDEKTSV4RRFFQ69G5FAV', '42', 's3://bucket/prefix'];
  return tries.find((text) => text !== '' && (!form || form.pattern.test(text))) ?? 'x';
}

test('the command that checks an archive is one word for its file, whatever its name', async () => {
  for (const name of hostile) {
    const archive = `/evidence/${name}`;
    const done = { run: 'r', target: {}, plan: { baseline: { archive } }, startedAt: 0, output: [] };
    const [next] = (await findAction('preserve-evidence')?.next?.(done, {} as unknown as Preflight)) ?? [];
    expect(next && 'command' in next && words(next.command)).toEqual(['evidence', 'verify', archive]);
  }
});

describe.each(actions.map((action) => [action.id, action] as const))('%s', (id, action) => {
  const whole: Target = Object.fromEntries(action.fields.map((field) => [field.name, example(field)]));

  test('accepts the command that is printed for it', async () => {
    const asked = await parsed(...words(commandLine({ action: id, target: whole })));
    expect(asked).toMatchObject({ action: id, target: whole, missing: [] });
  });

  test('accepts any text as a value, and no value as a flag', async () => {
    const free = action.fields.filter(({ oneOf, kind, form, time }) => !oneOf && !form && !time && kind === 'text');
    const targets = free.flatMap(({ name }) => hostile.map((value) => ({ ...whole, [name]: value })));
    const typed = shellWords(...targets.map((target) => commandLine({ action: id, target })));
    for (const [at, target] of targets.entries()) {
      const asked = await parsed(...(typed[at] ?? []));
      expect(asked).toMatchObject({ action: id, target });
      expect(asked).not.toHaveProperty('flags.yes');
    }
  });

  test('accepts the next step that its runs print', async () => {
    const fault = { kind: 'unreachable', where: 'k', what: 'no answer', hint: '' } as const;
    const silent = { deployments: async () => ({ ok: false, fault }) } as unknown as Preflight;
    const baseline = new Proxy<Record<string, string>>(
      {},
      { get: (_, name) => (name === 'before' ? '[["api",1,7]]' : '7') },
    );
    const done = { run: '01ARZ3NDEKTSV4RRFFQ69G5FAV', target: whole, plan: { baseline }, startedAt: 0, output: [] };
    for (const next of (await action.next?.(done, silent)) ?? []) {
      if ('command' in next) {
        expect(words(next.command).join(' ')).toBe('evidence verify 7');
        continue;
      }
      const asked = await parsed(...words(commandLine(next)));
      expect(asked).toMatchObject({ action: next.action, missing: [] });
    }
    // Of what a killed cockpit left little is known: what is not known is asked for, not given as nothing.
    for (const next of (await action.next?.({ ...done, plan: {} }, silent)) ?? []) {
      if ('command' in next) throw new Error('a command without what it is about');
      expect(commandLine(next)).not.toContain("''");
      expect(await parsed(...words(commandLine(next)))).toMatchObject({ action: next.action });
    }
  });

  test('refuses a flag of another action, and a word after it', async () => {
    const own = action.fields.map(({ name }) => name);
    const others = new Set(actions.flatMap(({ fields }) => fields.map(({ name }) => name)));
    for (const name of own) others.delete(name);
    for (const name of others) expect(await parsed('run', id, `--${name}`, 'x')).toBe('commander.unknownOption');
    expect(complaint).toContain(`${id} takes ${own.map((name) => `--${name}`).join(', ') || 'no target'}`);
    expect(await parsed('run', id, 'x')).toBe('commander.excessArguments');
  });

  test('accepts each flag once, and never empty', async () => {
    for (const field of action.fields) {
      const flag = `--${field.name}`;
      expect(await parsed('run', id, flag, example(field), flag, example(field))).toBe('commander.error');
      expect(complaint).toContain(`${flag} was given twice`);
      for (const empty of ['', ' ']) expect(await parsed('run', id, flag, empty)).toMatch(/^commander\./);
      expect(await parsed('run', id, flag)).toBe('commander.optionMissingArgument');
    }
  });

  test('lists its own flags', async () => {
    expect(await parsed('run', id, '--help')).toBe('ok');
    for (const { name } of action.fields) expect(complaint).toContain(`--${name} <value>`);
  });
});

describe('`help` behind a command prints its help', () => {
  const paths = (command: Command): string[][] =>
    command.commands.flatMap((one) => [[one.name()], ...paths(one).map((rest) => [one.name(), ...rest])]);
  const all = paths(makeProgram(actions)).filter(([first]) => first !== '__complete');

  test.each(all.map((path) => [path.join(' ')]))('%s help', async (path) => {
    const words = helpAsFlag(makeProgram(actions), [...path.split(' '), 'help']);
    expect(await parsed(...words)).toBe('ok');
    expect(complaint).toContain(`Usage: bentham-cockpit ${path.split(' ').slice(0, -1).join(' ')}`.trim());
    expect(complaint).toContain('--help');
    expect(complaint).not.toMatch(/^error/m);
  });

  test('also behind options; as the value of one, behind --, or behind other words it is only a word', () => {
    const given = (...words: string[]) => helpAsFlag(makeProgram(actions), words).join(' ');
    expect(given('status', '-p', 'staging', 'help')).toBe('status -p staging --help');
    expect(given('run', '--json', 'restart-deployment', 'help')).toBe('run --json restart-deployment --help');
    for (const words of ['logs -- help', 'logs --grep help', 'drill calm help', 'help', 'run nothing help'])
      expect(given(...words.split(' '))).toBe(words);
  });
});

test('a field with choices accepts nothing else', () => {
  const all = actions.flatMap(({ fields }) => fields.filter(({ kind }) => kind === 'choice'));
  for (const { name, oneOf } of all) expect(oneOf?.length, name).toBeGreaterThan(1);
});

test('no field has the name of a flag of every action', () => {
  const program = makeProgram([]);
  const run = program.commands.find((one) => one.name() === 'run');
  const taken = [...(run?.options ?? []), ...program.options].map(({ long }) => long);
  const fields = actions.flatMap((action: Action) => action.fields.map(({ name }) => `--${name}`));
  // --version of the program stands before every command.
  expect(fields.filter((name) => taken.includes(name) && name !== '--version')).toEqual([]);
  expect(fields).not.toContain('--target');
});

test('restore-evidence has its own --version; the program’s stands before its commands', async () => {
  expect(await parsed('run', 'restore-evidence', '--file', 'a/b.png', '--version', 'null')).toMatchObject({
    action: 'restore-evidence',
    target: { file: 'a/b.png', version: 'null' },
  });
  expect(await parsed('--version')).toBe('ok');
});

test.each([
  [['revoke-api-key', '--key', 'k', '--by', 'carrier'], 'invalidArgument', 'cannot be carrier: give sql or admin.'],
  [['revoke-api-key', '--key', 'k', '--by', 'SQL'], 'invalidArgument', 'Did you mean sql?'],
  [['notify', '--channel', 'slack-op', '--text', 'x'], 'invalidArgument', 'Did you mean slack-ops?'],
  [['scale-deployment', '--replicas', 'many'], 'invalidArgument', 'give a whole number from 0 to 500.'],
  [['scale-deployment', '--replicas', '-1'], 'invalidArgument', 'give a whole number from 0 to 500.'],
  [['scale-deployment', '--replicas', '501'], 'invalidArgument', 'give a whole number from 0 to 500.'],
  [['scale-deployment', '--replicas', '1e2'], 'invalidArgument', 'give a whole number from 0 to 500.'],
  [['scale-deployment', '--replicas', '٣'], 'invalidArgument', 'give a whole number from 0 to 500.'],
  [['rollback-deployment', '--revision', 'last'], 'invalidArgument', 'give a whole number from 1'],
  [['cancel-query', '--pid', '0'], 'invalidArgument', 'give a whole number from 1'],
  [
    ['cleanup-sessions', '--older-than', 'yesterday'],
    'invalidArgument',
    'give an age such as 90m, 24h, 7d, or since 14:30',
  ],
  [['evict-redis', '--idle', '5'], 'invalidArgument', 'give an age such as 90m, 24h, 7d, or since 14:30'],
  [
    ['restore-database', '--at', 'noon'],
    'invalidArgument',
    'give a time such as 15m, 1h (ago), 14:30 or 2026-01-17 14:30 (UTC)',
  ],
  [['restore-database', '--name', 'a_b'], 'invalidArgument', 'give a name of letters, digits and single dashes'],
  [['restore-jobs', '--run', '../../x'], 'invalidArgument', 'give the id of a run, 26 letters and digits.'],
  [['revoke-api-key', '--target', 'a', '--key', 'b'], 'conflictingOption', "'--key <value>'"],
  [['restart-deployment', '--deploymnet', 'x'], 'unknownOption', 'Did you mean --deployment?'],
  [['restart-deployment', '--arm', 'a', '--reason', 'b'], 'conflictingOption', "'--reason <text>'"],
  [['restart-deployment', '--deployment', 'a\u001b[2Jb'], 'invalidArgument', 'contains invisible characters'],
  [['restarted-deployment'], 'invalidArgument', 'Did you mean restart-deployment?'],
  [['scale'], 'invalidArgument', 'Did you mean scale-deployment?'],
  [['frobnicate', '--file', 'x'], 'invalidArgument', 'unknown action frobnicate'],
  [['--deployment', 'x', 'restart-deployment'], 'unknownOption', 'run restart-deployment --deployment …'],
  [['--yse', 'restart-deployment'], 'unknownOption', "unknown option '--yse'"],
  [['--arm', 'a', 'restart-deployment', '--arm', 'b'], 'error', '--arm was given twice'],
])('run %j is wrong usage (%s)', async (typed, code, says) => {
  expect(await parsed('run', ...typed)).toBe(`commander.${code}`);
  expect(complaint).toContain(says);
});

test.each([
  [['status', '--timeout', 'soon']],
  [['status', '--timeout', '-1']],
  [['status', '--timeout', '']],
  [['status', '--line', '--json']],
  [['status', 'everything']],
  [['logs', '--tail', '-5']],
  [['logs', '--tail', '1e3']],
  [['logs', '--local', '--utc']],
  [['logs', 'executor', '--deployment', 'executor']],
  [['logs', 'executor', '--selector', 'app=x']],
  [['logs', '--since', '1h', '--since', '2h']],
  [['incident', 'export', '--format', 'pdf']],
  [['incident', 'close']],
  [['doctor', '--timeout', '0']],
  [['doctor', '--profile', 'a', '--profile', 'b']],
  [['doctor', '--set', 'x']],
  [['drill', '--pods', '-1']],
  [['drill', 'calm', '--list']],
  [['drill', '--jobs', 'many']],
  [['drill', 'calm', '--tour']],
  [['drill', '--tour', '--serve']],
  [['config', 'chek']],
  [['config', '--json', 'check']],
  [['config', 'check', '--json']],
  [['config', '--profile', 'x', 'schema']],
  [['completion', 'tcsh']],
  [['completion', 'bash', 'zsh']],
  [['--profile', 'staging', 'status']],
  [['status', '--version']],
  [['stauts']],
  [['pods', 'extra']],
  [['sessions', '--server', 'third']],
  [['pods', '--server', 'primary']],
  [['keys', '--jsno']],
  [['study']],
  [['study', 'a', 'b']],
  [['study', '']],
  [['evidence', 'a', 'b']],
  [['evidence', ' ']],
])('%j is wrong usage', async (typed) => {
  expect(await parsed(...typed)).toMatch(/^commander\./);
});

test('flags of every action stand before its name or behind it', async () => {
  const target = { deployment: 'executor' };
  const expected = { action: 'restart-deployment', target, flags: { yes: true, profile: 'staging', color: false } };
  const before = ['--yes', '--profile', 'staging', '--no-color'];
  const of = ['--deployment', 'executor'];
  expect(await parsed('run', ...before, 'restart-deployment', ...of)).toMatchObject(expected);
  expect(await parsed('run', 'restart-deployment', ...of, ...before)).toMatchObject(expected);
});

test('a mistake in a long value is named with its reason', async () => {
  await parsed('run', 'notify', '--text', 'x'.repeat(30_000));
  expect(complaint).toContain('is longer than 20000 characters');
  expect(complaint.length).toBeLessThan(1500);
});

test('messages of the command line contain no escape sequence of a pasted word', async () => {
  for (const typed of [
    ['run', 'a\u001b]0;x\u0007b'],
    ['a\u001b[2Jb'],
    ['status', '--\u001b[31m'],
    ['doctor', '--set', '\u202e'],
  ])
    await parsed(...typed);
  expect(complaint).not.toBe('');
  expect(complaint).not.toMatch(/[\u001b\u0007\u202e]/);
});

test.each(['redis://', 'rediss:///0', 'redis:', 'http://relay', 'relay:6379'])(
  'join %s names what is right',
  async (url) => {
    await parsed('join', url);
    expect(process.exitCode).toBe(64);
    expect(complaint).toContain('give a redis:// or rediss:// URL, or the name of a drill');
  },
);
