// A process that looks at Redis, as each cockpit does: its news on standard output, one a line. Argument: its settings as
// JSON. A line on standard input asks at once.
import { createInterface } from 'node:readline';
import { settingsSchema } from '../../src/config/settings.ts';
import { redisSource } from '../../src/data/redis/source.ts';

const settings = settingsSchema.parse(JSON.parse(process.argv[2] ?? ''));
const over = new AbortController();
const source = redisSource(settings, { shared: true });
const running = source.start((news) => process.stdout.write(`${JSON.stringify(news)}\n`), over.signal);
createInterface(process.stdin)
  .on('line', () => running.refresh())
  .on('close', () => over.abort());
