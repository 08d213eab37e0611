import { writeFile } from 'node:fs/promises';
import { drawSvg } from '../scripts/svg.ts';
import { TerminalUnderTest } from './terminal.ts';

const [scenario = 'api-outage', columns = '80', rows = '24', tag = 'a', ...steps] = process.argv.slice(2);
const env: Record<string, string> = { COLORTERM: 'truecolor', FORCE_COLOR: '1' };
if (process.env.T_TERM) {
  env.TERM = process.env.T_TERM;
  delete env.COLORTERM;
  delete env.FORCE_COLOR;
}
if (process.env.T_NC) {
  env.NO_COLOR = '1';
  delete env.FORCE_COLOR;
}
const t = new TerminalUnderTest({
  args: ['drill', scenario, ...(process.env.T_THEME ? ['--set', `display.theme=${process.env.T_THEME}`] : [])],
  environment: env,
  columns: +columns,
  rows: +rows,
});
try {
  await t.shows('DRILL', 60000);
  await t.shows('1', 60000);
  await t.hides(/no answer yet|API p95 +–/, 60000).catch(() => {});
  if (scenario !== 'calm') await t.shows(/CRITICAL|WARNING/, 60000).catch(() => {});
  let n = 0;
  const shot = async () => {
    await writeFile(`/tmp/scrpng/${tag}-${n}.svg`, drawSvg(t.emulator, 'x'));
    console.log(`=== ${tag}-${n}`);
    console.log(t.text);
    n++;
  };
  await shot();
  for (const s of steps) {
    const keys = s.split(' ');
    for (const k of keys) {
      t.press(k === 'SP' ? ' ' : k);
      await t.settles(250);
    }
    await shot();
  }
} finally {
  t.signal('SIGTERM');
  await t.close();
}
