// What reaches a program of the checkout: words that no shell minds, and an environment without secrets. The program here
// does with its arguments what pnpm 6 to 8 do: it puts them into `sh -c` in the quotes of JSON.
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { rotatedName } from '../../src/actions/keys/rotate-api-key.ts';
import { adminCall } from '../../src/actions/plan.ts';
import type { ActionContext } from '../../src/core/actions/preflight.ts';
import { isPlain } from '../../src/core/text/shell.ts';
import { redact } from '../../src/core/text/text.ts';
import type { World } from '../../src/core/world/world.ts';
import { childEnvironment, foreignEnvironment } from '../../src/data/tools/environment.ts';
import { executeCommand } from '../../src/data/tools/execute.ts';
import { outputOf } from '../../src/data/tools/preflight.ts';
import { actionContextOf } from '../../src/engine/action-context.ts';
import { checklists } from '../../src/runbook/checklists.ts';
import { good } from '../support/configuration.ts';
import { hostileTexts } from '../support/hostile-arguments.ts';
import { live, world } from '../support/world.ts';
import { pod } from '../support/worlds.ts';

let directory = '';
let context: ActionContext;

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'bentham-arguments-'));
  const oldPnpm = `#!${process.execPath}
const { spawnSync } = require('node:child_process');
const line = 'printf "%s\\n" ' + process.argv.slice(2).map((one) => JSON.stringify(one)).join(' ');
spawnSync('/bin/sh', ['-c', line], { stdio: 'inherit' });
`;
  await writeFile(path.join(directory, 'pnpm'), oldPnpm, { mode: 0o755 });
  const env = { BENTHAM_ADMIN_DIRECTORY: directory, BENTHAM_ADMIN_COMMAND: path.join(directory, 'pnpm') };
  context = actionContextOf((await good({ env })).settings);
});
afterAll(() => rm(directory, { recursive: true, force: true }));
afterEach(() => vi.unstubAllEnvs());

async function performed(surface: string): Promise<readonly string[] | undefined> {
  const made = adminCall(context, 'admin:surface', 'disable', { surface });
  if (!made.ok) return undefined;
  const told: string[] = [];
  const tell = (lines: readonly string[]) => void told.push(...lines);
  await executeCommand(made.call, { tell, signal: new AbortController().signal });
  return told;
}

describe('an argument of an admin command', () => {
  test.each(hostileTexts)('is refused before the plan if a shell could interpret it: %j', async (surface) => {
    expect(adminCall(context, 'admin:surface', 'disable', { surface })).toMatchObject({ ok: false });
    expect(await performed(surface)).toBeUndefined();
    expect(existsSync(path.join(directory, 'pwned'))).toBe(false);
  });

  test('is refused with the allowed characters and the command to run by hand', () => {
    const made = adminCall(context, 'admin:apikey', 'create', '--name', { name: 'x$(id)' });
    if (made.ok) throw new Error('not refused');
    expect(made.why).toBe(
      `the name 'x$(id)' contains characters that a shell or a command could read as code or as an option`,
    );
    expect(made.hint).toContain('Allowed: letters, digits, _ and, not as the first one, . : / @ , + -.');
    expect(made.hint).toContain(`cd ${directory} && ${directory}/pnpm admin:apikey create --name 'x$(id)'`);
  });

  test('that looks like an option gets no command to run by hand: quotes would not help', () => {
    const made = adminCall(context, 'admin:surface', 'disable', { surface: '--all' });
    expect(made).toMatchObject({ ok: false, hint: expect.stringContaining('Rename it first') });
    expect(made).not.toMatchObject({ hint: expect.stringContaining('admin:surface') });
  });

  test('that is plain arrives unchanged, even through a shell that reads it twice', async () => {
    // What looks like a login is not shown of an answer: `user:password@host`.
    const plain = fc.string({ unit: 'binary', maxLength: 12 }).filter((text) => isPlain(text) && redact(text) === text);
    const samples = ['openai-api', 'a@b:c/d.e,f+g-h_1', '9', ...fc.sample(plain, 5)];
    for (const surface of samples) expect(await performed(surface)).toEqual(['admin:surface', 'disable', surface]);
  });

  test('may be the runbook’s * only as the permissions of a key', () => {
    expect(adminCall(context, { permissions: '*' })).toMatchObject({ ok: true });
    expect(adminCall(context, { permissions: '*/x' })).toMatchObject({ ok: false });
    expect(adminCall(context, { tenant: '*' })).toMatchObject({ ok: false });
  });

  test('that names a rotated key has plain characters, whatever the old name was', () => {
    expect(rotatedName('Production Key')).toBe('Production-Key-rotated');
    expect(rotatedName('Production-Key-rotated')).toBe('Production-Key-rotated');
    expect(rotatedName('$(id)')).toBe('id-rotated');
    expect(rotatedName('ключ')).toBe('key-rotated');
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (name) => isPlain(rotatedName(name))));
  });
});

describe('a command to run by hand', () => {
  const surface = (id: string): World => {
    const one = { id, failures: 9, finished: 10, affectedStudies: 1 };
    const pods = [pod('api-gateway', id, { name: id, ready: false, reason: 'CrashLoopBackOff' })];
    return world({
      readings: { surfaces: live<'surfaces'>({ surfaces: [one], estimated: false }), pods: live<'pods'>(pods) },
    });
  };
  const typed = (about: World) =>
    checklists.flatMap(({ steps }) => steps.flatMap((step) => step.byHand?.(context.targets, about) ?? []));

  test('names the surface that fails and the pod in trouble', () => {
    const all = typed(surface('acme-api'));
    expect(all).toContain(`${context.targets.admin} admin:surface disable acme-api`);
    expect(all).toContain('kubectl describe pod acme-api -n bentham-prod');
    expect(all.find((one) => one.includes('| grep "acme-api"'))).toBeDefined();
  });

  test.each(['x$(touch pwned)', '`touch pwned`', 'x; touch pwned', '-rf', '<x>', 'a"b$(touch pwned)', 'a b'])(
    'contains no name that a shell could read as code: %s',
    (name) => {
      const all = typed(surface(name));
      // A package manager would hand it to a shell once more, whatever its quotes.
      expect(all).toContain(`${context.targets.admin} admin:surface disable <surface>`);
      expect(all).toContain('kubectl describe pod <pod-name> -n bentham-prod');
      expect(all.find((one) => one.includes('| grep "'))).toMatch(/\| grep "[\w.][\w.-]*"$/);
    },
  );
});

const secrets = {
  PGPASSWORD: 's1',
  REDIS_URL: 's2',
  DATABASE_URL: 's3',
  ADMIN_API_KEY: 's4',
  BENTHAM_CHANNELS_SLACK_OPS_WEBHOOK: 's5',
  AWS_SECRET_ACCESS_KEY: 's6',
  GITHUB_TOKEN: 's7',
  NPM_TOKEN: 's8',
  KUBECTL_EXTERNAL_DIFF: 'touch pwned',
  NODE_OPTIONS: '--require=./x',
  LD_PRELOAD: './x.so',
  BASH_ENV: './x',
  PAGER: 'touch pwned',
  EDITOR: 'touch pwned',
};

describe('the environment of a program', () => {
  /** The variables a program finds, of those above. */
  async function found(inherits?: readonly string[]): Promise<readonly string[]> {
    for (const [name, value] of Object.entries(secrets)) vi.stubEnv(name, value);
    const file = path.join(directory, 'environment');
    const argv = ['/bin/sh', '-c', `env > '${file}'`] as const;
    const more = inherits ? { inherits } : {};
    const means = { tell: () => {}, signal: new AbortController().signal };
    await executeCommand({ tool: 'command', argv, within: 60_000, ...more }, means);
    const names = (await readFile(file, 'utf8')).split('\n').map((line) => line.split('=')[0] ?? '');
    const looked = await outputOf(['/usr/bin/env'], more, means.signal);
    const seen = looked.ok ? looked.value.lines.map((line) => line.split('=')[0] ?? '') : [];
    const ofOurs = (all: readonly string[]) => Object.keys(secrets).filter((name) => all.includes(name));
    expect(names).toContain('PATH');
    expect(ofOurs(seen)).toEqual(ofOurs(names));
    return ofOurs(names);
  }

  test('contains no secret, hook or program choice that it does not need', async () => {
    expect(await found()).toEqual([]);
  });

  test('of an admin command contains what admin.environment names, and nothing else', async () => {
    const made = adminCall(context, 'admin:sessions', 'refresh', '--all');
    if (!made.ok) throw new Error(made.why);
    expect(await found(made.call.inherits)).toEqual(['REDIS_URL', 'DATABASE_URL']);
  });

  test('has locale, terminal and proxies', () => {
    const from = {
      LANG: 'C',
      LC_ALL: 'C',
      TERM: 'xterm',
      TMPDIR: '/t',
      https_proxy: 'p',
      NO_PROXY: 'n',
      X: 'x',
      U: undefined,
    };
    expect(Object.keys(childEnvironment(from))).toEqual([
      'LANG',
      'LC_ALL',
      'TERM',
      'TMPDIR',
      'https_proxy',
      'NO_PROXY',
    ]);
    expect(childEnvironment({ AWS_PROFILE: 'a', AWSX: 'b', PGHOST: 'c' }, ['AWS_*'])).toEqual({ AWS_PROFILE: 'a' });
  });

  test('of a credential plugin is the user’s, without the cockpit’s secrets', () => {
    const names = Object.keys(foreignEnvironment({ ...secrets, VAULT_TOKEN: 'its own', HOME: '/h' }));
    expect(names).toEqual(expect.arrayContaining(['AWS_SECRET_ACCESS_KEY', 'VAULT_TOKEN', 'HOME']));
    for (const name of [
      'PGPASSWORD',
      'REDIS_URL',
      'DATABASE_URL',
      'ADMIN_API_KEY',
      'BENTHAM_CHANNELS_SLACK_OPS_WEBHOOK',
    ])
      expect(names).not.toContain(name);
  });
});
