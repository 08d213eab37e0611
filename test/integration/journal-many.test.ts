// A journal's directory has hundreds of files after some years: following those that nobody writes costs next to nothing.
import { copyFileSync, mkdtempSync, readdirSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Journal } from '../../src/data/journal/journal.ts';
import { type Known, Others } from '../../src/data/journal/peer-files.ts';
import { fileRequestsOf } from '../support/file-requests.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'many-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const writer = { user: 'ada', name: 'ada', host: 'bastion' };
const open = async () => {
  const journal = new Journal({ place: { directory }, writer, environment: 'PRODUCTION' });
  await journal.open();
  return journal;
};

async function written(): Promise<string> {
  const journal = await open();
  expect((await journal.append({ kind: 'note', text: 'a note' }, 'incident')).ok).toBe(true);
  await journal.close();
  const [name = ''] = readdirSync(directory).filter((one) => one.endsWith('.jsonl'));
  return join(directory, name);
}

test('three hundred journals that nobody writes are not opened, and cost no call that does not block', async () => {
  const file = await written();
  const news: Known[] = [];
  const others = new Others(
    { directory },
    {
      skips: [],
      keys: { isOwn: () => false, marked: (entry) => entry, read: async () => [] },
      shares: false,
      take: (some) => news.push(...some),
      now: Date.now,
    },
  );
  // Changed long ago, as far as anybody can see.
  const settle = () => utimesSync(directory, 1e9, 1e9);
  const calls = () => fileRequestsOf(() => others.look());
  settle();
  expect(await calls()).toBeGreaterThan(0);
  expect(await calls()).toBe(0);
  const lines = news.length;
  for (let n = 0; n < 300; n += 1) {
    const copy = join(directory, `more-${n}.jsonl`);
    copyFileSync(file, copy);
    // Most are older than what is read.
    if (n >= 50) utimesSync(copy, 1e9, 1e9);
  }
  await others.look();
  expect(news).toHaveLength(lines * 51);
  settle();
  await others.look();
  expect(await calls()).toBe(0);
  // An old one that is written again is read.
  utimesSync(join(directory, 'more-299.jsonl'), new Date(), new Date());
  await others.look();
  expect(news).toHaveLength(lines * 52);
});
