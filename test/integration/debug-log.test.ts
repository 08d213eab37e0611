// The debug log's file: what it holds, what it refuses, and that it stops nothing.
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DebugLog, type DebugLogOptions } from '../../src/disk/debug-log.ts';

let directory = '';
let file = '';
const open: DebugLog[] = [];

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'debug-log-'));
  file = path.join(directory, 'cockpit.jsonl');
});
afterEach(async () => {
  for (const log of open.splice(0)) await log.close();
  rmSync(directory, { recursive: true, force: true });
});

function opened(options: Partial<DebugLogOptions> = {}) {
  const log = new DebugLog();
  open.push(log);
  return { log, why: log.open({ file, level: 'info', thread: 'command', ...options }) };
}

type Written = { level: string; event: string; thread: string; [field: string]: unknown };
const linesOf = (name: string): Written[] =>
  readFileSync(name, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

test('an event is one JSON line with time, level, process, thread and fields', async () => {
  const { log, why } = opened();
  expect(await why).toBeUndefined();
  log.info('source', { fact: 'redis', took: 4, fault: { code: 'ECONNREFUSED' } });
  await log.settle();
  const [line] = linesOf(file);
  expect(line).toMatchObject({ level: 'info', thread: 'command', event: 'source', pid: process.pid });
  expect(line).toMatchObject({ fact: 'redis', took: 4, fault: { code: 'ECONNREFUSED' } });
  expect(Date.parse(String(line?.at))).toBeGreaterThan(0);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('only its level and what is worse is written', async () => {
  const { log, why } = opened({ level: 'warn' });
  await why;
  log.debug('debug');
  log.info('info');
  log.warn('warn');
  log.error('error');
  await log.settle();
  expect(linesOf(file).map((line) => line.event)).toEqual(['warn', 'error']);
  expect([log.writes('info'), log.writes('warn')]).toEqual([false, true]);
});

test('a log that was not opened writes nothing', async () => {
  const log = new DebugLog();
  log.error('nowhere', { at: 1 });
  await log.settle();
  expect(log.writes('error')).toBe(false);
});

test('secrets are redacted, control characters removed, and an error has its stack', async () => {
  const { log, why } = opened();
  await why;
  const error = new Error('\u001b[31mconnect postgres://ops:hunter2@db:5432 failed');
  log.error('bug', { error, list: ['password=hunter2', '\u202eright'] });
  await log.settle();
  const text = readFileSync(file, 'utf8');
  expect(text).not.toContain('hunter2');
  expect(text).not.toMatch(/\\u001b|\u202e/);
  expect(linesOf(file)).toMatchObject([
    {
      error: {
        stack: expect.arrayContaining([
          expect.stringContaining('Error: connect postgres://'),
          expect.stringMatching(/^at .*debug-log\.test\.ts/),
        ]),
      },
    },
  ]);
});

test('what is endless or circular is cut', async () => {
  const { log, why } = opened();
  await why;
  const circle: { [name: string]: unknown } = {};
  circle.self = circle;
  log.info('big', { circle, long: 'x'.repeat(100_000), many: Array.from({ length: 10_000 }, (_, i) => i) });
  await log.settle();
  expect(statSync(file).size).toBeLessThan(10_000);
  expect(linesOf(file)).toHaveLength(1);
});

test.each<[what: string, make: () => void, why: RegExp]>([
  ['a pipe', () => void spawnSync('mkfifo', [file]), /^is not a file: move it away: mv /],
  ['a link', () => symlinkSync('/etc/passwd', file), /^is a symbolic link: remove the link: rm /],
  ['a directory', () => mkdirSync(file), /^is not a file/],
  [
    'a file with two names',
    () => {
      writeFileSync(`${file}.other`, '', { mode: 0o600 });
      linkSync(`${file}.other`, file);
    },
    /^has a second hard link/,
  ],
  [
    'a file that others may write',
    () => void spawnSync('install', ['-m', '666', '/dev/null', file]),
    /^is accessible to all users/,
  ],
])('%s is refused in words, and nothing is written', async (_, make, right) => {
  make();
  const { log, why } = opened();
  expect(await why).toMatch(right);
  log.error('nowhere');
  await log.settle();
});

test('a device is refused, and a directory that is missing', async () => {
  // As root, moving it away would harm the system.
  expect(await opened({ file: '/dev/full' }).why).toBe('is a device: name another file');
  expect(await opened({ file: '/nowhere/at/all' }).why).toBe('cannot be opened (ENOENT)');
});

test('a full file becomes FILE.1 and a new one begins', async () => {
  const { log, why } = opened({ longest: 500 });
  await why;
  for (let i = 0; i < 6; i++) {
    log.info('note', { i, text: 'x'.repeat(200) });
    await log.settle();
  }
  const all = [...linesOf(`${file}.1`), ...linesOf(file)].map((line) => line.i);
  expect(all).toEqual([2, 3, 4, 5]);
  expect(statSync(`${file}.1`).size).toBeLessThan(1000);
  expect(existsSync(`${file}.2`)).toBe(false);
});

test('the screen’s thread follows a file that another thread began', async () => {
  const engine = opened({ thread: 'engine', longest: 300 });
  const main = opened({ longest: 300 });
  await engine.why;
  await main.why;
  main.log.becomeMain();
  for (let i = 0; i < 3; i++) {
    main.log.info('main', { text: 'x'.repeat(200) });
    await main.log.settle();
  }
  // Only the engine's thread begins a new one.
  expect(existsSync(`${file}.1`)).toBe(false);
  engine.log.info('engine');
  await engine.log.settle();
  main.log.info('after');
  await main.log.settle();
  expect(linesOf(file).map((line) => line.event)).toEqual(['engine', 'after']);
  expect(linesOf(`${file}.1`)).toHaveLength(3);
});

test('a file that was moved away is made again', async () => {
  const { log, why } = opened();
  await why;
  log.info('before');
  await log.settle();
  renameSync(file, `${file}.old`);
  log.info('after');
  await log.settle();
  expect(linesOf(file).map((line) => line.event)).toEqual(['after']);
});

test('several writers of one file tear no line', async () => {
  const writers = Array.from({ length: 4 }, () => opened());
  await Promise.all(writers.map(({ why }) => why));
  for (let i = 0; i < 50; i++) for (const { log } of writers) log.info('note', { i, text: 'x'.repeat(i * 20) });
  await Promise.all(writers.map(({ log }) => log.settle()));
  expect(linesOf(file)).toHaveLength(200);
});

test('what waits is written at the end of the process', () => {
  const script = `const { DebugLog } = await import(process.argv[1]);
    const log = new DebugLog();
    await log.open({ file: process.argv[2], level: 'info', thread: 'command' });
    log.info('last');
    process.exit(7);`;
  const module = new URL('../../src/disk/debug-log.ts', import.meta.url).href;
  const done = spawnSync(process.execPath, ['--input-type=module', '-e', script, module, file]);
  expect(done.status).toBe(7);
  expect(linesOf(file)).toMatchObject([{ event: 'last' }, { event: 'exit', code: 7 }]);
});

test('a full disk stops nothing, and what was lost is said once there is room', async () => {
  const script = fileURLToPath(new URL('../support/full-debug-log.ts', import.meta.url));
  const done = spawnSync(
    'bash',
    ['-c', `trap '' XFSZ; ulimit -f 4; exec "$0" "$1" "$2"`, process.execPath, script, file],
    { encoding: 'utf8' },
  );
  expect([done.stdout, done.status]).toEqual(['went on', 0]);
  expect(statSync(file).size).toBe(4096);
});
