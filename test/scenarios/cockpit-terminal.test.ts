// The cockpit in a real terminal with nothing behind it: it draws, it listens, and it gives the terminal back.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { alive, nowhere, type TerminalOptions, TerminalUnderTest } from '../support/terminal.ts';

const launcher = fileURLToPath(new URL('../../bin/bentham-cockpit.cjs', import.meta.url));
let home = '';
let terminal: TerminalUnderTest;

function open({ environment, ...options }: TerminalOptions = {}): TerminalUnderTest {
  terminal = new TerminalUnderTest({ environment: { ...nowhere(home), ...environment }, ...options });
  return terminal;
}

beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'bentham-terminal-'));
});

afterEach(async () => {
  await terminal.close();
  rmSync(home, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
});

function expectRestored(): void {
  expect(terminal.fullScreen).toBe(false);
  expect(terminal.emulator.modes.bracketedPasteMode).toBe(false);
  expect(terminal.raw.lastIndexOf('\u001b[?25h')).toBeGreaterThan(terminal.raw.lastIndexOf('\u001b[?25l'));
}

describe('the cockpit with nothing behind it', () => {
  test('draws all panes, and q restores the terminal', async () => {
    open();
    await terminal.shows('PRODUCTION');
    for (const pane of ['1 HEALTH', '2 PODS', '3 METRICS', '4 SURFACES', '5 STUDIES']) await terminal.shows(pane);
    expect(terminal.fullScreen).toBe(true);
    expect(await terminal.press('q').ends()).toEqual({ code: 0, signal: 0 });
    expectRestored();
    expect(alive(terminal.pid)).toBe(false);
  });

  test('an uncaught error restores the terminal, is printed, and fails', async () => {
    const [thrower, go] = [path.join(home, 'thrower.mjs'), path.join(home, 'go')];
    writeFileSync(
      thrower,
      `import { existsSync } from 'node:fs';
       import { isMainThread } from 'node:worker_threads';
       if (isMainThread) setInterval(() => { if (existsSync(${JSON.stringify(go)})) throw new Error('boom'); }, 50);`,
    );
    open({ environment: { NODE_OPTIONS: `--import=${thrower}` } });
    await terminal.shows('1 HEALTH');
    writeFileSync(go, '');
    expect((await terminal.ends()).code).toBe(1);
    expectRestored();
    await terminal.shows('boom');
  });

  test('ctrl-z goes back to the shell and fg returns', async () => {
    open({ program: 'bash', args: ['--norc', '--noprofile', '-i'], environment: { PS1: 'shell> ' } });
    await terminal.shows('shell>');
    terminal.type(`${process.execPath} ${launcher}\r`);
    await terminal.shows('1 HEALTH');
    terminal.press('ctrl-z');
    await terminal.shows('Stopped');
    expect(terminal.fullScreen).toBe(false);
    terminal.type('fg\r');
    await terminal.shows('1 HEALTH');
    expect(terminal.fullScreen).toBe(true);
    terminal.press('q');
    await terminal.shows(/shell> *$/m);
    expect(terminal.fullScreen).toBe(false);
    terminal.type('exit\r');
    await terminal.ends();
  });

  test('keys typed ahead are handled one by one', async () => {
    await open().shows('1 HEALTH');
    await terminal.type('3jjj').shows('▌? DB connections');
    await terminal.type(':metrics\r').shows('by runbook');
    terminal.press('esc');
    await terminal.shows('5 STUDIES');
  });

  test('pasted text is no keys, and text fields get it sanitized', async () => {
    await open().shows('1 HEALTH');
    await terminal.paste('q').shows('pasted text ignored: it is never read as keys');
    await terminal.press(':').shows(': █');
    await terminal.paste('met\u001b[31mrics\n').shows(': metrics');
  });

  test('ten thousand pasted characters are no keys, with and without bracketed paste', async () => {
    const text = 'q\ni1y:quit\r\u0003 and so on jjj '.repeat(350).slice(0, 10_000);
    await open().shows('1 HEALTH');
    await terminal.settles();
    await terminal.paste(text).shows('pasted text ignored: it is never read as keys');
    terminal.type(text.replaceAll('\n', '\r').replaceAll('\u0003', ''));
    await terminal.settles();
    await terminal.shows('5 STUDIES');
    await terminal.press(':').shows(': █');
    await terminal.paste(`logs${'x'.repeat(9_000)}\n`).shows('no match');
    await terminal.press('ctrl-u').shows(': █');
    expect(terminal.fullScreen).toBe(true);
  });

  test('a resize is drawn at once; a terminal that is too small says so', async () => {
    await open({ columns: 120, rows: 40 }).shows('1 HEALTH');
    await terminal.resize(50, 12).shows('50×12 is too small');
    expect(terminal.text).not.toContain('HEALTH');
    await terminal.resize(80, 24).shows('5 STUDIES');
    expect(terminal.text).not.toContain('too small');
    expect(terminal.text.match(/HEALTH/g)).toHaveLength(1);
  });

  test('ctrl-l redraws the whole screen after other output on the terminal', async () => {
    await open().shows('1 HEALTH');
    await terminal.settles();
    terminal.emulator.write('\r\n\r\nBroadcast message\r\n');
    await terminal.shows('Broadcast message');
    await terminal.press('ctrl-l').hides('Broadcast message');
    await terminal.shows(/^ PRODUCTION/);
    await terminal.shows('? help');
    expect(terminal.text.match(/HEALTH/g)).toHaveLength(1);
  });

  test.each([
    ['saves', `printf 'two pods\\ncrash\\n' > "$1"`, 'two pods crash█'],
    ['is killed', 'kill -9 $$', 'ended with SIGKILL'],
  ])('an editor that %s gives the terminal back, with the form still open', async (_, does, shows) => {
    const editor = path.join(home, 'editor');
    writeFileSync(editor, `#!/bin/sh\necho EDITOR RUNS\nread line\n${does}\n`, { mode: 0o700 });
    await open({ environment: { EDITOR: editor, VISUAL: '' } }).shows('1 HEALTH');
    await terminal.type(':arm\r').shows('^e editor');
    await terminal.press('ctrl-e').shows('EDITOR RUNS');
    terminal.type('x\r');
    await terminal.shows(shows);
    await terminal.shows('reason (recorded in the journal)');
    expect(terminal.fullScreen).toBe(true);
    // Saving confirmed nothing.
    await terminal.press('esc').shows('read-only');
  });

  test('y copies the row to the terminal’s clipboard', async () => {
    await open().shows('1 HEALTH');
    await terminal.press('3', 'j', 'y').shows('copied: p95');
    expect(terminal.raw).toContain(`\u001b]52;c;${Buffer.from('p95').toString('base64')}\u0007`);
  });

  test('y on a step with several commands keeps a line for each', async () => {
    await open().shows('1 HEALTH');
    await terminal.press(':', ...'security incident response').shows('Security incident response');
    await terminal.press('enter').shows('Isolate affected systems');
    await terminal.press('j').shows('command   kubectl logs');
    await terminal.press('y').shows('copied: 3 commands');
    const copies = [...terminal.raw.matchAll(/\u001b\]52;c;([\w+/=]+)\u0007/g)].map(([, base64 = '']) =>
      Buffer.from(base64, 'base64').toString(),
    );
    expect(copies.at(-1)?.split('\n')).toEqual([
      expect.stringMatching(/^kubectl logs .* > incident-logs\.txt$/),
      expect.stringMatching(/^kubectl logs .* > gateway-previous\.txt$/),
      expect.stringMatching(/^kubectl get events .* > incident-events\.txt$/),
    ]);
  });

  test('CI in the environment changes nothing', async () => {
    await open({ environment: { CI: 'true' } }).shows('5 STUDIES');
    expect(terminal.fullScreen).toBe(true);
  });

  test('a light terminal that says so gets the light theme, its answer is no key, and a deaf one is not asked', async () => {
    open();
    await terminal.shows('1 HEALTH');
    await expect.poll(() => terminal.raw, { timeout: 60_000 }).toContain('\u001b]11;?\u0007');
    const drawn = terminal.raw.length;
    terminal.type('\u001b]11;rgb:ffff/ffff/ffff\u0007');
    // Keys of the light theme are dark blue, those of the dark one cyan.
    await expect.poll(() => terminal.raw.slice(drawn), { timeout: 60_000 }).toContain('38;5;24m');
    await terminal.press('3').shows('▸3 METRICS');
    await terminal.press('q').ends();
    open({ program: 'bash', args: ['-c', `TERM=linux exec '${process.execPath}' '${launcher}'`] });
    await terminal.shows('1 HEALTH');
    await terminal.press('q').ends();
    expect(terminal.raw).not.toContain('\u001b]11;?');
  });

  test('whoever quits before the terminal has answered finds no answer in the shell', async () => {
    open({ program: 'bash', args: ['--norc', '--noprofile', '-i'], environment: { PS1: 'shell> ' } });
    await terminal.shows('shell>');
    terminal.type(`'${process.execPath}' '${launcher}'; echo left\r`);
    await expect.poll(() => terminal.raw, { timeout: 60_000 }).toContain('\u001b]11;?\u0007');
    terminal.type('q').type('\u001b]11;rgb:0000/0000/0000\u001b\\');
    await terminal.shows(/^left/m);
    await terminal.settles();
    expect(terminal.text).not.toContain('rgb:');
  });

  test('NO_COLOR is honoured', async () => {
    await open({ environment: { NO_COLOR: '1' } }).shows('5 STUDIES');
    expect(terminal.raw).not.toMatch(/\u001b\[([\d;]*;)?(3|4|9|10)[0-7][;m]/);
  });

  test('a dumb terminal gets no screen', async () => {
    open({ program: 'bash', args: ['-c', `TERM=dumb exec '${process.execPath}' '${launcher}'`] });
    await terminal.ends();
    expect(terminal.raw).toContain('TERM=dumb');
    expect(terminal.raw).not.toContain('\u001b[?1049h');
  });
});
