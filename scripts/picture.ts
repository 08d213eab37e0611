// Regenerates the README's picture: starts the drill's outage in a terminal, waits for complete data, draws the frame.
//   npm run picture
import { writeFile } from 'node:fs/promises';
import { TerminalUnderTest } from '../test/support/terminal.ts';
import { drawSvg } from './svg.ts';

const [scenario = 'api-outage', file = 'docs/cockpit.svg', columns = '80', rows = '24', ...keys] =
  process.argv.slice(2);
const terminal = new TerminalUnderTest({
  args: ['drill', scenario],
  environment: { COLORTERM: 'truecolor', FORCE_COLOR: '1' },
  columns: Number(columns),
  rows: Number(rows),
});
try {
  await terminal.shows('DRILL', 60_000);
  await terminal.shows('CRITICAL', 60_000);
  await terminal.hides(/no answer yet|API p95 +–/, 60_000);
  for (const key of keys) {
    terminal.press(key);
    await terminal.settles(300);
  }
  await writeFile(file, drawSvg(terminal.emulator, `the cockpit in the drill ${scenario}`));
  process.stdout.write(`${terminal.text}\n`);
} finally {
  terminal.signal('SIGTERM');
  await terminal.close();
}
