// `join` as a program, over a real Redis: what there is to choose at the start, and everything that happened before.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { Middleman } from '../support/proxy.ts';
import { cockpit, endCockpits, opens } from '../support/relay-cockpits.ts';
import { endRelayServers, relayServers } from '../support/relay-servers.ts';
import { nowhere, TerminalUnderTest } from '../support/terminal.ts';

const ends: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
  await endCockpits();
  await endRelayServers();
});

function joins(name: string, port: number, size: { columns: number; rows: number }): TerminalUnderTest {
  const home = mkdtempSync(path.join(tmpdir(), 'bentham-join-'));
  const terminal = new TerminalUnderTest({
    args: ['join', `redis://127.0.0.1:${port}`],
    environment: { PATH: process.env.PATH ?? '', ...nowhere(home), BENTHAM_PERSON: name },
    ...size,
  });
  ends.push(async () => {
    await terminal.close();
    rmSync(home, { recursive: true, force: true });
  });
  return terminal;
}

describe.each(relayServers)('with $name', ({ started }) => {
  test('several open incidents are listed at the start; the chosen one is shown with all that happened', async () => {
    const { port } = await started();
    const proxy = await Middleman.before('127.0.0.1', port);
    ends.push(() => proxy.stop());
    const [ana, eve] = [await cockpit('ana', port), await cockpit('eve', proxy.port)];
    // Each opens one while they do not see each other.
    await proxy.be('refuses');
    await eventually(() => expect(eve.context?.relay?.state).toBe('away'));
    ana.do(opens).do({ do: 'note', text: 'the pager went off' });
    eve.do({ do: 'open', severity: 4, why: 'slow' }).do({ do: 'note', text: 'since the deploy' });
    await eventually(() => expect([ana.notes(), eve.notes()]).toEqual([['the pager went off'], ['since the deploy']]));
    await proxy.be('works');
    await eventually(() => expect(ana.context?.open).toHaveLength(1));

    const ben = joins('ben', port, { columns: 80, rows: 24 });
    await ben.shows('2 open; enter shows one');
    await ben.shows(/SEV1 +Complete API outage/);
    await ben.shows(/SEV4 /);
    // One of them has the marker; both can be reached.
    for (const [title, note] of [
      ['SEV4', 'since the deploy'],
      ['SEV1', 'the pager went off'],
    ] as const) {
      for (let turn = 0; turn < 3 && !new RegExp(`▌${title}`).test(ben.text); turn += 1) {
        ben.press(turn === 1 ? 'k' : 'j');
        await ben.settles();
      }
      await ben.shows(new RegExp(`▌${title}`));
      await ben.settles();
      ben.press('enter');
      await ben.shows(new RegExp(`^ ${title} .*step 1 of`, 'm'));
      await ben.settles();
      ben.press('t');
      await ben.shows(note);
      await ben.settles();
      ben.press('esc');
      await ben.shows(/step 1 of/);
      await ben.settles();
      ben.press(':');
      ben.type('incidents: choose');
      await ben.settles();
      ben.press('enter');
      await ben.shows('2 open; enter shows one');
      await ben.settles();
    }
    ben.press('q');
    await ben.ends();
  });

  test('the only open one is shown at once; who joins is seen with the screen that is open', async () => {
    const { port } = await started();
    const ana = await cockpit('ana', port);
    ana.do(opens);
    await eventually(() => expect(ana.incident).toBeDefined());
    const ben = joins('ben', port, { columns: 120, rows: 40 });
    await ben.shows(/step 1 of/);
    await ben.shows('not admitted: ask ana');
    await ben.settles();
    ben.press('l');
    await eventually(() => expect(ana.context?.here.find(({ name }) => name === 'ben')?.screen).toMatch(/LOGS/));
    ana.do({
      do: 'key',
      key: ana.context?.here.find(({ name }) => name === 'ben')?.key ?? '',
      change: 'admitted',
      why: 'x',
    });
    await ben.hides('not admitted');
    ben.press('q');
    await ben.ends();
    await eventually(() => expect(ana.context?.here.map(({ name }) => name)).toEqual(['ana']));
  });
});
