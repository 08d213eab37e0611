// A process that starts one program, to be killed meanwhile: node leaving.ts WHAT SCRIPT. The script runs in a shell,
// and writes to the file `new` of the temporary directory, which becomes `pid`.
import { chmodSync, existsSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { editText } from '../../src/commands/cockpit/editor.ts';
import { runPlugin } from '../../src/data/kubernetes/exec-plugin.ts';
import { runInTerminal } from '../../src/data/shell/terminal-program.ts';
import { executeCommand } from '../../src/data/tools/execute.ts';
import { outputOf } from '../../src/data/tools/preflight.ts';
import { printedBy } from '../../src/data/tools/printed.ts';

const [, , what = '', script = ''] = process.argv;
const { signal } = new AbortController();
const argv = ['sh', '-c', script] as const;
const plugin = {
  apiVersion: '',
  command: 'sh',
  args: ['-c', script],
  env: {},
  provideClusterInfo: false,
  needsTerminal: false,
  takesTerminal: true,
};
const command = (within: number) => executeCommand({ tool: 'command', argv, within }, { tell: () => {}, signal });

const ways: Readonly<Record<string, () => Promise<unknown>>> = {
  'a credential plugin': () => runPlugin(plugin, '', () => {}),
  'a credential plugin in the terminal': () => runPlugin(plugin, '', () => {}, { terminal: true }),
  'a program that is looked at': () => outputOf(argv, {}, signal),
  'a program that tells its version': () => printedBy(argv, { timeout: 120_000 }),
  'a session': () => runInTerminal(['sh', '-c', script], process.env, signal),
  'a command at its time limit': () => command(1),
  'a command': () => command(120_000),
  'an editor'() {
    const editor = path.join(tmpdir(), 'editor');
    writeFileSync(editor, `#!/bin/sh\n${script}\n`);
    chmodSync(editor, 0o700);
    return editText('a draft', { ...process.env, VISUAL: editor });
  },
};

// A turn later than the program was started, so is all that belongs to it.
const turns = setInterval(() => {
  if (!existsSync(path.join(tmpdir(), 'new'))) return;
  clearInterval(turns);
  renameSync(path.join(tmpdir(), 'new'), path.join(tmpdir(), 'pid'));
}, 20);
await ways[what]?.();
