// Five thousand pods, logs that pour in, and a terminal that is not read: the memory stays bounded. Whatever the machine
// has, each of the cockpit's two threads gets a small heap, and would end by it if anything piled up.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Drill } from '../../simulator/drill.ts';
import { drillOf } from '../support/drill.ts';
import { type Middle, standBetween } from '../support/proxy.ts';
import { TerminalUnderTest } from '../support/terminal.ts';

/** Megabytes of each thread's heap. */
const heap = 256;
const megabyte = 1024 * 1024;

let drill: Drill;
let middle: Middle;
let terminal: TerminalUnderTest;

beforeAll(async () => {
  drill = await drillOf('calm', { pods: 5000 });
  middle = await standBetween(drill.environment);
  terminal = new TerminalUnderTest({
    columns: 160,
    rows: 44,
    environment: { ...middle.environment, NODE_OPTIONS: `--max-old-space-size=${heap}` },
  });
});
afterAll(async () => {
  await terminal?.close();
  await middle?.stop();
  await drill?.stop();
});

/** Resolves when the cockpit has taken so much more of the cluster. */
async function taken(bytes: number, from: number): Promise<void> {
  const { kubernetes } = middle.proxies;
  await expect.poll(() => kubernetes.answered - from, { timeout: 60_000, interval: 20 }).toBeGreaterThan(bytes);
}

test('five thousand pods, listed repeatedly', async () => {
  await terminal.shows(/2 PODS .* 50\d\d\/50\d\d ready/, 60_000);
  const { kubernetes } = middle.proxies;
  const before = kubernetes.answered;
  // A refresh joins the list that is under way, so how many lists there are depends on the machine: bytes are counted.
  const refreshed = () => {
    terminal.press('R');
    return kubernetes.answered - before;
  };
  await expect.poll(refreshed, { timeout: 180_000, interval: 500 }).toBeGreaterThan(60 * megabyte);
  await terminal.press('2', 'z', 'G').shows(/▌✓ +orchestrator-/);
  await terminal.press('g').shows(/▌. +browser-worker-/);
  await terminal.press('esc').shows('1 HEALTH');
});

test('every size down to 20 columns and five rows is drawn', async () => {
  await terminal.resize(20, 5).shows('too small');
  await terminal.resize(2, 1).settles();
  await terminal.resize(160, 44).shows(/2 PODS .* 50\d\d\/50\d\d ready/);
  for (const title of ['HEALTH', 'METRICS', 'SURFACES', 'STUDIES']) {
    await terminal.shows(title);
    expect(terminal.text.match(new RegExp(title, 'g'))).toHaveLength(1);
  }
});

test('logs arrive while the terminal is stalled', async () => {
  terminal.readsOn();
  await terminal.press('1', 'l').shows(/\d streams/);
  const gateways = drill.kubernetes.podsOf('api-gateway');
  // Their streams are open: of two hundred pods, they may be the last.
  await terminal.type('e').shows('/level=error');
  for (const [at, { metadata }] of gateways.entries()) {
    drill.kubernetes.logs.write(metadata.uid, JSON.stringify({ level: 60, msg: `before the flood ${at}` }), Date.now());
    await terminal.shows(`before the flood ${at}`, 120_000);
  }
  terminal.stalls();
  const text = 'x'.repeat(1000);
  for (let poured = 0; poured < heap * 1.2; ) {
    const before = middle.proxies.kubernetes.answered;
    for (const { metadata } of gateways) {
      const lines = Array.from({ length: 1000 }, (_, at) => JSON.stringify({ level: 30, msg: `${at} ${text}` }));
      drill.kubernetes.logs.write(metadata.uid, lines.join('\n'), Date.now());
    }
    await taken(gateways.length * megabyte * 0.9, before);
    poured += gateways.length;
  }
  const last = gateways[0]?.metadata.uid ?? '';
  drill.kubernetes.logs.write(last, JSON.stringify({ level: 60, msg: 'the last of the flood' }), Date.now());
  terminal.readsOn();
  await terminal.shows('the last of the flood', 60_000);
  expect(terminal.text).toContain('older lines dropped');
  expect(terminal.text).not.toContain('engine stopped');
  expect(terminal.raw).not.toContain('engine stopped');
  await terminal.press('esc', 'esc').shows('5 STUDIES');
});
