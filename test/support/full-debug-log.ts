// A debug log on a disk that fills up: the program goes on, and says when it ended.
import { DebugLog } from '../../src/disk/debug-log.ts';

const log = new DebugLog();
const why = await log.open({ file: process.argv[2] ?? '', level: 'info', thread: 'command' });
for (let i = 0; i < 12; i++) {
  log.info('note', { i, text: 'x'.repeat(600) });
  await log.settle();
}
process.stdout.write(why ?? 'went on');
