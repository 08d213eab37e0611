// Writes the generated documents; with --check it only names the stale ones.
import { readFile, writeFile } from 'node:fs/promises';
import { documents } from './documents.ts';

const check = process.argv.includes('--check');
for (const { file, text } of documents) {
  const now = await text();
  if (now === (await readFile(file, 'utf8').catch(() => ''))) continue;
  console.log(check ? `${file} is stale: npm run docs` : `wrote ${file}`);
  if (check) process.exitCode = 1;
  else await writeFile(file, now);
}
