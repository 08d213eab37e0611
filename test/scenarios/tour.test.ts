// The drill from the first key to its end: the tour, walked by the keys that it names itself, and the report that is kept.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { tourSteps } from '../../src/screens/shell/tour.ts';
import { TerminalUnderTest } from '../support/terminal.ts';

let screen: TerminalUnderTest | undefined;
afterEach(() => screen?.close());

const bytes: Readonly<Record<string, string>> = { space: ' ', enter: '\r', esc: '\u001b', '↓': '\u001b[B' };
const shown = () => /── tour (\d+)\/\d+ {2}(\S+) (.*?) ─/.exec(screen?.text ?? '');

test('whoever presses the keys that the tour names takes an incident, runs an action and mitigates', async () => {
  screen = new TerminalUnderTest({ args: ['drill', '--tour'] });
  await screen.shows('── tour 1/', 60_000);
  // The suggestion, and what the action is for, need an answer of every backend.
  await screen.hides(/no answer yet|API p95 +–/, 60_000);
  const walked: string[] = [];
  for (let keys = 0; keys < 60 && !screen.text.includes('That was the tour'); keys += 1) {
    await screen.hides(/tour \d+\/\d+ {2}wait/, 60_000);
    const before = shown();
    const key = before?.[2] ?? '';
    walked.push(`${before?.[1]} ${key}`);
    // A plan that has just appeared cannot be confirmed by a key that was meant for what was there before.
    if (before?.[1] === '9' && /^(y|space)$/.test(key)) await screen.shows(/▸ cancel +[y↓]/, 60_000);
    // The first step passes once its messages were sent.
    if (key === '*') await screen.hides(/no message sent yet|not acknowledged yet/, 60_000);
    screen.press(bytes[key] ?? key);
    // A plan may have several pages: the tour names the same key until its end was seen.
    if (key === 'space') await screen.readsPlan();
    // Until it is recorded that an incident is taken or mitigated, the tour names the key before the review again.
    const part = key === 'y' && before?.[1] !== '9' ? 1 : 0;
    await expect
      .poll(() => screen?.text.includes('That was the tour') || shown()?.[part] !== before?.[part], {
        timeout: 60_000,
        message: `after ${walked.join(', ')}\n${screen.text}`,
      })
      .toBe(true);
  }
  expect(screen.text).toContain(`tour ${tourSteps.length}/${tourSteps.length}  q quits`);
  screen.press('q');
  await screen.ends();
}, 240_000);

/** Opens the suggested incident of a drill in a directory of its own. */
async function practising(place: string, ...args: string[]): Promise<TerminalUnderTest> {
  const drill = new TerminalUnderTest({ args: ['drill', 'surface-down', ...args], cwd: place });
  screen = drill;
  await drill.shows(/openai-api +7\d %/, 60_000);
  drill.press('i');
  // enter opens nothing while a backend has not answered yet.
  await drill.shows('suggested SEV3', 60_000);
  await drill.rests();
  drill.press('\r');
  await drill.shows('y take it', 60_000);
  drill.press('y');
  await drill.shows('step 1 of 4', 60_000);
  return drill;
}

describe('a drill with an incident', () => {
  let place = '';
  beforeEach(() => {
    place = mkdtempSync(join(tmpdir(), 'drill-report-'));
  });
  afterEach(() => rmSync(place, { recursive: true, force: true }));

  test('asks at its end whether to keep the report, and keeps it only for y', async () => {
    const drill = await practising(place);
    drill.press('q');
    await drill.shows('Keep the report of SEV3 Single surface failing?', 60_000);
    drill.press('y');
    await drill.shows('[y/N] y');
    drill.press('\r');
    await drill.ends();
    const [file = ''] = readdirSync(place);
    expect(file).toMatch(/^drill-SEV3-single-surface-failing-.*\.md$/);
    expect(statSync(join(place, file)).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(place, file), 'utf8')).toContain('DRILL (surface');
  }, 240_000);

  test('leaves nothing behind when the question is answered by enter alone', async () => {
    const drill = await practising(place);
    drill.press('q');
    await drill.shows('[y/N]', 60_000);
    drill.press('\r');
    await drill.ends();
    expect(readdirSync(place)).toEqual([]);
  }, 240_000);

  test('keeps the report in the file that --keep-report names, unasked', async () => {
    const drill = await practising(place, '--keep-report', 'kept.md');
    drill.press('q');
    await drill.ends();
    expect(readFileSync(join(place, 'kept.md'), 'utf8')).toContain('## Impact');
  }, 240_000);
});
