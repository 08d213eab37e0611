// `incident resume ID`: of several open incidents the one that is named, and no other.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Event } from '../../src/core/incident/event.ts';
import { Journal } from '../../src/data/journal/journal.ts';
import { launcher } from '../support/drill.ts';
import { nowhere, TerminalUnderTest } from '../support/terminal.ts';

let home = '';
let terminal: TerminalUnderTest | undefined;
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'bentham-resume-'));
});
afterEach(async () => {
  await terminal?.close();
  terminal = undefined;
  rmSync(home, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
});

const environment = () => ({ ...nowhere(home), BENTHAM_JOURNAL_DIRECTORY: path.join(home, 'journal') });

/** Opens incidents as another cockpit would, and ends it. */
async function opened(...told: readonly (readonly [id: string, ...Event[]])[]): Promise<void> {
  const writer = { user: 'ops1', name: 'ops1', host: 'bastion' };
  const journal = new Journal({
    place: { directory: path.join(home, 'journal') },
    writer,
    environment: 'PRODUCTION',
  });
  await journal.open();
  for (const [id, ...events] of told) for (const event of events) await journal.append(event, id);
  await journal.close();
}
const opening = (title: string): Event => ({ kind: 'opened', title, severity: 3, why: 'seen' });

/** What it says where it opens no screen. */
const says = (...args: string[]) =>
  new Promise<{ code: number; said: string }>((resolve) => {
    const env = { PATH: process.env.PATH ?? '', ...environment() };
    execFile(process.execPath, [launcher, 'incident', 'resume', ...args], { env }, (error, out, err) =>
      resolve({ code: error ? Number(error.code) : 0, said: out + err }),
    );
  });

test('resume opens the incident whose id starts so, or the newest', async () => {
  await opened(['01AOLD', opening('the older one')], ['01BNEW', opening('the newer one')]);
  terminal = new TerminalUnderTest({ args: ['incident', 'resume', '01a'], environment: environment() });
  await terminal.shows('SEV3 the older one  step 1');
  await terminal.press('q').ends();
  terminal = new TerminalUnderTest({ args: ['incident', 'resume'], environment: environment() });
  await terminal.shows('SEV3 the newer one  step 1');
});

test('a resolved, missing or ambiguous incident is an error, and no screen opens', async () => {
  await opened(
    ['01OVER', opening('over'), { kind: 'resolved', why: 'over' }],
    ['01TWO', opening('two')],
    ['01TWIN', opening('twin')],
  );
  expect(await says('01over')).toMatchObject({ code: 2, said: expect.stringContaining('01OVER is resolved') });
  expect(await says('nothing')).toMatchObject({ code: 2, said: expect.stringContaining('no incident nothing') });
  expect(await says('01tw')).toMatchObject({ code: 2, said: expect.stringContaining('01tw matches 2 incidents') });
});
