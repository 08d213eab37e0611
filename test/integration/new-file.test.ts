// A file that a person asks for: never over another one, and nothing half of it left.
import { spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeNew } from '../../src/disk/new-file.ts';

let root = '';
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'new file '));
  spawnSync('mkfifo', [join(root, 'pipe')]);
  symlinkSync(join(root, 'target'), join(root, 'link'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const module = new URL('../../src/disk/new-file.ts', import.meta.url).href;
/** A program that writes so many bytes to the file that it is given, and prints what came of it. */
const writes = (bytes: number) =>
  `import(${JSON.stringify(module)}).then(({ writeNew }) => writeNew(process.argv[1], 'x'.repeat(${bytes}))).then((done) => process.stdout.write(JSON.stringify(done)))`;

test.each(['pipe', 'link'])('a %s is not written to, nor through', async (name) => {
  expect(await writeNew(join(root, name), 'text')).toMatchObject({ exists: true });
  expect(existsSync(join(root, 'target'))).toBe(false);
});

test('of a file on a full disk nothing is left in the way of the next try', () => {
  const file = join(root, 'report.md');
  const done = spawnSync('bash', [
    '-c',
    `trap '' XFSZ; ulimit -f 8; exec "$0" -e "$1" "$2"`,
    process.execPath,
    writes(100_000),
    file,
  ]);
  expect(done.stdout.toString()).toContain('problem');
  expect(readdirSync(root)).not.toContainEqual(expect.stringMatching(/report|part/));
});

test('of a file whose writer is killed nothing is there under its name, or all of it', async () => {
  const directory = join(root, 'killed');
  mkdirSync(directory);
  const file = join(directory, 'report.md');
  const child = spawn(process.execPath, ['-e', writes(100_000_000), file]);
  const ended = new Promise((resolve) => child.once('exit', resolve));
  await expect.poll(() => readdirSync(directory).length, { timeout: 30_000, interval: 1 }).toBeGreaterThan(0);
  child.kill('SIGKILL');
  await ended;
  expect([0, 100_000_000]).toContain(existsSync(file) ? statSync(file).size : 0);
  expect(existsSync(file) && statSync(file).size === 0).toBe(false);
  // The next file that is written there takes the rest away, and nothing of others.
  writeFileSync(join(directory, `.bentham-000000000000-${child.pid}-${randomUUID()}.part`), 'of another host');
  const others = readdirSync(directory).filter(
    (name) => !name.includes(`-${child.pid}-`) || name.includes('-000000000000-'),
  );
  expect(await writeNew(join(directory, 'next.md'), 'text')).toEqual({ path: join(directory, 'next.md') });
  expect(readdirSync(directory).sort()).toEqual([...others, 'next.md'].sort());
});

test('of something long the parts are written one after the other, and none is left where one fails', async () => {
  const file = join(root, 'long.log');
  const parts = (last: () => string) => ({
    *[Symbol.iterator]() {
      yield 'one\n';
      yield last();
    },
  });
  const fails = () => {
    throw new Error('no more');
  };
  expect(await writeNew(file, parts(fails))).toEqual({ problem: 'no more' });
  expect(readdirSync(root)).not.toContainEqual(expect.stringMatching(/long|part/));
  expect(
    await writeNew(
      file,
      parts(() => 'two\n'),
    ),
  ).toEqual({ path: file });
  expect(readFileSync(file, 'utf8')).toBe('one\ntwo\n');
});

test('the problem names the file that was asked for', async () => {
  const file = join(root, 'no', 'report.md');
  expect(await writeNew(file, 'text')).toEqual({ problem: expect.stringContaining(`'${file}'`) as string });
});

test('a written file is private and whole', async () => {
  const file = join(root, 'whole.md');
  expect(await writeNew(file, 'text')).toEqual({ path: file });
  expect(readFileSync(file, 'utf8')).toBe('text');
});

/** Runs a program as on a file system without hard links (FAT, some network shares). */
const unlinked = ['-f', '-qq', '-o', '/dev/null', '-e', 'inject=link,linkat:error=EPERM'];
const fullOnRename = ['-e', 'inject=rename,renameat,renameat2:error=ENOSPC'];
const canRun = spawnSync('strace', [...unlinked, 'true']).status === 0;

describe.runIf(canRun)('on a file system without hard links', () => {
  const runWith = (more: readonly string[], program: string, ...args: string[]) => {
    const { stdout, stderr } = spawnSync('strace', [...unlinked, ...more, process.execPath, '-e', program, ...args]);
    return `${stdout}${stderr}`;
  };
  const run = (program: string, ...args: string[]) => runWith([], program, ...args);

  test('a file is written whole, and never over another one', () => {
    const directory = join(root, 'unlinked');
    mkdirSync(directory);
    const file = join(directory, 'report.md');
    expect(run(writes(100_000), file)).toBe(JSON.stringify({ path: file }));
    expect(statSync(file).size).toBe(100_000);
    expect(run(writes(5), file)).toContain('"exists":true');
    expect(statSync(file).size).toBe(100_000);
    expect(readdirSync(directory)).toEqual(['report.md']);
  });

  test('a file that cannot be renamed leaves nothing under its name', () => {
    const directory = join(root, 'not-renamed');
    mkdirSync(directory);
    expect(runWith(fullOnRename, writes(5), join(directory, 'report.md'))).toContain('"problem":"ENOSPC');
    expect(readdirSync(directory)).toEqual([]);
  });

  test('an archive of evidence gets its name', () => {
    const directory = join(root, 'evidence');
    mkdirSync(directory, { mode: 0o700 });
    const archives = new URL('../../src/data/preserve/partial-archive.ts', import.meta.url).href;
    const begun = { kind: 'begun', version: 1, content: 'redacted', at: 0, scope: '' };
    const program = `import(${JSON.stringify(archives)}).then(async ({ PartialArchive }) => {
      const archive = await PartialArchive.open(process.argv[1], ${JSON.stringify(begun)});
      await archive.add('README.txt', Buffer.from('text'));
      await archive.finish();
    })`;
    expect(run(program, join(directory, 'evidence-x.tar.gz'))).toBe('');
    expect(readdirSync(directory)).toEqual(['evidence-x.tar.gz']);
    expect(spawnSync('tar', ['-tzf', join(directory, 'evidence-x.tar.gz')]).stdout.toString()).toBe(
      'evidence-x/README.txt\n',
    );
  });
});
