// --log-file: what both threads of the cockpit and the commands write, and that a log that fails stops nothing.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { launcher } from '../support/drill.ts';
import { nowhere, TerminalUnderTest } from '../support/terminal.ts';

let home = '';
let file = '';
let terminal: TerminalUnderTest | undefined;

beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'bentham-logged-'));
  file = path.join(home, 'cockpit.jsonl');
});
afterEach(async () => {
  await terminal?.close();
  terminal = undefined;
  rmSync(home, { recursive: true, force: true });
});

type Line = { thread: string; event: string; [field: string]: unknown };
const written = (): Line[] =>
  readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

test('both threads log what happens, and neither logs typed text', async () => {
  const environment = { ...nowhere(home), PGPASSWORD: 'swordfish-4711', BENTHAM_LOG_FILE: file };
  terminal = new TerminalUnderTest({ args: ['--log-level', 'debug'], environment });
  await terminal.shows('1 HEALTH');
  await terminal.shows(/● primary +(connection )?refused/);
  terminal.press(':').type('xylophone');
  await terminal.shows('xylophone');
  terminal.resize(100, 30);
  terminal.press('esc', 'R');
  await terminal.settles();
  terminal.press('q');
  expect(await terminal.ends()).toMatchObject({ code: 0 });

  const lines = written();
  const has = (line: Partial<Line>) => expect(lines).toContainEqual(expect.objectContaining(line));
  has({ event: 'start', thread: 'command', command: 'cockpit', flags: ['--log-level'] });
  const given = expect.objectContaining({ 'database.primary.host': 'env PGHOST', 'log.file': 'env BENTHAM_LOG_FILE' });
  has({ event: 'configuration', profile: 'production', given });
  has({ event: 'start', thread: 'engine' });
  const fault = expect.objectContaining({ code: 'ECONNREFUSED' });
  has({ event: 'source', thread: 'engine', level: 'warn', source: 'postgres primary', state: 'lost', fault });
  has({ event: 'terminal', thread: 'main', columns: 100, rows: 30 });
  has({ event: 'exit', thread: 'main', code: 0 });
  const text = readFileSync(file, 'utf8');
  expect(text).not.toContain('xylophone');
  expect(text).not.toContain('swordfish');
});

function status(...more: string[]) {
  const env = { PATH: process.env.PATH, ...nowhere(home) };
  return spawnSync(process.execPath, [launcher, 'status', '--line', ...more], { encoding: 'utf8', env });
}

test('a command writes its sources and its exit code', () => {
  const done = status('--log-file', file);
  const lines = written();
  expect(lines[0]).toMatchObject({ event: 'start', command: 'status', flags: ['--log-file', '--line'] });
  expect(lines.filter((line) => line.event === 'source').length).toBeGreaterThan(5);
  expect(lines.at(-1)).toMatchObject({ event: 'exit', thread: 'command', code: done.status });
});

test('a log that cannot be written is reported, and the command continues', () => {
  spawnSync('mkfifo', [file]);
  const done = status('--log-file', file);
  expect(done.stderr).toContain(`cannot write the debug log: ${file} is not a file: move it away`);
  expect([done.status, done.stdout]).toEqual([2, expect.stringContaining('connection refused')]);
});
