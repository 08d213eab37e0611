import { execFile, spawn } from 'node:child_process';
import {
  chmodSync,
  cpSync,
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
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';

const launcher = fileURLToPath(new URL('../../bin/bentham-cockpit.cjs', import.meta.url));
const run = promisify(execFile);

/** A Node on this machine that is too old for the bundle, where there is one. */
const old = ['/usr/bin/node', '/usr/local/bin/node'].find(existsSync);
const major = old ? Number((await run(old, ['-p', 'process.versions.node'])).stdout.split('.')[0]) : 0;

test('answers --help', async () => {
  const { stdout } = await run(process.execPath, [launcher, '--help']);
  expect(stdout).toContain('Usage: bentham-cockpit');
});

test.each([
  ['statsu', "error: unknown command 'statsu'. Did you mean status?\n"],
  ['restart', /^error: unknown command 'restart'\. Commands: cockpit, .*, status, .*; see --help\.\n$/],
])('%s is no command, and the error lists the commands', async (word, says) => {
  await expect(run(process.execPath, [launcher, word])).rejects.toMatchObject({
    code: 64,
    stdout: '',
    stderr: typeof says === 'string' ? says : expect.stringMatching(says),
  });
});

test('the build names a missing package under any Node, and keeps the old build', async () => {
  const place = mkdtempSync(path.join(tmpdir(), 'bentham-build-'));
  onTestFinished(() => rmSync(place, { recursive: true }));
  mkdirSync(path.join(place, 'dist'));
  cpSync(fileURLToPath(new URL('../../scripts', import.meta.url)), path.join(place, 'scripts'), { recursive: true });
  await expect(run(old ?? process.execPath, ['scripts/build.mjs'], { cwd: place })).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^bentham-cockpit cannot be built: .*esbuild.*\n.*npm ci, without --omit\.\n$/),
  });
  expect(existsSync(path.join(place, 'dist'))).toBe(true);
});

test.each([[['--version']], [['--observe', '--version']]])('%j prints version, commit and build', async (words) => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  expect((await run(process.execPath, [launcher, ...words])).stdout).toMatch(
    new RegExp(`^${version} \\((commit [0-9a-f]{12}(\\+changes)?, )?node v\\d+\\.\\d+\\.\\d+, linux-\\w+\\)\\n$`),
  );
});

describe('the compile cache', () => {
  const cacheIn = (put: (cache: string) => void, ...args: readonly string[]) => {
    const place = mkdtempSync(path.join(tmpdir(), 'bentham-cache-'));
    onTestFinished(() => rmSync(place, { recursive: true }));
    put(path.join(place, 'node-compile-cache'));
    const { NODE_COMPILE_CACHE: _, ...rest } = process.env;
    return run(process.execPath, [launcher, ...args, '--version'], { env: { ...rest, TMPDIR: place } }).then(
      () => place,
    );
  };

  test('is in a directory of its user alone', async () => {
    const place = await cacheIn(() => undefined);
    const made = path.join(place, 'node-compile-cache');
    expect(statSync(made).mode & 0o777).toBe(0o700);
    expect(readdirSync(made)).not.toEqual([]);
  });

  test.each<[string, (cache: string) => void]>([
    ['a link', (cache) => symlinkSync('elsewhere', cache)],
    [
      'made by others to be written',
      (cache) => {
        mkdirSync(cache);
        chmodSync(cache, 0o777);
      },
    ],
  ])('that is %s is neither read nor written', async (_, put) => {
    const place = await cacheIn((cache) => {
      mkdirSync(path.join(path.dirname(cache), 'elsewhere'));
      put(cache);
    });
    expect(readdirSync(path.join(place, 'elsewhere'))).toEqual([]);
    expect(readdirSync(path.join(place, 'node-compile-cache'))).toEqual([]);
  });

  test('is not made for an observer', async () => {
    expect(readdirSync(await cacheIn(() => undefined, '--observe'))).toEqual([]);
  });
});

describe('the command as it is installed', () => {
  const command = fileURLToPath(new URL('../../bin/bentham-cockpit', import.meta.url));
  const says = `process.stderr.write(process.pid + ' ' + process.execPath); process.exit(5)`;
  const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(says)}`;

  /** A directory with a blank in its name. */
  const place = () => {
    const made = mkdtempSync(path.join(tmpdir(), 'bentham command '));
    onTestFinished(() => rmSync(made, { recursive: true }));
    return made;
  };
  /** A copy of the launcher, with nothing beside it. */
  const copied = () => {
    const there = path.join(place(), 'package');
    mkdirSync(path.join(there, 'bin'), { recursive: true });
    for (const name of ['bentham-cockpit', 'bentham-cockpit.cjs'])
      cpSync(path.join(path.dirname(command), name), path.join(there, 'bin', name));
    return there;
  };
  const script = (file: string, text: string) => {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  };
  const hasLoader = existsSync('/lib64/ld-linux-x86-64.so.2') || existsSync('/lib/ld-linux-aarch64.so.1');
  const packaged = `node-linux-${process.arch}`;

  test.runIf(hasLoader).each(['relative', 'absolute', 'of several links', 'run without a PATH to readlink'])(
    'is one process, under the packaged Node, through a link that is %s',
    async (how) => {
      const there = place();
      symlinkSync(how === 'absolute' ? command : path.relative(there, command), path.join(there, 'one'));
      symlinkSync('one', path.join(there, 'two'));
      const program = spawn(path.join(there, how === 'of several links' ? 'two' : 'one'), ['--version'], {
        stdio: ['ignore', 'ignore', 'pipe'],
        env: { PATH: how.includes('without') ? there : '/usr/bin:/bin', NODE_OPTIONS },
      });
      let said = '';
      program.stderr.on('data', (data) => {
        said += data;
      });
      const code = await new Promise((resolve) => program.once('close', resolve));
      const [pid, ...file] = said.split(' ');
      expect({ code, pid: Number(pid) }).toEqual({ code: 5, pid: program.pid });
      expect(file.join(' ')).toMatch(new RegExp(`/${packaged}/bin/node$`));
    },
  );

  test.runIf(hasLoader)('finds the packaged Node beside the package, and hands on every word as it is', async () => {
    const there = path.join(copied(), 'bin');
    script(path.join(there, '..', '..', packaged, 'bin', 'node'), 'exit 9');
    await expect(run(path.join(there, 'bentham-cockpit'), [])).rejects.toMatchObject({ code: 9 });
    script(path.join(there, '..', 'node_modules', packaged, 'bin', 'node'), `printf '<%s>' "$@"`);
    const { stdout } = await run(path.join(there, 'bentham-cockpit'), ['a  b', '', '*', '$(id)', '-n']);
    const room = '<--min-semi-space-size=2><--max-semi-space-size=4>';
    expect(stdout).toBe(`${room}<${there}/bentham-cockpit.cjs><a  b><><*><$(id)><-n>`);
  });

  test.runIf(hasLoader)('gives room for what is not collected to `status` alone, not to words of others', async () => {
    const there = path.join(copied(), 'bin');
    script(path.join(there, '..', 'node_modules', packaged, 'bin', 'node'), 'echo "$1 $2"');
    const roomOf = async (...words: string[]) => (await run(path.join(there, 'bentham-cockpit'), words)).stdout;
    const most = '--min-semi-space-size=64 --max-semi-space-size=64\n';
    for (const words of [['status'], ['status', '--json']]) expect(await roomOf(...words)).toBe(most);
    const others = [[], ['status', '--watch'], ['status', '--rollout=api'], ['incident', 'note', 'the status is bad']];
    for (const words of others)
      expect(await roomOf(...words)).toBe('--min-semi-space-size=2 --max-semi-space-size=4\n');
  });

  test('takes the Node of PATH where none is packaged', async () => {
    const there = copied();
    script(path.join(there, 'path', 'node'), 'echo "$3"');
    const { stdout } = await run(path.join(there, 'bin', 'bentham-cockpit'), [], {
      env: { PATH: `${there}/path:/usr/bin:/bin` },
    });
    expect(stdout).toBe(`${there}/bin/bentham-cockpit.cjs\n`);
  });

  test.each<[string, Record<string, string>, string, string?]>([
    ['sets how much freed memory the allocator keeps', {}, '1 131072 65536\n'],
    ['leaves what a person set', { MALLOC_ARENA_MAX: '4' }, '4  \n'],
    ['leaves one of them too', { MALLOC_MMAP_THRESHOLD_: '4096' }, '  4096\n'],
    ['leaves the allocator as it is for `status`, which ends soon', {}, '  \n', 'status'],
  ])('%s', async (_, own, says, word = 'pods') => {
    const there = copied();
    const tells = 'echo "$MALLOC_ARENA_MAX $MALLOC_TRIM_THRESHOLD_ $MALLOC_MMAP_THRESHOLD_"';
    script(path.join(there, 'node_modules', packaged, 'bin', 'node'), tells);
    script(path.join(there, 'path', 'node'), tells);
    const env = { PATH: `${there}/path:/usr/bin:/bin`, ...own };
    expect((await run(path.join(there, 'bin', 'bentham-cockpit'), [word], { env })).stdout).toBe(says);
  });

  test.each<[Record<string, string>, string[]]>([
    [{}, []],
    [{ MALLOC_TRIM_THRESHOLD_: '4096' }, ['MALLOC_TRIM_THRESHOLD_']],
    [{ MALLOC_MMAP_THRESHOLD_: '4096' }, ['MALLOC_MMAP_THRESHOLD_']],
  ])('starts programs with %j and nothing of its own beside it', async (own, left) => {
    const names = `Object.keys(process.env).filter((name) => /^MALLOC_|ALLOCATOR/.test(name))`;
    const tells = `process.on('exit', () => process.stderr.write(JSON.stringify(${names})))`;
    const options = `--import=data:text/javascript,${encodeURIComponent(tells)}`;
    const env = { PATH: `${path.dirname(process.execPath)}:/usr/bin:/bin`, NODE_OPTIONS: options, ...own };
    const { stderr } = await run(command, ['--version'], { env });
    expect(JSON.parse(stderr)).toEqual(left);
  });

  test('keeps the room for short-lived objects small', async () => {
    const fill = `const kept = Array.from({ length: 600_000 }, (_, at) => ({ at }));
      const rooms = process.getBuiltinModule('node:v8').getHeapSpaceStatistics();
      const size = rooms.find(({ space_name }) => space_name === 'new_space').space_size;
      process.on('exit', () => process.stderr.write(String(kept.length && size)));`;
    const options = `--import=data:text/javascript,${encodeURIComponent(fill)}`;
    const env = { PATH: `${path.dirname(process.execPath)}:/usr/bin:/bin`, NODE_OPTIONS: options };
    const { stderr } = await run(command, ['--version'], { env });
    // V8 alone takes 32 MB.
    expect(Number(stderr)).toBeLessThanOrEqual(8 * 1024 * 1024);
  });

  test('says what is missing where there is no Node at all', async () => {
    const there = copied();
    await expect(
      run('/bin/sh', [path.join(there, 'bin', 'bentham-cockpit')], { env: { PATH: there } }),
    ).rejects.toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/^bentham-cockpit: no Node was found: .*\n$/),
    });
  });
});

describe.runIf(old && major < 22)('below an old Node', () => {
  test('restarts itself under the packaged one and passes on the exit code', async () => {
    const { stdout } = await run(old ?? '', [launcher, '--help']);
    expect(stdout).toContain('Usage: bentham-cockpit');
    await expect(run(old ?? '', [launcher, '--no-such-flag'])).rejects.toMatchObject({
      stderr: expect.stringContaining('--no-such-flag'),
    });
  });

  test('leaves nothing behind when it is killed', async () => {
    const program = spawn(old ?? '', [launcher, 'wait-for-lifeline'], {
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { ...process.env, NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(waits)}` },
    });
    const line = await new Promise<string>((resolve) => program.stdout.once('data', (data) => resolve(String(data))));
    const child = Number(line.trim());
    program.kill('SIGKILL');
    onTestFinished(() => void (running(child) && process.kill(child, 'SIGKILL')));
    await expect.poll(() => running(child), { timeout: 30_000 }).toBe(false);
  });
});

test.runIf(!old || major >= 22)('skipped without an old Node: the launcher below it', () => {
  expect(major === 0 || major >= 22).toBe(true);
});

/** In the child only: says who it is and keeps it alive, as a cockpit would be. */
const waits = `if (process.env.BENTHAM_COCKPIT_LIFELINE) {
  process.stdout.write(String(process.pid) + '\\n');
  setInterval(() => {}, 1000);
  process.exit = () => {};
}`;

function running(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
