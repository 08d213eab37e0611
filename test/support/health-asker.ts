// A process that asks a gateway for its health, as each cockpit does: its answers on standard output, one a line.
// Arguments: the gateway's URL, the journal's directory, `--observe`. A line on standard input asks at once.
import { createInterface } from 'node:readline';
import { type Settings, settingsSchema } from '../../src/config/settings.ts';
import { gatewaySource } from '../../src/data/gateway/source.ts';

const [url, directory, observe] = process.argv.slice(2);
const parts = settingsSchema.pick({ gateway: true, intervals: true, journal: true, environment: true });
const settings = parts.parse({
  gateway: { url },
  journal: { directory },
  environment: { name: 'test', guarded: false, observe: observe !== undefined },
});
const over = new AbortController();
const source = gatewaySource(settings as Settings);
const running = source.start((news) => process.stdout.write(`${JSON.stringify(news)}\n`), over.signal);
createInterface(process.stdin)
  .on('line', () => running.refresh())
  .on('close', () => over.abort());
