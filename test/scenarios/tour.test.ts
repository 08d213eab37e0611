// The drill's tour, walked by the keys that it names itself.
import { afterEach, expect, test } from 'vitest';
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
    if (before?.[1] === '9' && key === 'y') await screen.shows(/▸ cancel +y/, 60_000);
    screen.press(bytes[key] ?? key);
    await expect
      .poll(() => screen?.text.includes('That was the tour') || shown()?.[0] !== before?.[0], {
        timeout: 60_000,
        message: `after ${walked.join(', ')}\n${screen.text}`,
      })
      .toBe(true);
  }
  expect(screen.text).toContain(`tour ${tourSteps.length}/${tourSteps.length}  q quits`);
  screen.press('q');
  await screen.ends();
}, 240_000);
