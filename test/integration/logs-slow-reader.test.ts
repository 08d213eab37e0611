// A reader that takes its time holds up the log where it is: at the server, and not in the memory of the program.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';
import { spawn as spawnInTerminal } from 'node-pty';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ApiServer } from '../support/api-server.ts';

const launcher = fileURLToPath(new URL('../../bin/bentham-cockpit.cjs', import.meta.url));
/** Megabytes of the program, whatever the reader does: without pauses it takes more than a thousand. */
const mostMemory = 200;
const total = 300_000;

let server: ApiServer;
/** Lines that the server has sent, and was told were taken by the network. */
let sent = 0;

beforeEach(async () => {
  server = new ApiServer();
  sent = 0;
  server.handle = (url, res) => {
    if (url.pathname.endsWith('/log')) return pour(res);
    const item = {
      metadata: { name: 'a', uid: 'a' },
      spec: { containers: [{ name: 'main' }] },
      status: { phase: 'Running', containerStatuses: [{ name: 'main', state: { running: {} } }] },
    };
    if (url.searchParams.get('watch') === 'true') return res.flushHeaders();
    return res.end(JSON.stringify({ metadata: { resourceVersion: '1' }, items: [item] }));
  };
  await server.start();
});
afterEach(() => server.end());

function pour(res: ServerResponse): void {
  const begun = Date.now() - 3_600_000;
  const more = () => {
    while (sent < total) {
      const at = new Date(begun + sent).toISOString();
      sent += 1;
      const line = { level: 30, reqId: `req-${sent}`, studyId: 'study_abc', msg: `line ${sent} ${'x'.repeat(100)}` };
      if (!res.write(`${at} ${JSON.stringify(line)}\n`)) return void res.once('drain', more);
    }
    res.end();
  };
  more();
}

function argsOf(...args: string[]) {
  const { kubeconfig } = server.settings().kubernetes;
  const all = ['logs', '--since', 'all', '--kubeconfig', kubeconfig ?? '', '-n', 'bentham', '--profile', 'staging'];
  return [launcher, ...all, ...args];
}

const started = (...args: string[]) =>
  spawn(process.execPath, argsOf(...args), { stdio: ['ignore', 'pipe', 'inherit'] });

/** Until the server cannot get rid of anything any more: whatever the program takes, it has taken. */
async function stands(): Promise<void> {
  let before = -1;
  await expect
    .poll(
      () => {
        const isSame = sent > 0 && sent === before;
        before = sent;
        return isSame;
      },
      { timeout: 60_000, interval: 1000 },
    )
    .toBe(true);
}

/** The most memory that a process ever had, in megabytes. */
const peak = (pid: number) => Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

it.each(['--json', '--utc'])(
  'takes little memory for a reader that reads nothing, then all: %s',
  async (form) => {
    const child = started(form);
    const pid = child.pid ?? 0;
    await stands();
    expect(sent).toBeLessThan(total);
    const stuck = peak(pid);
    let lines = 0;
    let highest = stuck;
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
      for (const byte of chunk) if (byte === 10) lines += 1;
      if (child.exitCode === null && lines < total) highest = Math.max(highest, peak(pid));
    }
    expect(lines).toBe(total);
    expect(stuck).toBeLessThan(mostMemory);
    expect(highest).toBeLessThan(mostMemory);
  },
  120_000,
);

it('does not keep an interrupted program for a reader that reads nothing', async () => {
  const child = started('--follow');
  await stands();
  child.kill('SIGINT');
  // 'exit' and not 'close': nobody reads what it wrote.
  expect(await new Promise((done) => child.on('exit', done))).toBe(0);
}, 120_000);

it.each([
  ['SIGINT', '--follow', 0],
  ['SIGTERM', '--json', 143],
] as const)(
  'a terminal that takes nothing keeps no %s away: %s',
  async (signal, form, code) => {
    const child = spawnInTerminal(process.execPath, argsOf(form), {});
    child.pause();
    await stands();
    expect(sent).toBeLessThan(total);
    const ended = new Promise((done) => child.onExit(done));
    process.kill(child.pid, signal);
    expect(await ended).toMatchObject({ exitCode: code });
  },
  120_000,
);
