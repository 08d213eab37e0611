// The screen is a script, too, of which what has run is kept compiled: while it runs, as at its end V8 has forgotten some.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test, vi } from 'vitest';
import { nowhere, type TerminalOptions, TerminalUnderTest } from '../support/terminal.ts';

const launcher = fileURLToPath(new URL('../../bin/bentham-cockpit.cjs', import.meta.url));
const patience = { timeout: 60_000, interval: 50 };

/** A directory for temporary files, terminals that use it, and what the launcher keeps there. */
function place() {
  const made = mkdtempSync(path.join(tmpdir(), 'bentham-kept-'));
  const terminals: TerminalUnderTest[] = [];
  onTestFinished(async () => {
    for (const terminal of terminals) await terminal.close();
    rmSync(made, { recursive: true });
  });
  const open = (args: readonly string[], more: Partial<TerminalOptions> = {}) => {
    const environment = { ...nowhere(made), TMPDIR: made, BENTHAM_PROFILE: 'staging', BENTHAM_CONFIG: '/dev/null' };
    terminals.push(new TerminalUnderTest({ args, environment, ...more }));
    return terminals.at(-1) as TerminalUnderTest;
  };
  const cache = path.join(made, 'node-compile-cache');
  const kept = () => {
    const [name] = readdirSync(cache).filter((one) => /^bentham-cockpit-screen-v[\w.-]*$/.test(one));
    return path.join(cache, name ?? 'nothing');
  };
  return { made, open, kept };
}

test('what the screen ran is kept while it runs, and nothing that a disk has garbled is run', async () => {
  const { open, kept } = place();
  const first = await open([]).shows('STAGING');
  await vi.waitFor(() => expect(statSync(kept()).size).toBeGreaterThan(1_000_000), patience);
  expect(statSync(kept()).mode & 0o777).toBe(0o600);
  first.signal('SIGKILL');
  await first.ends();
  const good = readFileSync(kept());
  const spoilt = good.map((byte, at) => (at > 1000 && at % 97 === 0 ? byte ^ 0x55 : byte));
  writeFileSync(kept(), spoilt);
  const second = await open(['--ascii']).shows('STAGING');
  await vi.waitFor(() => expect(readFileSync(kept()).equals(spoilt)).toBe(false), patience);
  expect(Math.abs(statSync(kept()).size - good.length)).toBeLessThan(good.length / 4);
  second.press('?');
  await second.shows(/quit/);
});

test('--observe neither reads nor writes it', async () => {
  const { made, open } = place();
  await open(['--observe']).shows('STAGING');
  expect(readdirSync(made)).not.toContain('node-compile-cache');
});

test('the modules run where there is no screen to open', async () => {
  const { open } = place();
  const dumb = { program: '/usr/bin/env', args: ['TERM=dumb', process.execPath, launcher] };
  const status = await open([], dumb).shows('TERM=dumb');
  // What status says where nothing answers, and no bug (70).
  expect((await status.ends()).code).toBe(2);
  await open(['--help']).shows('display help for command');
  expect(await open(['--', 'completion', 'bash']).ends()).toMatchObject({ code: 0 });
  await open(['--ascii', 'status']).shows('put options after the command');
});
