// A file that a person asks for: never over another one, and nothing half of it left.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeNew } from '../../src/disk/new-file.ts';

let root = '';
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'new file '));
  spawnSync('mkfifo', [join(root, 'pipe')]);
  symlinkSync(join(root, 'target'), join(root, 'link'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

test.each(['pipe', 'link'])('a %s is not written to, nor through', async (name) => {
  expect(await writeNew(join(root, name), 'text')).toMatchObject({ exists: true });
  expect(existsSync(join(root, 'target'))).toBe(false);
});

test('of a file on a full disk nothing is left in the way of the next try', () => {
  const file = join(root, 'report.md');
  const module = new URL('../../src/disk/new-file.ts', import.meta.url).href;
  const code = `import(${JSON.stringify(module)}).then(({ writeNew }) => writeNew(process.argv[1], 'x'.repeat(100_000))).then((done) => process.stdout.write(JSON.stringify(done)))`;
  const done = spawnSync('bash', [
    '-c',
    `trap '' XFSZ; ulimit -f 8; exec "$0" -e "$1" "$2"`,
    process.execPath,
    code,
    file,
  ]);
  expect(done.stdout.toString()).toContain('problem');
  expect(existsSync(file)).toBe(false);
});

test('a written file is private and whole', async () => {
  const file = join(root, 'whole.md');
  expect(await writeNew(file, 'text')).toEqual({ path: file });
  expect(readFileSync(file, 'utf8')).toBe('text');
});
