// undici's parser of HTTP is WebAssembly, which V8 compiles again when enough of it has run. That takes more memory and CPU
// than it gives back.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import { expect, onTestFinished, test } from 'vitest';
import { bundleOptions, scriptsOptions } from '../../scripts/bundle/options.mjs';

/** Asks so often; prints whether V8's mark of compiled code is the same. */
const asks = (times: number, port: number) => `
const mark = require('node:v8').cachedDataVersionTag();
const { request } = require('./undici.cjs');
(async () => {
  for (let asked = 0; asked < ${times}; asked += 1) await (await request('http://127.0.0.1:${port}/')).body.text();
  console.log(require('node:v8').cachedDataVersionTag() === mark);
})();`;

/** Runs that many requests with undici as this bundle has it; what V8 says of WebAssembly that it compiled, too. */
async function run(options: object, times: number) {
  const place = mkdtempSync(path.join(tmpdir(), 'bentham-parser-'));
  onTestFinished(() => rmSync(place, { recursive: true }));
  const server = createServer((_, answer) => answer.end('{}'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const its = { format: 'cjs', splitting: false, banner: {}, write: true, metafile: false } as const;
  const undici = { entryPoints: ['scripts/bundle/undici.mjs'], outfile: path.join(place, 'undici.cjs') };
  await build({ ...options, ...its, ...undici, outdir: undefined, outExtension: {} });
  const file = path.join(place, 'asks.cjs');
  writeFileSync(file, asks(times, (server.address() as AddressInfo).port));
  const { promise, resolve } = Promise.withResolvers<string>();
  const flags = ['--trace-wasm-compilation-times', '--wasm-sync-tier-up'];
  execFile(process.execPath, [...flags, file], (_, stdout) => resolve(stdout));
  const said = await promise;
  const compiled = (by: string) => said.split('\n').filter((line) => line.includes(`using ${by}`)).length;
  return { isSameMark: said.endsWith('true\n'), first: compiled('Liftoff') > 5, again: compiled('TurboFan') > 0 };
}

test.runIf(process.versions.v8.startsWith('13.'))('V8 compiles the parser once, and is left as it was', async () => {
  const once = { isSameMark: true, first: true, again: false };
  const bundled = bundleOptions({ outdir: 'out' });
  expect(await run(scriptsOptions.once, 300)).toEqual(once);
  expect(await run(bundled, 300)).toEqual(once);
  // undici as it is.
  expect(await run({ ...bundled, plugins: [] }, 300)).toEqual({ ...once, again: true });
});
