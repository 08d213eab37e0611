// The pictures of docs/war-room.md: three people on one incident, each with a cockpit and a journal of their own, and a
// second incident that was opened meanwhile.
import { rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { startRelayServer } from '../simulator/redis/relay-server.ts';
import { privateDirectory } from '../src/disk/private-directory.ts';
import { drillOf } from '../test/support/drill.ts';
import { TerminalUnderTest } from '../test/support/terminal.ts';
import { drawSvg } from './svg.ts';

const patience = 90_000;
const large = { columns: 120, rows: 32 };
const small = { columns: 80, rows: 24 };

/** Draws the list of open incidents that who joins chooses from, and the people of one incident. */
export async function shootWarRoom(): Promise<void> {
  const home = await privateDirectory('pictures');
  const drill = await drillOf('api-outage');
  let relay = await startRelayServer();
  const { port } = relay;
  const open: TerminalUnderTest[] = [];
  const person = (name: string, size: { columns: number; rows: number }, args: readonly string[] = []) => {
    const environment = {
      ...drill.environment,
      COLORTERM: 'truecolor',
      FORCE_COLOR: '1',
      BENTHAM_PERSON: name,
      BENTHAM_JOURNAL_DIRECTORY: path.join(home, name),
      BENTHAM_INCIDENT_RELAY: `redis://127.0.0.1:${port}`,
    };
    const terminal = new TerminalUnderTest({ args, environment, ...size });
    open.push(terminal);
    return terminal;
  };
  const press = async (terminal: TerminalUnderTest, key: string, sees: string | RegExp) => {
    await terminal.settles(300);
    terminal.press(key);
    await terminal.shows(sees, patience);
  };
  /** Moves the marker until it is on the row. */
  const marks = async (terminal: TerminalUnderTest, key: string, row: RegExp) => {
    for (;;) {
      await terminal.settles(300);
      if (row.test(terminal.text)) return;
      terminal.press(key);
    }
  };
  const takes = async (terminal: TerminalUnderTest, keys: readonly string[]) => {
    await press(terminal, 'i', 'suggested SEV');
    for (const key of keys) await press(terminal, key, /./);
    await press(terminal, 'enter', '[x] open the incident');
    await press(terminal, 'y', /step \d of \d/);
  };
  const draw = async (terminal: TerminalUnderTest, file: string, title: string) => {
    await terminal.settles(500);
    await writeFile(file, drawSvg(terminal.emulator, title));
    process.stdout.write(`${file}\n${terminal.text}\n`);
  };
  try {
    const [ana, dan] = [person('ana', large), person('dan', small)];
    for (const one of [ana, dan]) {
      await one.shows('DRILL', patience);
      await one.hides(/no answer yet|API p95 +–|querying all backends/, patience);
    }
    // Each opens an incident while neither sees the other.
    await relay.stop();
    for (const one of [ana, dan]) await one.shows('relay away', patience);
    await takes(ana, []);
    await takes(dan, ['j', 'j', 'j']);
    relay = await startRelayServer({ port });
    for (const one of [ana, dan]) await one.hides('relay away', patience);
    const ben = person('ben', small, ['join', `redis://127.0.0.1:${port}`]);
    await ben.shows('2 open; enter shows one', patience);
    await draw(ben, 'docs/war-room-join.svg', 'who joins chooses one of two open incidents');
    const eve = person('eve', small, ['join', `redis://127.0.0.1:${port}`]);
    await eve.shows('2 open; enter shows one', patience);
    for (const one of [ben, eve]) {
      await marks(one, 'j', /▌SEV1/);
      await press(one, 'enter', /step \d of \d/);
    }
    await press(ana, 'p', /not admitted +eve/);
    await ana.shows(/not admitted +ben/, patience);
    await marks(ana, 'down', /▌▲ not admitted +ben/);
    await press(ana, 'A', 'y admit');
    await press(ana, 'y', /admitted +ben/);
    await ana.shows(/▲ not admitted +eve/);
    await press(ben, 'l', /LOGS/);
    await ana.shows(/ben .*logs/, patience);
    // The marker stays with ben, whose key is now below.
    await marks(ana, 'up', /▌▲ not admitted +eve/);
    await ana.hides('their entries have effect', patience);
    await draw(ana, 'docs/war-room-people.svg', 'the people of an incident: roles, control, screens, keys');
  } finally {
    for (const one of open) one.signal('SIGTERM');
    await Promise.all(open.map((one) => one.close()));
    await relay.stop();
    await drill.stop();
    rmSync(home, { recursive: true, force: true });
  }
}
