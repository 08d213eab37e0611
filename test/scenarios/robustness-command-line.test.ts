// Names are text and nothing more: whatever a file, a variable, an argument or a kubeconfig calls its things, no command
// passes a control character on to the terminal, and no error repeats a secret that was typed.
import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launcher } from '../support/drill.ts';

/** Sets the title, clears, colours, writes the clipboard; 8-bit controls, bidi, zero-width, backspaces, a carriage return. */
const evil =
  'x\u001b]0;OWNED\u0007\u001b[2J\u001b[31m\u001b]52;c;T1dORUQ=\u0007\u009b31m\u202e\u200b\u2066\u0008\r\u001b(0y';
const hostile = /[^\P{Cc}\n\t]|[\p{Default_Ignorable_Code_Point}\p{Bidi_Control}]/u;

let home = '';
beforeAll(() => {
  home = mkdtempSync(path.join(tmpdir(), 'bentham-line-'));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

type Ended = { code: unknown; stdout: string; stderr: string };

function run(args: readonly string[], environment: Record<string, string> = {}): Promise<Ended> {
  const env = { PATH: process.env.PATH ?? '', HOME: home, XDG_STATE_HOME: path.join(home, 'state'), ...environment };
  return new Promise((resolve) => {
    execFile(process.execPath, [launcher, ...args], { env, cwd: home, timeout: 60_000 }, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? error?.signal ?? 0, stdout, stderr }),
    );
  });
}

async function tame(args: readonly string[], environment: Record<string, string> = {}): Promise<Ended> {
  const ended = await run(args, environment);
  const said = ended.stdout + ended.stderr;
  expect(said).not.toBe('');
  expect(hostile.exec(said)?.[0], JSON.stringify(said.slice(0, 400))).toBe(undefined);
  return ended;
}

const quoted = JSON.stringify(evil);

describe('in a configuration file:', () => {
  test.each([
    ['an option', `${quoted}: 1`],
    ['an option of a section', `kubernetes: { ${quoted}: 1 }`],
    ['a value', `kubernetes: { namespace: ${quoted}, deployments: ${quoted} }`],
    ['a profile', `profiles: { ${quoted}: { extends: staging } }`],
    ['an option of a profile', `profiles: { eu: { ${quoted}: 1, extends: ${quoted} } }`],
    ['an alias', `kubernetes: *${'x\u009b31m\u202e'}`],
    ['a key that stands twice', `${quoted}: 1\n${quoted}: 2`],
    ['text that is no YAML', `a: "${evil}\n`],
  ])('%s', async (_, yaml) => {
    const file = path.join(home, 'c.yaml');
    writeFileSync(file, yaml);
    expect((await tame(['config', 'check', '--config', file])).code).toBe(yaml.includes('deployments') ? 64 : 64);
  });

  test('valid values, as text and as JSON', async () => {
    const file = path.join(home, 'right.yaml');
    writeFileSync(
      file,
      `admin: { command: [${quoted}] }\ncontacts: [{ role: ${quoted}, contact: ${quoted}, escalation: a }]\njournal: { name: ${quoted} }\nenvironment: { name: ${quoted} }\n`,
    );
    expect((await tame(['config', '--config', file])).code).toBe(0);
    expect(JSON.parse((await tame(['config', '--json', '--config', file])).stdout)).toMatchObject({ version: 1 });
  });

  test('its name, and that of its directory', async () => {
    const directory = path.join(home, `d-${evil}`);
    mkdirSync(directory);
    const file = path.join(directory, `f-${evil}.yaml`);
    writeFileSync(file, 'kubernetes: { namespace: eu }\nnonsense: 1\n', { mode: 0o644 });
    await tame(['config', 'check', '--config', file]);
    await tame(['config', 'check', '--config', `${file}-absent`]);
    writeFileSync(file, 'redis: { password: a }\n', { mode: 0o644 });
    await tame(['config', '--config', file]);
  });
});

describe('in an argument:', () => {
  test.each([
    ['an option that does not exist', [`--${evil}`]],
    ['a command that does not exist', [evil]],
    ['an argument too many', ['config', 'check', evil]],
    ['a choice that does not exist', ['completion', evil]],
    ['a scenario', ['drill', evil, '--serve']],
    ['an action', ['run', evil]],
    ['a value of --set', ['config', '--set', evil]],
    ['an option of --set', ['config', '--set', `${evil}=1`]],
    ['a profile', ['config', '--profile', evil]],
    ['a context', ['doctor', '--context', evil, '--kubeconfig', evil]],
    ['a file', ['config', '--config', evil]],
    ['a namespace', ['config', '--namespace', evil]],
    ['a duration', ['logs', '--since', evil]],
    ['a filter', ['logs', '--level', evil, '--filter', `/(${evil}/`]],
    ['an incident', ['incident', 'show', evil]],
  ])('%s', async (_, args) => {
    await tame(args, { KUBECONFIG: path.join(home, 'absent') });
  });

  test('a typed secret is not repeated', async () => {
    for (const args of [['--password=hunter2xyz'], ['config', '--pass', 'hunter2xyz', '--token=hunter2xyz']]) {
      const { code, stdout, stderr } = await run(args);
      expect(code).toBe(64);
      expect(stdout + stderr).not.toContain('hunter');
    }
  });
});

describe('in the environment:', () => {
  test.each([
    ['a name', { [`BENTHAM_GATEWAY_UR${'\u009b31m'}`]: '1' }],
    ['a number', { PGPORT: evil }],
    ['a URL', { REDIS_URL: evil, BENTHAM_GATEWAY_URL: evil }],
    ['a service', { PGSERVICE: evil }],
    ['a file', { PGPASSFILE: evil, PGSERVICEFILE: evil, PGSERVICE: 'a', BENTHAM_CONFIG: evil }],
    ['a connection string', { DATABASE_URL: `host=${evil} ${evil}=1` }],
    ['a place of the state', { XDG_STATE_HOME: `/tmp/${evil}`, XDG_CONFIG_HOME: `/tmp/${evil}` }],
  ])('%s', async (_, environment) => {
    await tame(['config', 'check'], environment as unknown as Record<string, string>);
  });
});

test('in a kubeconfig: contexts, clusters, users, a server and a plugin', async () => {
  const file = path.join(home, 'kubeconfig');
  const user = { name: evil, user: { exec: { apiVersion: 'v1', command: evil, installHint: evil } } };
  const base = { clusters: [{ name: evil, cluster: { server: 'https://127.0.0.1:1' } }], users: [user] };
  const nowhere = {
    KUBECONFIG: file,
    PGHOST: '127.0.0.1',
    PGPORT: '1',
    REDIS_URL: 'redis://127.0.0.1:1',
    BENTHAM_GATEWAY_URL: 'http://127.0.0.1:1',
    AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'a',
    AWS_SECRET_ACCESS_KEY: 'b',
    BENTHAM_DATABASE_REPLICA_HOST: '127.0.0.1',
    BENTHAM_DATABASE_REPLICA_PORT: '1',
  };
  for (const context of [evil, 'absent']) {
    writeFileSync(
      file,
      JSON.stringify({
        ...base,
        'current-context': context,
        contexts: [{ name: evil, context: { cluster: evil, user: evil } }],
      }),
      { mode: 0o600 },
    );
    await tame(['status', '--timeout', '3', '--all'], nowhere);
    await tame(['status', '--timeout', '3', '--json'], nowhere);
    await tame(['doctor'], nowhere);
  }
});

test('a pipe without a writer as --config, KUBECONFIG and PGPASSFILE is refused at once', async () => {
  const pipe = path.join(home, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const config = await tame(['config', 'check', '--config', pipe]);
  expect(config).toMatchObject({ code: 64, stderr: expect.stringContaining(`${pipe}: is an empty pipe`) });
  expect((await tame(['config'], { PGPASSFILE: pipe, KUBECONFIG: pipe })).code).toBe(0);
});
