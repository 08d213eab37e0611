// However the cockpit is ended, stopped or cut off, the terminal is as it was, and nothing of it runs on.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { launcher } from '../support/drill.ts';
import { alive, childrenOf, nowhere, TerminalUnderTest } from '../support/terminal.ts';

let home = '';
let terminal: TerminalUnderTest;
let cockpit = 0;

beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'bentham-restored-'));
});
afterEach(async () => {
  if (cockpit && alive(cockpit)) process.kill(cockpit, 'SIGKILL');
  cockpit = 0;
  await terminal.close();
  rmSync(home, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
});

/** The cockpit below a shell that says afterwards how the terminal was left. */
async function belowShell(script: string, size = {}): Promise<void> {
  terminal = new TerminalUnderTest({
    program: 'bash',
    args: [
      '--norc',
      '--noprofile',
      '-c',
      `before=$(stty -g); ${script}; [ "$before" = "$(stty -g)" ] && echo "as before"`,
    ],
    environment: nowhere(home),
    ...size,
  });
  await terminal.shows('1 HEALTH');
  cockpit = childrenOf(terminal.pid)[0] ?? 0;
  expect(alive(cockpit)).toBe(true);
}

/** The cockpit below a shell that a person sits at. */
async function belowPrompt(node = process.execPath): Promise<void> {
  terminal = new TerminalUnderTest({
    program: 'bash',
    args: ['--norc', '--noprofile', '-i'],
    environment: { ...nowhere(home), PS1: 'shell> ' },
  });
  await terminal.shows('shell>');
  terminal.type(`'${node}' '${launcher}'\r`);
  await terminal.shows('1 HEALTH');
  cockpit = childrenOf(terminal.pid)[0] ?? 0;
}

const command = `'${process.execPath}' '${launcher}'`;

/** Alternate screen left, cursor shown, lines and echo on, no mouse, no bracketed paste. */
function expectRestored(): void {
  expect(terminal.fullScreen).toBe(false);
  expect(terminal.emulator.modes).toMatchObject({ bracketedPasteMode: false, mouseTrackingMode: 'none' });
  expect(terminal.raw.lastIndexOf('\u001b[?25h')).toBeGreaterThan(terminal.raw.lastIndexOf('\u001b[?25l'));
  expect(terminal.raw).toMatch(/^isig icanon iexten echo /m);
  // Every other setting too, to the last character.
  if (terminal.raw.includes('ended with')) expect(terminal.raw).toContain('as before');
}

describe('ended by', () => {
  test.each([
    ['SIGTERM', 143],
    ['SIGHUP', 129],
    ['SIGINT', 130],
    ['SIGQUIT', 131],
  ] as const)('%s', async (signal, code) => {
    await belowShell(`${command}; echo "ended with $?"; stty -a`);
    process.kill(cockpit, signal);
    await terminal.ends();
    await terminal.shows(`ended with ${code}`);
    expectRestored();
  });

  test('two signals at once', async () => {
    await belowShell(`${command}; echo "ended with $?"; stty -a`);
    process.kill(cockpit, 'SIGTERM');
    process.kill(cockpit, 'SIGINT');
    await terminal.ends();
    await terminal.shows(/ended with 1(43|30)/);
    expectRestored();
  });

  test('SIGTERM while the terminal hangs, as soon as it reads again', async () => {
    await belowShell(`${command}; echo "ended with $?"; stty -a`, { columns: 200, rows: 60 });
    await stall();
    process.kill(cockpit, 'SIGTERM');
    terminal.readsOn();
    await terminal.ends();
    await terminal.shows('ended with 143');
    expectRestored();
  });

  test.each([
    ['SIGTERM', 143],
    ['SIGHUP', 129],
    ['SIGINT', 130],
  ] as const)('%s while the terminal hangs and goes on hanging', async (signal, code) => {
    await belowShell(`${command}; echo "ended with $?"`, { columns: 200, rows: 60 });
    await stall();
    process.kill(cockpit, signal);
    await expect.poll(() => alive(cockpit), { timeout: 60_000 }).toBe(false);
    terminal.readsOn();
    await terminal.ends();
    expect(terminal.raw).toContain(`ended with ${code}`);
    // Not the screen, which was never taken back, but the terminal's modes.
    expect(terminal.raw).toContain('as before');
  });

  test('SIGTERM while the terminal of a drill hangs: its servers end too', async () => {
    terminal = new TerminalUnderTest({ args: ['drill', 'calm'], environment: { HOME: home }, columns: 200, rows: 60 });
    await terminal.shows('1 HEALTH');
    cockpit = terminal.pid;
    const [servers = 0] = childrenOf(cockpit);
    expect(alive(servers)).toBe(true);
    await stall();
    process.kill(cockpit, 'SIGTERM');
    await expect.poll(() => alive(cockpit) || alive(servers), { timeout: 60_000 }).toBe(false);
    terminal.readsOn();
  });
});

/** What the screen's thread has written so far. */
const written = () => Number(/^wchar: (\d+)$/m.exec(readFileSync(`/proc/${cockpit}/task/${cockpit}/io`, 'utf8'))?.[1]);

/** Older than 22, the launcher is a process of its own. */
const systemNode = ['/usr/bin/node', '/usr/local/bin/node'].find(existsSync);

describe.runIf(systemNode)('below the Node of the system,', () => {
  test.each([
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('%s to the launcher', async (signal, code) => {
    await belowShell(`'${systemNode}' '${launcher}'; echo "ended with $?"; stty -a`);
    process.kill(cockpit, signal);
    await terminal.ends();
    await terminal.shows(`ended with ${code}`);
    expectRestored();
  });

  test('ctrl-z and fg, twice', async () => {
    await belowPrompt(systemNode);
    for (let turn = 0; turn < 2; turn += 1) {
      await terminal.press('ctrl-z').shows(/Stopped[\s\S]*^shell>$/m);
      expect(terminal.fullScreen).toBe(false);
      terminal.type('clear; fg\r');
      await terminal.shows('1 HEALTH');
      expect(terminal.fullScreen).toBe(true);
    }
    await terminal.press('q').shows(/^shell>$/m);
  });
});

/** Nobody reads any more, and it draws until nothing more goes into the terminal. */
async function stall(): Promise<void> {
  terminal.stalls();
  let before = 0;
  await expect
    .poll(
      () => {
        const more = written() - before;
        before += more;
        if (more > 0) terminal.press('ctrl-l');
        return more;
      },
      { timeout: 60_000, interval: 90 },
    )
    .toBe(0);
}

describe('cut off:', () => {
  test.each([false, true])('the window is closed (hanging: %s)', async (hanging) => {
    terminal = new TerminalUnderTest({ environment: nowhere(home), columns: 200, rows: 60 });
    await terminal.shows('1 HEALTH');
    cockpit = terminal.pid;
    if (hanging) await stall();
    terminal.hangUp();
    await expect.poll(() => alive(cockpit), { timeout: 30_000 }).toBe(false);
  });
});

/** It is or was on the screen: a busy machine may look when the engine is there again. */
const says = (what: string) => expect.poll(() => terminal.raw, { timeout: 60_000 }).toContain(what);

test('a failed engine is reported and restarted', async () => {
  const thrower = path.join(home, 'thrower.mjs');
  writeFileSync(
    thrower,
    `import { existsSync, writeFileSync } from 'node:fs';
     import { isMainThread } from 'node:worker_threads';
     const thrown = ${JSON.stringify(path.join(home, 'thrown'))};
     if (!isMainThread && !existsSync(thrown)) setTimeout(() => {
       writeFileSync(thrown, '');
       throw new Error('boom \\u001b]0;OWNED\\u0007');
     }, 500);`,
  );
  terminal = new TerminalUnderTest({
    environment: { ...nowhere(home), NODE_OPTIONS: `--import=${thrower}` },
    columns: 120,
  });
  await says('the engine stopped (boom )');
  expect(terminal.fullScreen).toBe(true);
  await terminal.hides('the engine stopped');
  await terminal.shows(/● redis +connection refused/);
  expect((await terminal.press('q').ends()).code).toBe(0);
});

test('an engine out of memory is reported and restarted, and the screen stays', async () => {
  const eater = path.join(home, 'eater.mjs');
  writeFileSync(
    eater,
    `import { existsSync, writeFileSync } from 'node:fs';
     import { isMainThread } from 'node:worker_threads';
     const eaten = ${JSON.stringify(path.join(home, 'eaten'))};
     if (!isMainThread && !existsSync(eaten)) setTimeout(() => {
       writeFileSync(eaten, '');
       for (const all = []; ; ) all.push(new Array(100_000).fill(all.length).map((n) => ({ n })));
     }, 500);`,
  );
  terminal = new TerminalUnderTest({
    environment: { ...nowhere(home), NODE_OPTIONS: `--import=${eater} --max-old-space-size=160` },
    columns: 120,
  });
  await says('the engine stopped (it ran out of memory');
  expect(terminal.fullScreen).toBe(true);
  await terminal.hides('the engine stopped');
  await terminal.shows(/● redis +connection refused/);
  expect((await terminal.press('q').ends()).code).toBe(0);
});

test('a hanging credential plugin ends with the cockpit', async () => {
  const [kubeconfig, started] = [path.join(home, 'kubeconfig'), path.join(home, 'started')];
  const plugin = { apiVersion: 'client.authentication.k8s.io/v1', interactiveMode: 'Never', command: 'sh' };
  const args = ['-c', `echo $$ > '${started}'; exec sleep 600`];
  const config = {
    'current-context': 'hangs',
    clusters: [{ name: 'hangs', cluster: { server: 'https://127.0.0.1:1' } }],
    users: [{ name: 'hangs', user: { exec: { ...plugin, args } } }],
    contexts: [{ name: 'hangs', context: { cluster: 'hangs', user: 'hangs' } }],
  };
  writeFileSync(kubeconfig, JSON.stringify(config));
  await belowShell(`KUBECONFIG='${kubeconfig}' ${command}; echo "ended with $?"; read -r`, { columns: 120 });
  await terminal.shows('waiting for sh; it may need your input');
  await terminal.shows(/● redis +connection refused/);
  const hanging = Number(readFileSync(started, 'utf8'));
  expect(alive(hanging)).toBe(true);
  await terminal.press('q').shows('ended with 0');
  await expect.poll(() => alive(hanging), { timeout: 60_000 }).toBe(false);
});

describe('stopped by', () => {
  test('SIGTSTP from another process: the shell gets its terminal, and fg returns', async () => {
    await belowPrompt();
    for (let turn = 0; turn < 2; turn += 1) {
      process.kill(cockpit, 'SIGTSTP');
      await terminal.shows(/Stopped[\s\S]*^shell>$/m);
      expect(terminal.fullScreen).toBe(false);
      terminal.type('stty -a\r');
      await terminal.shows(/^isig icanon /m);
      terminal.type('fg\r');
      await terminal.shows('1 HEALTH');
      expect(terminal.fullScreen).toBe(true);
    }
    await terminal.press('?').shows('every');
  });

  test('SIGSTOP: fg redraws everything, and keys work', async () => {
    await belowPrompt();
    process.kill(cockpit, 'SIGSTOP');
    await terminal.shows('Stopped');
    terminal.type('clear; echo litter-$((6*7))\r');
    await terminal.shows('litter-42');
    terminal.type('fg\r');
    await terminal.shows('5 STUDIES');
    await terminal.hides('litter');
    await terminal.press('?').shows('every');
    const status = readFileSync(`/proc/${cockpit}/status`, 'utf8');
    expect(status).toMatch(/State:\s+[SR]/);
  });
});
