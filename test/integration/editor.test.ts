// The person's editor: a program without a shell, a private file, nothing left behind.

import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { editorOf, editText } from '../../src/commands/cockpit/editor.ts';

let place = '';
let editor = '';
beforeAll(async () => {
  place = await mkdtemp(path.join(tmpdir(), 'editor test '));
  editor = path.join(place, 'an editor');
  // Notes what it was given, then does what its first argument says.
  await writeFile(
    editor,
    `#!/bin/sh
for last; do :; done
{ printf '%s\\n' "$@"; stat -c %a "$last"; stat -c %a "$(dirname "$last")"; printf 'secret=%s\\n' "$PGPASSWORD"; } > '${place}/seen'
case $1 in
  write) printf 'two pods\\ncrash\\n' > "$last" ;;
  fail) exit 3 ;;
  die) kill -9 $$ ;;
  remove) rm "$last" ;;
  pipe) rm "$last"; mkfifo "$last" ;;
  huge) head -c 200000 /dev/zero > "$last" ;;
  directory) rm "$last"; mkdir "$last" ;;
  lock) chmod 500 "$(dirname "$last")"; printf 'kept' > "$last" ;;
esac
`,
  );
  await chmod(editor, 0o700);
});
afterAll(() => rm(place, { recursive: true, force: true }));

const edit = (how: string) =>
  editText('two', { ...process.env, PGPASSWORD: 'hidden', VISUAL: '', EDITOR: `"${editor}" ${how}` });
const seen = async () => (await readFile(path.join(place, 'seen'), 'utf8')).trim().split('\n');

describe('the editor', () => {
  test('comes from VISUAL before EDITOR, with arguments, and without a shell', () => {
    expect(editorOf({ VISUAL: 'code --wait', EDITOR: 'nano' })).toEqual(['code', '--wait']);
    expect(editorOf({ VISUAL: '  ', EDITOR: `'my editor' -u "a b"` })).toEqual(['my editor', '-u', 'a b']);
    expect(editorOf({ EDITOR: 'vi; rm -rf /' })).toEqual(['vi;', 'rm', '-rf', '/']);
    expect(editorOf({})).toEqual(['vi']);
  });

  test('gets a private file and none of the cockpit’s secrets, and gives back what was written', async () => {
    expect(await edit('write')).toBe('two pods\ncrash');
    const [how, file = '', mode, directory, secret] = await seen();
    expect([how, mode, directory, secret]).toEqual(['write', '600', '700', 'secret=']);
    expect(existsSync(path.dirname(file))).toBe(false);
  });

  test.each([
    ['fail', 'exit code 3'],
    ['die', 'SIGKILL'],
    ['remove', 'cannot be read'],
    ['pipe', 'is an empty pipe'],
    ['huge', 'is longer than 100 kB'],
    ['directory', 'is a directory, not a file'],
  ])('that does %s leaves the text unchanged, and no file', async (how, says) => {
    expect(await edit(how)).toEqual({ failed: expect.stringContaining(says) as string });
    const [, file = ''] = await seen();
    expect(existsSync(path.dirname(file))).toBe(false);
  });

  test.each(['missing', 'a file'])('is not started where the temporary directory is %s', async (what) => {
    const before = process.env.TMPDIR;
    process.env.TMPDIR = path.join(place, what === 'missing' ? 'none' : 'seen');
    try {
      expect(await edit('write')).toEqual({ failed: expect.stringContaining('no file can be written in') as string });
    } finally {
      if (before === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = before;
    }
  });

  test('that makes its directory read-only takes nothing with it', async () => {
    expect(await edit('lock')).toBe('kept');
    const [, file = ''] = await seen();
    if (existsSync(file))
      await chmod(path.dirname(file), 0o700).then(() => rm(path.dirname(file), { recursive: true }));
  });

  test('that does not exist is named, with what to set', async () => {
    const none = await editText('two', { ...process.env, VISUAL: 'no-such-editor' });
    expect(none).toEqual({ failed: 'editor no-such-editor not found: set EDITOR' });
  });
});
