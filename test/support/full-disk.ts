// A journal on a disk that fills up: writes until nothing more can be written, and tells what became of each entry.
import { Journal } from '../../src/data/journal/journal.ts';

const journal = new Journal({
  place: { directory: process.argv[2] ?? '' },
  writer: { user: 'ops1', name: 'ops1', host: 'bastion' },
  environment: 'PRODUCTION',
});
await journal.open();
const told: string[] = [];
for (let i = 0; i < 12; i++) {
  const outcome = await journal.append({ kind: 'note', text: `note ${i} ${'x'.repeat(300)}` });
  told.push(outcome.ok ? 'written' : outcome.fault.what);
}
process.stdout.write(JSON.stringify({ told, unwritten: journal.state.unwritten }));
process.exit(0);
