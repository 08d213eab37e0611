// What `npm run package` makes: the executable and the Debian package, used as somebody else would.
import { execFile, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { billOfMaterials } from '../../scripts/package/bill-of-materials.ts';
import { makeDebianPackage } from '../../scripts/package/debian.ts';
import { architectures, makeExecutables } from '../../scripts/package/executable.ts';
import { containerfile } from '../../scripts/package/image.ts';
import { manualPage } from '../../scripts/package/manual-page.ts';
import { exampleConfiguration } from '../../src/config/example.ts';
import { options } from '../../src/config/options.ts';

const run = promisify(execFile);
const architecture = process.arch === 'arm64' ? 'arm64' : 'x64';
const asRoot = process.getuid?.() === 0;
const has = (program: string) => spawnSync(program, ['--version']).status === 0;
let place = '';
let executable = '';

const make = async (name: string): Promise<string> => {
  const [out, work] = [path.join(place, name), path.join(place, `${name}-work`)];
  for (const directory of [out, work]) mkdirSync(directory);
  const made = await makeExecutables(out, work, [architecture]);
  rmSync(work, { recursive: true });
  return made.get(architecture) ?? '';
};

beforeAll(async () => {
  place = mkdtempSync(path.join(tmpdir(), 'bentham-packages-'));
  chmodSync(place, 0o755);
  executable = await make('first');
}, 120_000);
afterAll(() => rmSync(place, { recursive: true, force: true }));

/** The executable with a home of its own, and nothing of this repository in its environment. */
function start(
  args: readonly string[],
  environment: Record<string, string>,
  more: { uid?: number; gid?: number } = {},
) {
  return run(executable, args, {
    env: { PATH: '/usr/bin:/bin', TMPDIR: tmpdir(), ...environment },
    cwd: '/',
    timeout: 60_000,
    ...more,
  });
}

const home = (name: string) => {
  const directory = path.join(place, name);
  mkdirSync(directory, { mode: 0o700 });
  return directory;
};
const left = () =>
  ['/dev/shm', tmpdir()].flatMap((base) =>
    existsSync(base) ? readdirSync(base).filter((name) => /^bentham-cockpit-run-/.test(name)) : [],
  );

describe('the executable', () => {
  test('is the same file when it is built again', async () => {
    expect(readFileSync(await make('second')).equals(readFileSync(executable))).toBe(true);
  }, 120_000);

  test('names no directory of the machine that built it, so that another checkout gives the same bytes', () => {
    const bytes = readFileSync(executable);
    for (const directory of [process.cwd(), place]) expect(bytes.indexOf(directory), directory).toBe(-1);
  });

  test('unpacks itself once, privately, and again where a file was changed', async () => {
    const HOME = home('changed');
    const version = /^\d+\.\d+\.\d+ \(.*packaged/;
    expect((await start(['--version'], { HOME })).stdout).toMatch(version);
    const cache = path.join(HOME, '.cache', 'bentham-cockpit');
    const [id = ''] = readdirSync(cache);
    expect(statSync(path.join(cache, id)).mode & 0o777).toBe(0o700);
    const cli = path.join(cache, id, 'cli.js');
    const first = statSync(cli);
    await start(['--version'], { HOME });
    expect(statSync(cli).ino).toBe(first.ino);
    appendFileSync(cli, '\nprocess.stdout.write("changed");\n');
    // What a start that was killed has unpacked goes as well, and what one beside this one unpacks stays.
    const { pid: killed } = spawnSync('true');
    mkdirSync(path.join(cache, `unpacking-${killed}-aB3xYz`));
    const other = `unpacking-${process.pid}-aB3xYz`;
    mkdirSync(path.join(cache, other));
    expect((await start(['--version'], { HOME })).stdout).toMatch(version);
    expect(readdirSync(cache).sort()).toEqual([id, other].sort());
  });

  test('refuses no cache that cannot be used: it runs, and leaves nothing', async () => {
    const open = home('open');
    mkdirSync(path.join(open, 'bentham-cockpit'));
    chmodSync(path.join(open, 'bentham-cockpit'), 0o777);
    for (const XDG_CACHE_HOME of ['/proc/none', path.join(place, 'absent', 'below'), open]) {
      const { stdout } = await start(['--version'], { XDG_CACHE_HOME, HOME: '/nonexistent' });
      expect(stdout).toContain('packaged');
    }
    expect(readdirSync(path.join(open, 'bentham-cockpit'))).toEqual([]);
    expect(left()).toEqual([]);
  });

  test('writes no cache as an observer', async () => {
    const HOME = home('observer');
    expect((await start(['--observe', '--version'], { HOME })).stdout).toContain('packaged');
    expect(readdirSync(HOME)).toEqual([]);
    expect(left()).toEqual([]);
  });

  test('checks the configuration, and says where the drill is', async () => {
    const HOME = home('used');
    expect((await start(['config', '--json'], { HOME })).stdout).toContain('"version"');
    await expect(start(['drill', '--serve'], { HOME })).rejects.toMatchObject({
      code: 64,
      stderr: expect.stringContaining('npm ci && npm run drill'),
    });
  });

  test.skipIf(!asRoot)('runs as another user, who did not build it (needs root)', async () => {
    const HOME = home('other');
    const { chownSync } = await import('node:fs');
    chownSync(HOME, 65534, 65534);
    const { stdout } = await start(['config', 'check'], { HOME }, { uid: 65534, gid: 65534 });
    expect(stdout).not.toBe('');
    expect(readdirSync(path.join(HOME, '.cache'))).toEqual(['bentham-cockpit']);
  });
});

describe.skipIf(!has('dpkg-deb') || !asRoot)('the Debian package (needs dpkg, and root to install)', () => {
  test('installs and removes cleanly, with manual page, completions, units and an example', async () => {
    const work = home('deb');
    const made = { executable, architecture, bill: '{}', compression: ['-Znone'] } as const;
    const file = await makeDebianPackage(work, path.join(work, 'work'), 1_700_000_000, made);
    const root = home('root');
    for (const directory of ['var/lib/dpkg/info', 'var/lib/dpkg/updates'])
      mkdirSync(path.join(root, directory), { recursive: true });
    for (const name of ['status', 'available'])
      cpSync('/dev/null', path.join(root, 'var/lib/dpkg', name), { force: true });
    const dpkg = (...args: readonly string[]) =>
      run('dpkg', ['--root', root, '--force-depends', '--force-script-chrootless', ...args]);
    await dpkg('--install', file);
    const { stdout } = await run(path.join(root, 'usr/bin/bentham-cockpit'), ['--version'], {
      env: { HOME: home('installed') },
    });
    expect(stdout).toContain('packaged');
    for (const there of [
      'usr/share/man/man1/bentham-cockpit.1.gz',
      'usr/share/bash-completion/completions/bentham-cockpit',
      'usr/share/zsh/vendor-completions/_bentham-cockpit',
      'usr/share/fish/vendor_completions.d/bentham-cockpit.fish',
      'usr/lib/systemd/user/bentham-cockpit-status.service',
      'usr/lib/systemd/user/bentham-cockpit-status.timer',
      'usr/share/doc/bentham-cockpit/examples/config.yaml',
      'usr/share/doc/bentham-cockpit/examples/commands.yaml',
    ])
      expect(statSync(path.join(root, there)).size, there).toBeGreaterThan(0);
    await dpkg('--purge', 'bentham-cockpit');
    expect(existsSync(path.join(root, 'usr'))).toBe(false);
  }, 60_000);
});

test.skipIf(!has('groff'))('the manual page is valid roff and names every command (needs groff)', async () => {
  const page = manualPage();
  const groff = run('groff', ['-k', '-man', '-ww', '-Tutf8', '-P-c']);
  groff.child.stdin?.end(page);
  const { stdout, stderr } = await groff;
  expect(stderr).toBe('');
  for (const command of ['status', 'logs', 'run', 'incident', 'doctor', 'config', 'completion', 'drill'])
    expect(stdout.replaceAll(/\u001b\[[0-9;]*m|.\u0008/g, '')).toMatch(new RegExp(`^ +${command}\\b`, 'm'));
});

test('the example configuration names every option, and changes nothing', () => {
  const example = exampleConfiguration();
  expect(parse(example)).toBeNull();
  const uncommented = example.split('\n').slice(3).join('\n').replaceAll(/^#/gm, '');
  const names = (value: unknown, above: string): string[] =>
    value !== null && typeof value === 'object' && !Array.isArray(value) && above.split('.').length < 4
      ? Object.entries(value).flatMap(([name, below]) => [`${above}${name}`, ...names(below, `${above}${name}.`)])
      : [];
  const found = new Set(names(parse(uncommented), ''));
  expect([...options.keys()].filter((option) => !found.has(option))).toEqual([]);
});

test('the image is made of packaged files only, and runs nothing while it is built', () => {
  const text = containerfile('abc', 5);
  const steps = text.split('\n').filter((step) => /^[A-Z]/.test(step));
  expect(steps.filter((step) => step.startsWith('RUN') || step.startsWith('ADD'))).toEqual([]);
  const copied = steps.flatMap((step) => /^COPY --chmod=\d+ (\S+)/.exec(step)?.[1] ?? []);
  expect(copied).toEqual([expect.stringContaining('EXECUTABLE'), 'bill-of-materials.json']);
  for (const of of architectures) expect(text).toContain(`EXECUTABLE=bentham-cockpit-linux-${of}`);
  expect(text).toContain('--timestamp 5');
  expect(steps.filter((step) => step.startsWith('USER'))).toEqual(['USER 65532:65532']);
});

test('the bill of materials is the same every time, and names what the executable contains', async () => {
  const bill = await billOfMaterials('abc', 0);
  expect(await billOfMaterials('abc', 0)).toBe(bill);
  // Not after the directory of the checkout.
  expect(JSON.parse(bill).metadata.component).toMatchObject({ type: 'application', name: 'bentham-cockpit' });
  const names = JSON.parse(bill).components.map(({ name }: { name: string }) => name);
  expect(names).toEqual(expect.arrayContaining(['ioredis', 'pg', 'ink', '@aws-sdk/client-s3']));
});
