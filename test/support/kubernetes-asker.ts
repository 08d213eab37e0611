// A process that looks at Kubernetes, as each cockpit does: its news on standard output, one a line, without the objects.
// Arguments: its settings as JSON, and the facts (cluster,pods). A line on standard input asks at once.
import { createInterface } from 'node:readline';
import { settingsSchema } from '../../src/config/settings.ts';
import { kubernetesSources } from '../../src/data/kubernetes/sources.ts';
import type { SourceUpdate } from '../../src/data/source.ts';

const settings = settingsSchema.parse(JSON.parse(process.argv[2] ?? ''));
const [, , , facts = 'cluster,pods'] = process.argv;
const wanted = facts.split(',');
const over = new AbortController();
const told = (news: SourceUpdate) =>
  'value' in news && Array.isArray(news.value)
    ? { ...news, value: news.value.map((one) => ('name' in one ? one.name : undefined)) }
    : news;
const running = kubernetesSources(settings, { shared: true })
  .filter((source) => source.facts.some((fact) => wanted.includes(fact)))
  .map((source) => source.start((news) => process.stdout.write(`${JSON.stringify(told(news))}\n`), over.signal));
createInterface(process.stdin)
  .on('line', () => {
    for (const one of running) one.refresh();
  })
  .on('close', () => over.abort());
