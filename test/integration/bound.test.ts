// What a test starts ends with it, also where the run is killed: otherwise its servers would run for ever.
import { spawn } from 'node:child_process';
import { expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { alive } from '../support/terminal.ts';

const helper = new URL('../support/bound.ts', import.meta.url).href;

/** Starts a program as a test does, and says its process id. */
const script = `
  import { spawn } from 'node:child_process';
  import { bound } from ${JSON.stringify(helper)};
  const child = bound(spawn('sleep', ['600'], { stdio: 'ignore' }));
  process.stdout.write(\`\${child.pid}\`);
`;

test.each(['SIGKILL', 'SIGTERM'] as const)('a program ends with the test that started it, at %s', async (signal) => {
  const tester = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const pid = await new Promise<number>((resolve) => tester.stdout.once('data', (data) => resolve(Number(data))));
  expect(alive(pid)).toBe(true);
  tester.kill(signal);
  try {
    await eventually(() => expect(alive(pid)).toBe(false));
  } finally {
    if (alive(pid)) process.kill(pid, 'SIGKILL');
  }
});
