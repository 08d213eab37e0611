// Own commands in the drill, from the command line and on the screen: the examples of docs/own-commands.md.
import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Drill } from '../../simulator/drill.ts';
import { drillOf, launcher } from '../support/drill.ts';
import { TerminalUnderTest } from '../support/terminal.ts';

let drill: Drill;
let directory = '';
let file = '';
let environment: Record<string, string>;
const examples = /```yaml\n([\s\S]*?)```/.exec(readFileSync('docs/own-commands.md', 'utf8'))?.[1] ?? '';

beforeAll(async () => {
  drill = await drillOf('calm');
  directory = mkdtempSync(path.join(tmpdir(), 'bentham-own-'));
  file = path.join(directory, 'commands.yaml');
  writeFileSync(file, examples, { mode: 0o600 });
  environment = { PATH: process.env.PATH ?? '', HOME: directory, ...drill.environment, BENTHAM_COMMANDS_FILE: file };
});
afterAll(async () => {
  await drill?.stop();
  rmSync(directory, { recursive: true, force: true });
});

function cockpit(...args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [launcher, ...args], { env: environment }, (error, out, err) =>
      resolve({ code: error ? Number(error.code) : 0, out, err }),
    ).stdin?.end();
  });
}

type Entry = { action: string; phase: string; target: string; calls?: string[]; detail?: string };

/** The entries of an action in the journal, in their order. */
function journalOf(action: string): readonly Entry[] {
  const place = environment.BENTHAM_JOURNAL_DIRECTORY ?? '';
  const files = readdirSync(place, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.jsonl'));
  return files
    .flatMap((name) => readFileSync(path.join(place, name), 'utf8').split('\n'))
    .filter((text) => text.includes(`"${action}"`))
    .map((text) => (JSON.parse(text) as { event: Entry }).event);
}

async function aPod(): Promise<string> {
  const { out } = await cockpit('pods');
  return /^api-gateway-\S+/m.exec(out)?.[0] ?? '';
}

const armed = ['--yes', '--arm', 'a test'];

describe('from the command line', () => {
  test('the examples are listed, explained and checked', async () => {
    expect((await cockpit('config', 'check')).out).toContain(`${file}: 3 own commands, no errors`);
    const list = await cockpit('run', '--list');
    for (const name of ['pod-events', 'quarantine-pod', 'gateway-settled']) expect(list.out).toContain(name);
    expect((await cockpit('run', 'quarantine-pod', '--help')).out).toContain('--pod <value>');
    for (const asks of [
      ['run', '--help'],
      ['run', '-h'],
      ['help', 'run'],
      ['run', '--as', 'ana', '--help'],
    ]) {
      const help = await cockpit(...asks);
      expect(help).toMatchObject({ code: 0, err: '' });
      const [, own = ''] = help.out.split('Your own commands:');
      for (const name of ['pod-events', 'quarantine-pod', 'gateway-settled']) expect(own).toContain(`${name}|`);
      expect(own).toMatch(/quarantine-pod.* Quarantine a pod \(data\)/);
    }
    expect((await cockpit('run', 'quarantine-pd')).err).toContain('Did you mean quarantine-pod?');
  });

  test('one runs, is verified by its command and recorded with exit code and output', async () => {
    const pod = await aPod();
    const { code, out } = await cockpit('run', 'quarantine-pod', '--pod', pod, ...armed);
    expect(out).toContain(`$ kubectl get pod ${pod}`);
    expect(out).toContain('▲ The service stops routing requests to this pod.');
    expect(out).toContain('✓ verified: kubectl succeeded');
    expect(code).toBe(0);
    const entries = journalOf('own-quarantine-pod');
    expect(entries.map(({ phase }) => phase)).toEqual(['confirmed', 'started', 'finished', 'verified']);
    expect(entries[0]).toMatchObject({
      target: `pod/${pod}`,
      calls: [expect.stringContaining(`kubectl label pod ${pod}`)],
    });
    expect(entries[2]?.detail).toBe(`exit code 0; pod/${pod} labeled`);
  });

  test('one that is verified by a check of health waits for readings after its end', async () => {
    const { code, out } = await cockpit('run', 'gateway-settled', ...armed);
    expect(out).toMatch(/✓ verified: gateway: 200 healthy/);
    expect(code).toBe(0);
  });

  test('a failure is told with its exit code; a check that never holds leaves it unverified', async () => {
    const failed = await cockpit('run', 'quarantine-pod', '--pod', 'no-such-pod', ...armed);
    expect(failed.out).toContain('kubectl failed with exit code 1');
    expect(failed.code).toBe(2);
    const never = examples.replace('check: gateway, withinSeconds: 60', 'check: pods/no-such, withinSeconds: 1');
    writeFileSync(file, never);
    const { code, out } = await cockpit('run', 'gateway-settled', ...armed);
    writeFileSync(file, examples);
    expect(out).toContain('there is no finding pods/no-such');
    expect(code).toBe(1);
  });

  test('production has to be armed', async () => {
    const { code, err } = await cockpit('run', 'gateway-settled', '--yes');
    expect(err).toContain('read-only');
    expect(code).toBe(4);
  });

  test('a mistake, a taken key and a file that others can write are named by config check', async () => {
    writeFileSync(file, examples.replace('key: "%"', 'key: a').replace('risk: data', 'risk: high'));
    const wrong = await cockpit('config', 'check');
    expect(wrong.err).toMatch(/commands\.yaml:\d+: commands\[2\]\.risk = high: one of reversible, data, irreversible/);
    expect(wrong.code).toBe(64);
    writeFileSync(file, examples.replace('key: "%"', 'key: a'));
    const taken = await cockpit('config', 'check');
    expect(taken.err).toMatch(/pod-events\.key = a: is "act" on the screen \w+; free: /);
    writeFileSync(file, examples);
    chmodSync(file, 0o666);
    const open = await cockpit('config', 'check');
    const help = await cockpit('run', '--help');
    const run = await cockpit('run', 'quarantine-pod', '--pod', 'x', ...armed);
    chmodSync(file, 0o600);
    expect(open.err).toContain('can be written by others: chmod go-w');
    expect(run.err).toContain('can be written by others');
    expect(help.err).toMatch(/own commands are off: .*can be written by others/);
    expect(help).toMatchObject({ code: 0, out: expect.stringContaining('restart-deployment') });
    expect(help.out).not.toContain('gateway-settled');
    const broken = await cockpit('run', '--profile', 'no-such-profile', '--help');
    expect(broken).toMatchObject({ code: 0, out: expect.stringContaining('restart-deployment') });
    expect(broken.err).toContain('config check');
    expect(run.code).toBe(64);
  });
});

test('on the screen a key plans it for the marked pod; typed and confirmed it runs and is verified', async () => {
  const terminal = new TerminalUnderTest({ environment, columns: 120, rows: 40 });
  try {
    await terminal.shows('PODS');
    await terminal.shows('api-gateway');
    terminal.press('2');
    terminal.press('enter');
    await terminal.shows('^ quarantine-pod');
    await terminal.settles();
    terminal.press('^');
    await terminal.shows('arm PRODUCTION');
    await terminal.settles();
    terminal.press('a');
    await terminal.shows('reason (recorded in the journal)');
    terminal.type('a test');
    await terminal.settles();
    terminal.press('enter');
    await terminal.shows('to confirm:');
    const pod = /type (api-gateway-\S+) to confirm/.exec(terminal.text)?.[1] ?? '';
    await terminal.settles();
    terminal.type(pod);
    await terminal.settles();
    terminal.press('enter');
    await terminal.shows('✓ verified');
    await terminal.shows(`pod/${pod} condition met`);
  } finally {
    await terminal.close();
  }
});
