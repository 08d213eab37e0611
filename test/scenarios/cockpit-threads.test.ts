// What the cockpit's two threads start with.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { nowhere, TerminalUnderTest } from '../support/terminal.ts';

test('the engine’s thread can take the compiled code that the screen’s can', async () => {
  const home = mkdtempSync(path.join(tmpdir(), 'bentham-threads-'));
  const [file, preload] = [path.join(home, 'tags'), path.join(home, 'preload.cjs')];
  // V8 takes compiled code only under the options with which it was compiled: the tag stands for them.
  writeFileSync(
    preload,
    `const { isMainThread } = require('node:worker_threads');
    const line = \`\${isMainThread ? 'screen' : 'engine'} \${require('node:v8').cachedDataVersionTag()}\\n\`;
    require('node:fs').appendFileSync(${JSON.stringify(file)}, line);`,
  );
  const terminal = new TerminalUnderTest({ environment: { ...nowhere(home), NODE_OPTIONS: `--require=${preload}` } });
  onTestFinished(async () => {
    await terminal.close();
    rmSync(home, { recursive: true, force: true });
  });
  const tags = () =>
    new Map(
      readFileSync(file, 'utf8')
        .split('\n')
        .map((line) => line.split(' ') as [string, string]),
    );
  const engine = await eventually(() => {
    const tag = tags().get('engine');
    expect(tag).toMatch(/^\d+$/);
    return tag;
  });
  expect(engine).toBe(tags().get('screen'));
});
