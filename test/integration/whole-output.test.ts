// Standard output into a file: where the disk takes no more, or a part, that is said, and the exit code is no 0.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { nowhere } from '../support/terminal.ts';

const bin = path.resolve('bin/bentham-cockpit.cjs');
const home = mkdtempSync(path.join(tmpdir(), 'bentham-output-'));
afterAll(() => rmSync(home, { recursive: true }));

/** Runs a line of a shell in which `cockpit` is the command. */
function shell(line: string): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((done) => {
    const environment = { PATH: process.env.PATH ?? '', ...nowhere(home), BENTHAM_COCKPIT: bin };
    execFile(
      'sh',
      ['-c', `cockpit() { node "$BENTHAM_COCKPIT" "$@"; }; ${line}`],
      { env: environment },
      (error, out, err) => done({ code: error ? Number(error.code) : 0, stdout: out, stderr: err }),
    );
  });
}

test.each(['--version', 'run --help', 'config schema', 'completion bash', 'incident list', 'drill --list'])(
  'on a full disk %s ends with 74, and says so once',
  async (command) => {
    const { code, stderr } = await shell(`cockpit ${command} > /dev/full`);
    expect({ code, said: stderr.match(/no space left on device/g)?.length }).toEqual({ code: 74, said: 1 });
  },
);

test('another exit code stays as it is', async () => {
  expect(await shell('cockpit nonsense > /dev/full')).toMatchObject({ code: 64 });
});

test('a file of which the disk takes a part is no success', async () => {
  const file = path.join(home, 'schema.json');
  // Half-kilobyte blocks: the schema is longer.
  const { code, stderr } = await shell(`ulimit -f 16; cockpit config schema > ${file}`);
  expect(readFileSync(file)).toHaveLength(16 * 512);
  expect({ code, stderr }).toEqual({ code: 74, stderr: expect.stringContaining('incomplete') as string });
});

test.each(['| head -n 1; echo done', '> /dev/null; echo done', '>&-; echo done', `>> ${home}/whole.json; echo done`])(
  'a reader that has read enough, and a file that takes it all, are none: %s',
  async (to) => {
    const { stdout, stderr } = await shell(`set -e; cockpit config schema ${to}`);
    expect({ stdout: stdout.trim().split('\n').at(-1), stderr }).toEqual({ stdout: 'done', stderr: '' });
  },
);

test('a file is appended to, whole', async () => {
  const file = path.join(home, 'twice.json');
  await shell(`cockpit config schema > ${file}; cockpit config schema >> ${file}`);
  const { stdout } = await shell('cockpit config schema');
  expect(readFileSync(file, 'utf8')).toBe(stdout + stdout);
});

test.each(['status', 'status --json', 'pods --json', 'sessions'])(
  'a reader that has left makes no success of %s',
  async (command) => {
    const { code } = await shell(`cockpit ${command}`);
    expect(code).toBeGreaterThan(0);
    // Descriptor 3 is the shell's own output.
    const line = (to: string) => `{ { cockpit ${command} ${to}; echo $? >&3; } | true; } 3>&1`;
    for (const to of ['', '2>&1']) expect({ to, code: Number((await shell(line(to))).stdout) }).toEqual({ to, code });
  },
  60_000,
);
