// Regenerates the pictures of README and docs/ from real frames of the cockpit in the drill.
//   npm run picture             all of them
//   npm run picture cockpit     one of them
import { writeFile } from 'node:fs/promises';
import { TerminalUnderTest } from '../test/support/terminal.ts';
import { drawFilm, drawRows, drawSvg, type Picture } from './svg.ts';
import { shootWarRoom } from './war-room-pictures.ts';

/** A key, what it has to lead to, and what the film says of it. */
type Step = { press?: string; sees: string | RegExp; says?: string; seconds?: number };

type Take = {
  file: string;
  title: string;
  scenario: string;
  args?: readonly string[];
  columns: number;
  rows: number;
  steps: readonly Step[];
  /** All steps one after another instead of the last one. */
  film?: true;
};

const enter = '\r';
const esc = '\u001b';
const patience = 90_000;
const complete: Step = { sees: /CRITICAL|WARNING|OK/, says: 'The pager went off. What is wrong?', seconds: 4 };

const takeIt: readonly Step[] = [
  { press: 'i', sees: 'suggested SEV', says: 'i: take it. The evidence suggests the severity', seconds: 3 },
  { press: enter, sees: '[x] open the incident', says: 'enter: read what will be sent', seconds: 4 },
  { press: 'y', sees: /step \d of \d/, says: 'y: opened, acknowledged, told on Slack', seconds: 3 },
];

const accept: Step = { press: '*', sees: '✓ 1 ', says: '*: steps whose checks pass are done', seconds: 3 };

const takes: Readonly<Record<string, Take>> = {
  cockpit: {
    file: 'docs/cockpit.svg',
    title: 'the cockpit in the drill api-outage',
    scenario: 'api-outage',
    columns: 80,
    rows: 24,
    steps: [complete],
  },
  checklist: {
    file: 'docs/checklist.svg',
    title: 'the checklist of SEV1 on 120 columns',
    scenario: 'api-outage',
    columns: 120,
    rows: 40,
    steps: [complete, ...takeIt, accept],
  },
  charts: {
    file: 'docs/charts.svg',
    title: 'the cockpit on 200 columns: metrics as charts',
    scenario: 'slow-api',
    columns: 200,
    rows: 50,
    steps: [complete],
  },
  'war-room': {
    file: 'docs/war-room.svg',
    title: 'the war room in the drill api-outage',
    scenario: 'api-outage',
    columns: 120,
    rows: 40,
    steps: [complete, ...takeIt, { press: 'w', sees: 'CRITICAL' }],
  },
  failover: {
    file: 'docs/failover.svg',
    title: 'the plan of an irreversible action',
    scenario: 'database-down',
    columns: 80,
    rows: 24,
    steps: [complete, { press: ':', sees: 'fail over to the replica' }, { press: enter, sees: 'a arm' }],
  },
  logs: {
    file: 'docs/logs.svg',
    title: 'merged logs of the drill api-outage',
    scenario: 'api-outage',
    columns: 120,
    rows: 40,
    steps: [complete, { press: 'l', sees: 'lines' }],
  },
  sev1: {
    file: 'docs/sev1.svg',
    title: 'SEV1 in the drill, from the page to mitigation',
    scenario: 'api-outage',
    columns: 80,
    rows: 24,
    film: true,
    steps: [
      complete,
      ...takeIt,
      accept,
      { press: ' ', sees: /▌○ 3 /, says: 'space: two of three pods crash, done', seconds: 3 },
      { press: '*', sees: /roll back first/, says: '*: database and Redis answer; roll back first', seconds: 4 },
      { press: 'f', sees: /a arm/, says: 'f: the plan, its exact command and its undo', seconds: 5 },
      { press: 'a', sees: 'reason', says: 'a: production is read-only until it is armed', seconds: 3 },
      { press: enter, sees: /scroll down|y roll back/, says: 'enter: armed, recorded with the reason', seconds: 3 },
      { press: ' ', sees: /y roll back/, says: 'space: the rest of the plan; only then y works', seconds: 4 },
      { press: 'y', sees: /✓ verified/, says: 'y: run, and verified by what the cluster says', seconds: 4 },
      { press: esc, sees: /step \d of/, says: 'esc: back to the checklist', seconds: 2 },
      { press: 'M', sees: 'record: mitigated', says: 'M: what fixed it is filled in, and who is told', seconds: 4 },
      { press: 'y', sees: /mitigated \d\d:/, says: 'y: mitigated, and on record', seconds: 5 },
    ],
  },
};

async function shoot({ scenario, args = [], columns, rows, steps, title, film, file }: Take): Promise<void> {
  const terminal = new TerminalUnderTest({
    args: ['drill', scenario, ...args],
    environment: { COLORTERM: 'truecolor', FORCE_COLOR: '1', BENTHAM_PERSON: 'ops1' },
    columns,
    rows,
  });
  const pictures: Picture[] = [];
  try {
    await terminal.shows('DRILL', patience);
    await terminal.hides(/no answer yet|API p95 +–|querying all backends/, patience);
    for (const { press, sees, says = '', seconds = 2 } of steps) {
      if (press) terminal.press(press);
      await terminal.shows(sees, patience);
      await terminal.settles(300);
      pictures.push({ rows: drawRows(terminal.emulator), seconds, says });
    }
    await writeFile(file, film ? drawFilm(pictures, columns, title) : drawSvg(terminal.emulator, title));
    process.stdout.write(`${file}\n${terminal.text}\n`);
  } finally {
    terminal.signal('SIGTERM');
    await terminal.close();
  }
}

const all: ReadonlyMap<string, () => Promise<void>> = new Map([
  ...Object.entries(takes).map(([name, take]) => [name, () => shoot(take)] as const),
  ['people', shootWarRoom],
]);
const names = process.argv.slice(2);
for (const name of names) if (!all.has(name)) throw new Error(`no picture ${name}: ${[...all.keys()].join(', ')}`);
for (const [name, draw] of all) if (names.length === 0 || names.includes(name)) await draw();
