// `run` on a terminal asks for the flags that are missing, with what there is to choose; without one it is wrong usage.
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Drill } from '../../simulator/drill.ts';
import type { Environment } from '../support/acting.ts';
import { drillOf, launcher } from '../support/drill.ts';
import { type TerminalOptions, TerminalUnderTest } from '../support/terminal.ts';

let drill: Drill;
let environment: Environment;
let terminals: TerminalUnderTest[] = [];

beforeAll(async () => {
  drill = await drillOf('calm');
  environment = { PATH: process.env.PATH ?? '', HOME: '/nonexistent', ...drill.environment };
});
afterAll(() => drill?.stop());
afterEach(async () => {
  for (const one of terminals) await one.close();
  terminals = [];
});

function open(options: TerminalOptions): TerminalUnderTest {
  const opened = new TerminalUnderTest({ environment, columns: 110, rows: 45, ...options });
  terminals.push(opened);
  return opened;
}

const terminal = (...args: string[]) => open({ args: ['run', ...args] });

test('run asks for each missing value, tab completes it, and the action runs', async () => {
  const asked = terminal('scale-deployment', '--arm', 'a test');
  await asked.shows('which deployment?');
  expect(asked.text).toMatch(/executor +\d\/\d ready, revision 3/);
  asked.type('exec');
  await asked.shows('which deployment? exec');
  asked.press('tab');
  await asked.shows('which deployment? executor');
  asked.press('enter');
  await asked.shows('how many replicas?');
  // Nothing is no answer.
  asked.press('enter');
  asked.type('7');
  await asked.shows('how many replicas? 7');
  asked.press('enter');
  await asked.shows('scale? [y/N]');
  expect(asked.text).toContain('kubectl scale deployment/executor --replicas=7');
  asked.type('y');
  await asked.shows('scale? [y/N] y');
  asked.press('enter');
  await asked.shows('✓ verified', 30_000);
  expect((await asked.ends()).code).toBe(0);
});

test('enter alone confirms nothing: the default is no', async () => {
  const asked = terminal('scale-deployment', '--deployment', 'executor', '--replicas', '8', '--arm', 'a test');
  await asked.shows('scale? [y/N]');
  asked.press('enter');
  await asked.shows('cancelled: nothing was done');
  expect((await asked.ends()).code).toBe(4);
});

const scaling = ['scale-deployment', '--deployment', 'executor', '--replicas', '9', '--arm', 'a test'];

test('an answer typed before the plan was seen confirms nothing', async () => {
  const asked = terminal(...scaling);
  asked.type('y');
  await asked.shows('scale? [y/N]');
  asked.press('enter');
  await asked.shows('cancelled: nothing was done');
  expect((await asked.ends()).code).toBe(4);
});

test.each(['--json', '>/dev/null'])('who is asked sees the plan first, also with %s', async (way) => {
  const command = `exec '${process.execPath}' '${launcher}' run ${scaling.join(' ').replace('a test', "'a test'")} ${way}`;
  const asked = open({ program: '/bin/sh', args: ['-c', command] });
  await asked.shows('scale? [y/N]');
  expect(asked.text).toContain('kubectl scale deployment/executor --replicas=9');
  asked.press('enter');
  expect((await asked.ends()).code).toBe(4);
});

test('a question that nobody can see is not asked', async () => {
  const command = `exec '${process.execPath}' '${launcher}' run ${scaling.slice(0, -1).join(' ')} test 2>/dev/null`;
  const asked = open({ program: '/bin/sh', args: ['-c', command] });
  await asked.shows('no terminal to confirm on: use --yes');
  expect((await asked.ends()).code).toBe(4);
});

test('SIGTERM ends a question, and nothing is done', async () => {
  const asked = terminal(...scaling);
  await asked.shows('scale? [y/N]');
  asked.signal('SIGTERM');
  await asked.shows('cancelled: nothing was done');
  expect((await asked.ends()).code).toBe(4);
});

test('live values are offered: the keys in the table', async () => {
  const asked = terminal('revoke-api-key');
  await asked.shows('which key?');
  expect(asked.text).toMatch(/key-\w+ +“.+” of tenant-/);
  asked.press('ctrl-c');
  await asked.shows('cancelled; nothing was changed');
  expect((await asked.ends()).code).toBe(4);
});

/** `run` without a terminal. */
function piped(...args: readonly string[]): Promise<{ code: number; text: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [launcher, 'run', ...args], { env: environment }, (e, out, err) =>
      resolve({ code: e ? Number(e.code) : 0, text: out + err }),
    );
    child.stdin?.end();
  });
}

test('without a terminal a missing flag is wrong usage', async () => {
  const done = await piped('scale-deployment');
  expect(done.code).toBe(64);
  expect(done.text).toContain('scale-deployment needs --deployment: which deployment?');
});

test.each([
  ['scale', 'unknown action scale. Did you mean scale-deployment?'],
  ['surface', 'unknown action surface. Did you mean disable-surface or enable-surface or test-surface?'],
  ['retry-job', 'unknown action retry-job. Did you mean retry-jobs?'],
  ['frobnicate', 'unknown action frobnicate; see `run --list`'],
])('an unknown action (%s) is wrong usage, with a suggestion', async (action, says) => {
  const done = await piped(action);
  expect(done.code).toBe(64);
  expect(done.text).toContain(says);
});

describe('on an account that several people use', () => {
  const home = mkdtempSync(path.join(tmpdir(), 'bentham-run-person-'));
  afterAll(() => rmSync(home, { recursive: true, force: true }));
  // Outside a drill, which asks nothing that is not part of it.
  const shared = () => {
    const { BENTHAM_DRILL: _, ...rest } = environment;
    return { ...rest, BENTHAM_JOURNAL_DIRECTORY: path.join(home, 'journal') };
  };
  const scale = (replicas: number) => ['scale-deployment', '--deployment', 'executor', '--replicas', String(replicas)];
  const run = (args: readonly string[], more: Environment = {}) =>
    promisify(execFile)(process.execPath, [launcher, 'run', ...args, '--arm', 'a test'], {
      env: { ...shared(), ...more },
    });
  /** The whole journal. */
  const recorded = () =>
    readdirSync(path.join(home, 'journal'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.jsonl'))
      .map((name) => readFileSync(path.join(home, 'journal', name), 'utf8'))
      .join('');

  test('run takes the name from --as or BENTHAM_PERSON, asks for it on a terminal, and else tells who is recorded', async () => {
    await run([...scale(8), '--yes', '--as', 'ana']);
    await run([...scale(9), '--yes'], { BENTHAM_PERSON: 'ben' });
    const unasked = await run([...scale(8), '--yes']);
    expect(unasked.stderr).toContain('is a shared account and stands in the record: give your name with --as NAME');
    const asked = open({ args: ['run', ...scale(7), '--arm', 'a test'], environment: shared() });
    await asked.shows('is a shared account: your name for the record?');
    asked.type('cockpit').press('enter');
    await asked.shows('the name of what the program does itself');
    asked.press('enter');
    asked.type('eve').press('enter');
    await asked.shows('scale? [y/N]');
    asked.type('y');
    await asked.shows('scale? [y/N] y');
    asked.press('enter');
    await asked.shows('✓ verified', 30_000);
    expect((await asked.ends()).code).toBe(0);
    const names = recorded();
    for (const name of ['ana', 'ben', 'eve', userInfo().username]) expect(names).toContain(`"${name}"`);
  });

  test('no name is given: nothing is done, and nothing is recorded', async () => {
    const before = recorded();
    const asked = open({ args: ['run', ...scale(5), '--arm', 'a test'], environment: shared() });
    await asked.shows('your name for the record?');
    asked.press('ctrl-d');
    await asked.shows('cancelled; nothing was changed');
    expect((await asked.ends()).code).toBe(4);
    expect(recorded()).toBe(before);
  });
});
