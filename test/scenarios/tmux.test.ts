// The cockpit where most people have it: in tmux.
import { mkdtempSync, rmSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { launcher } from '../support/drill.ts';
import { nowhere, type TerminalUnderTest } from '../support/terminal.ts';
import { TmuxUnderTest, tmux } from '../support/tmux.ts';

let home = '';
let server: TmuxUnderTest;
let client: TerminalUnderTest;

beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'bentham-tmux-'));
});
afterEach(async () => {
  await server.close();
  await client.close();
  rmSync(home, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
});

async function within(options: Readonly<Record<string, string>> = {}, command = 'exec bash --norc --noprofile -i') {
  server = new TmuxUnderTest(home, command, options, { ...nowhere(home), PS1: 'shell> ' });
  client = server.attach();
  await client.shows('shell>');
}

async function start() {
  client.type(`clear; '${process.execPath}' '${launcher}'\r`);
  await client.shows('1 HEALTH');
}

const inBase64 = (text: string) => Buffer.from(text).toString('base64');

describe.runIf(tmux)('in tmux', () => {
  test('the title is the cockpit’s while it runs, and is restored afterwards', async () => {
    await within();
    await start();
    await expect.poll(() => server.says('pane_title')).toMatch(/PRODUCTION · bentham$/);
    await client.press('ctrl-z').shows('Stopped');
    expect(server.says('pane_title')).toBe(hostname());
    client.type('clear; fg\r');
    await client.shows('1 HEALTH');
    await expect.poll(() => server.says('pane_title')).toMatch(/PRODUCTION · bentham$/);
    await client.press('q').shows(/^shell>$/m);
    expect(server.says('pane_title')).toBe(hostname());
  });

  test.each([
    ['as tmux comes', {}],
    ['set-clipboard on, allow-passthrough on', { 'set-clipboard': 'on', 'allow-passthrough': 'on' }],
    ['set-clipboard on, allow-passthrough off', { 'set-clipboard': 'on', 'allow-passthrough': 'off' }],
  ])('y copies to the outer terminal and says so: %s', async (_, options) => {
    await within(options);
    await start();
    await client.press('3', 'j', 'y').shows('copied: p95, also to the tmux buffer');
    expect(server.buffer).toBe('p95');
    await expect.poll(() => client.raw).toMatch(new RegExp(`52;c?;${inBase64('p95')}`));
  });

  test('with set-clipboard off, the copy is in tmux’s buffer', async () => {
    await within({ 'set-clipboard': 'off' });
    await start();
    await client.press('3', 'j', 'y').shows('copied: p95, also to the tmux buffer');
    expect(server.buffer).toBe('p95');
  });

  test('with tmux behind ssh, the notice names what can block a copy', async () => {
    await within();
    client.type('unset TMUX\r');
    await start();
    await client.press('3', 'j', 'y').shows('copied: p95 if tmux allows it (set-clipboard on)');
  });

  test('the theme follows the background that tmux tells', async () => {
    await within({ 'window-style': 'bg=#ffffff' });
    await start();
    // Keys of the light theme; those of the dark one are cyan.
    await expect.poll(() => client.raw, { timeout: 60_000 }).toMatch(/38;5;24[;m]/);
    await client.press('3').shows('▸3 METRICS');
  });

  test('doctor names the options of tmux that delay esc and keep copies', async () => {
    await within({ 'escape-time': '500', 'set-clipboard': 'off' });
    client.type(`clear; '${process.execPath}' '${launcher}' doctor --timeout 1 | tail -6\r`);
    await client.shows('esc is late, copies stay in tmux', 60_000);
    await client.shows('set -s escape-time 10');
  });

  test('after a detach and an attach at another size, everything is drawn once', async () => {
    await within();
    await start();
    server.detach();
    await client.ends();
    client = server.attach({ columns: 120, rows: 40 });
    await client.shows('5 STUDIES');
    await client.settles();
    expect(client.lines[0]).toMatch(/^ PRODUCTION/);
    expect(client.text.match(/HEALTH/g)).toHaveLength(1);
  });

  test('every size down to 20×5 and back is drawn', async () => {
    await within();
    await start();
    for (const [columns, rows] of [
      [59, 15],
      [40, 10],
      [20, 5],
    ] as const) {
      client.resize(columns, rows);
      await client.shows(new RegExp(`^ PROD[^]*${columns}×${rows - 1} is too small`));
    }
    client.resize(80, 25);
    await client.shows('5 STUDIES');
    expect(client.text.match(/HEALTH/g)).toHaveLength(1);
    expect(client.text).not.toContain('too small');
  });

  test('late answers of the terminal to other programs are no keys', async () => {
    await within();
    await start();
    client.type('\u001b]11;rgb:1e1e/1e1e/1e1e\u001b\\').type('\u001bP>|xterm(390)\u001b\\').type('\u001b[I\u001b[O');
    client.type('\u001b[<64;10;10M\u001b[?1u');
    await client.settles();
    await client.press('3').shows('▸3 METRICS');
    expect(client.text).toContain('5 STUDIES');
  });

  test('ten thousand pasted characters are no keys, and a field gets them sanitized', async () => {
    const text = 'q\ni1y:quit\r and so on jjj '.repeat(400).slice(0, 10_000);
    await within();
    await start();
    client.type(`\u001b[200~${text}\u001b[201~`);
    await client.shows('pasted text ignored: it is never read as keys');
    await client.shows('5 STUDIES');
    await client.press(':').shows(': █');
    client.type(`\u001b[200~logs${'x'.repeat(9_000)}\n\u001b[201~`);
    await client.shows('no match');
    await client.press('esc').shows('5 STUDIES');
  });
});
