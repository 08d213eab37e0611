// Own commands as they run: hostile names in every placeholder reach no program, and a file that others can write is not
// read.

import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { ownActions } from '../../src/actions/own.ts';
import { loadOwnCommands } from '../../src/config/own-commands/load.ts';
import type { Action, Target } from '../../src/core/actions/action.ts';
import type { CommandCall } from '../../src/core/actions/call.ts';
import { type OwnCommands, ownWheres } from '../../src/core/actions/own/command.ts';
import { askedFor, placeholdersOf } from '../../src/core/actions/own/placeholders.ts';
import type { Preflight } from '../../src/core/actions/preflight.ts';
import type { World } from '../../src/core/world/world.ts';
import { executeCommand } from '../../src/data/tools/execute.ts';
import { outputOf } from '../../src/data/tools/preflight.ts';
import { actionContextOf } from '../../src/engine/action-context.ts';
import { good } from '../support/configuration.ts';
import { hostileTexts } from '../support/hostile-arguments.ts';
import { calm, empty, outage } from '../support/worlds.ts';

let directory = '';
let file = '';
let context: Preflight['context'];

beforeAll(async () => {
  const env = { BENTHAM_KUBERNETES_CONTEXT: 'admin@prod' };
  context = actionContextOf((await good({ env })).settings);
});
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'bentham-own-'));
  file = path.join(directory, 'commands.yaml');
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(directory, { recursive: true, force: true });
});
afterAll(() => vi.restoreAllMocks());

const load = (named = file): Promise<OwnCommands> =>
  loadOwnCommands({
    settings: { commands: { file: named } },
    config: '/nowhere/config.yaml',
    home: '/root',
    taken: () => false,
  });

/** A program that says how it was called. */
function echoing(): string {
  const program = path.join(directory, 'echoing');
  writeFileSync(
    program,
    `#!${process.execPath}\nconsole.log(JSON.stringify({ argv: process.argv.slice(2), env: process.env }));\n`,
    { mode: 0o755 },
  );
  return program;
}

async function actionOf(yaml: string): Promise<Action> {
  writeFileSync(file, `commands:\n  - ${yaml.trim().replaceAll('\n', '\n    ')}\n`, { mode: 0o600 });
  const own = await load();
  expect(own.problems).toEqual([]);
  const [action] = ownActions(own);
  if (!action) throw new Error('no command');
  return action;
}

const signal = new AbortController().signal;

const preflight = (): Preflight =>
  ({
    context,
    now: () => Date.now(),
    output: (argv, where) => outputOf(argv, where, signal),
  }) as Partial<Preflight> as Preflight;

type Called = { argv: string[]; env: Record<string, string> };

async function run(action: Action, target: Target): Promise<Called | string> {
  const made = await action.plan(target, preflight());
  if (!made.ok) return made.why;
  const told: string[] = [];
  for (const call of made.plan.calls as readonly CommandCall[])
    await executeCommand(call, { tell: (lines) => told.push(...lines), signal });
  return JSON.parse(told.join('')) as Called;
}

describe.each(ownWheres.map((where) => [where]))('an own command, where: %s', (where) => {
  test('gets each of its placeholders as a part of one argument', async () => {
    const names = placeholdersOf(where).map(({ name }) => name);
    const list = names.map((name) => `'{{${name}}}', '--x={{${name}}}'`).join(', ');
    const action = await actionOf(`name: echo\nwhere: ${where}\nrisk: data\ncommand: [${echoing()}, ${list}]`);
    const target = Object.fromEntries(
      action.fields.map(({ name }, at) => [name, name === 'pid' ? '7' : `${name}-${at}`]),
    );
    const called = await run(action, target);
    if (typeof called === 'string') throw new Error(called);
    expect(called.argv).toHaveLength(names.length * 2);
    for (const value of Object.values(target)) expect(called.argv).toContain(`--x=${value}`);
  });

  test('does not start for a hostile name in any of them, in command, look, verify or check', async () => {
    const touched = path.join(directory, 'pwned');
    const program = echoing();
    const names = askedFor({
      ...{ name: 'x', title: 'x', where, risk: 'data', environment: [], within: 1000, from: '' },
      command: ['x', ...placeholdersOf(where).map(({ name }) => `{{${name}}}`)],
    } as const).map(({ name }) => name);
    for (const name of names)
      for (const part of ['command', 'look', 'verify', 'check']) {
        const fixed = part === 'command' ? '' : `\ncommand: [${program}]`;
        const used =
          part === 'check' ? `verify: { check: 'pods/{{${name}}}' }` : `${part}: [${program}, 'a/{{${name}}}']`;
        const action = await actionOf(`name: echo\nwhere: ${where}\nrisk: data${fixed}\n${used}`);
        for (const hostile of hostileTexts) {
          const target = { ...Object.fromEntries(names.map((one) => [one, '7'])), [name]: hostile };
          expect(typeof (await run(action, target)), `${part} ${name} ${JSON.stringify(hostile)}`).toBe('string');
        }
      }
    expect(existsSync(touched)).toBe(false);
  });
});

test('gets no variables but the common ones and those that it names', async () => {
  vi.stubEnv('BENTHAM_GATEWAY_ADMIN_API_KEY', 'secret');
  vi.stubEnv('PGPASSWORD', 'secret');
  vi.stubEnv('MY_COLOUR', 'mine');
  vi.stubEnv('OUR_COLOUR', 'ours');
  const action = await actionOf(
    `name: echo\nwhere: everywhere\nrisk: data\nenvironment: [MY_*]\ncommand: [${echoing()}]`,
  );
  const called = await run(action, {});
  if (typeof called === 'string') throw new Error(called);
  expect(called.env).toMatchObject({ MY_COLOUR: 'mine' });
  const names = Object.keys(called.env);
  for (const name of ['BENTHAM_GATEWAY_ADMIN_API_KEY', 'PGPASSWORD', 'OUR_COLOUR']) expect(names).not.toContain(name);
});

test('shows the output of its look, with its exit code, and heeds it where it may not change', async () => {
  const state = path.join(directory, 'state');
  writeFileSync(state, 'one\n');
  const look = (unchanged: string) =>
    `name: echo\nwhere: everywhere\nrisk: data\ncommand: ["true"]\nlook: { command: [cat, ${state}]${unchanged} }`;
  const plan = async (action: Action) => {
    const made = await action.plan({}, preflight());
    if (!made.ok) throw new Error(made.why);
    return made.plan;
  };
  const [free, pinned] = [await actionOf(look('')), await actionOf(look(', unchanged: true'))];
  const before = [await plan(free), await plan(pinned)];
  expect(before[0]?.impact.join('\n')).toContain('one');
  writeFileSync(state, 'two\n');
  const after = [await plan(free), await plan(pinned)];
  expect(after[0]?.preconditions).toBe(before[0]?.preconditions);
  expect(after[1]?.preconditions).not.toBe(before[1]?.preconditions);
  rmSync(state);
  expect((await plan(free)).impact.join('\n')).toContain('exit code 1');
});

test('is recorded with exit code and the end of its output, redacted', async () => {
  const action = await actionOf(
    `name: echo\nwhere: everywhere\nrisk: data\ncommand: [sh, -c, 'for i in 1 2 3 4 5 6 7; do echo line$i; done; echo password=hunter2hunter2; exit $0', "0"]`,
  );
  const made = await action.plan({}, preflight());
  if (!made.ok) throw new Error(made.why);
  const [call] = made.plan.calls as readonly CommandCall[];
  if (!call) throw new Error('no call');
  const quiet = { tell: () => undefined, signal };
  const done = await executeCommand(call, quiet);
  expect(done).toMatchObject({
    outcome: 'done',
    recorded: expect.stringMatching(/^exit code 0; line4; line5; line6; line7; password=/),
  });
  expect(JSON.stringify(done)).not.toContain('hunter2');
  const [program, ...words] = call.argv;
  const failed = await executeCommand({ ...call, argv: [program, ...words.slice(0, -1), '3'] }, quiet);
  expect(failed).toMatchObject({ outcome: 'failed', says: expect.stringContaining('exit code 3: line4; line5') });
});

test('a check of health passes only by readings from after the command, all of them ok', async () => {
  const action = await actionOf(
    "name: echo\nwhere: deployment\nrisk: data\ncommand: [date]\nverify: { check: 'pods/{{deployment}}' }",
  );
  const verified = (of: World, endedAt: number) =>
    action.verify(
      { run: 'R', target: { deployment: 'api-gateway' }, plan: {}, startedAt: 0, endedAt, output: [] },
      { ...preflight(), world: async () => of },
    );
  // Its readings are a second old.
  expect(await verified(calm, calm.now - 2000)).toMatchObject({ state: 'pass' });
  expect(await verified(calm, calm.now)).toMatchObject({
    state: 'unknown',
    because: 'pods/api-gateway: no answer since the command ended',
  });
  expect(await verified(outage, outage.now - 2000)).toMatchObject({ state: 'unknown' });
  expect(await verified(empty, empty.now - 2000)).toMatchObject({ state: 'unknown' });
});

describe('commands.yaml', () => {
  const yaml = 'commands:\n  - { name: x, where: everywhere, risk: data, command: ["true"] }\n';
  const write = (at = file, mode = 0o600) => {
    writeFileSync(at, yaml);
    chmodSync(at, mode);
  };
  const refusal = async (named = file) => {
    const own = await load(named);
    expect(own.commands).toEqual([]);
    return own.problems.join('\n');
  };

  test('of this user, in directories of this user, is read', async () => {
    write();
    expect(await load()).toMatchObject({ commands: [{ name: 'x' }], problems: [] });
  });

  test.each([
    ['the group', 0o620],
    ['everybody', 0o602],
  ])('is refused if %s can write it', async (_, mode) => {
    write(file, mode);
    expect(await refusal()).toContain(`can be written by others: chmod go-w ${file}`);
  });

  test.each([0o775, 0o757, 0o1777])('is refused in a directory that others can write (%o)', async (mode) => {
    write();
    chmodSync(directory, mode);
    expect(await refusal()).toContain(`stands below ${directory}, which others can write`);
  });

  test('is refused below a directory that others can write, though its own is private', async () => {
    const open = path.join(directory, 'open');
    mkdirSync(path.join(open, 'own'), { recursive: true, mode: 0o700 });
    chmodSync(open, 0o777);
    write(path.join(open, 'own', 'commands.yaml'));
    expect(await refusal(path.join(open, 'own', 'commands.yaml'))).toContain(`stands below ${open}`);
    // Neither behind a link.
    symlinkSync(path.join(open, 'own'), path.join(directory, 'link'));
    expect(await refusal(path.join(directory, 'link', 'commands.yaml'))).toContain(`stands below ${open}`);
  });

  test('is refused as a link, a pipe, a directory, a device, a second name, or longer than it ever is', async () => {
    const other = path.join(directory, 'other');
    write(other);
    symlinkSync(other, file);
    expect(await refusal()).toContain('is a symbolic link');
    rmSync(file);
    linkSync(other, file);
    expect(await refusal()).toContain('has a second hard link');
    rmSync(file);
    expect(spawnSync('mkfifo', [file]).status).toBe(0);
    expect(await refusal()).toContain('is not a plain file');
    rmSync(file);
    mkdirSync(file);
    expect(await refusal()).toContain('is not a plain file');
    expect(await refusal('/dev/zero')).toContain('is not a plain file');
    rmSync(file, { recursive: true });
    writeFileSync(file, `# ${'x'.repeat(70_000)}`, { mode: 0o600 });
    expect(await refusal()).toContain('is longer than');
  });

  test.runIf(process.getuid?.() === 0)('is refused if it, or its directory, belongs to another user', async () => {
    write();
    chownSync(file, 65534, 65534);
    // Root reads it all the same: it would run what another user wrote.
    expect(await refusal()).toContain('belongs to another user');
    chownSync(file, 0, 0);
    chownSync(directory, 65534, 65534);
    expect(await refusal()).toContain('which belongs to another user');
  });

  test('that is named but missing is an error; without a name it need not exist, and a drill reads none', async () => {
    expect(await refusal()).toContain('does not exist');
    const config = path.join(directory, 'config.yaml');
    const unnamed = (drill?: string) =>
      loadOwnCommands({ settings: { commands: {}, drill }, config, home: '/root', taken: () => false });
    expect(await unnamed()).toEqual({ commands: [], problems: [] });
    write();
    expect(await unnamed()).toMatchObject({ commands: [{ name: 'x' }] });
    expect(await unnamed('calm')).toEqual({ commands: [], problems: [] });
    expect(readFileSync(file, 'utf8')).toBe(yaml);
  });
});
