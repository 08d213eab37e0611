// Bundles the program into dist/. Plain JavaScript: `npm ci` runs it under any Node, and names a package that is not
// installed.
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { bundleOptions, onceOptions, onceScript } from './bundle/options.mjs';

const outdir = 'dist';

/** @param {unknown} error */
function cannotBuild(error) {
  const why = String(error instanceof Error ? error.message : error).split('\n')[0];
  process.stderr.write(
    `bentham-cockpit cannot be built: ${why}\n` +
      'The build needs the development packages and the optional ones (esbuild, Node): npm ci, without --omit.\n',
  );
  process.exit(1);
}

const { build } = await import('esbuild').catch(cannotBuild);
const options = bundleOptions({ outdir, sourcemap: process.argv.includes('--sourcemap') });
// The old build stays until the new one is complete.
const [result, once] = await Promise.all([build(options), build(onceOptions({ outdir }))]).catch(cannotBuild);
const scripts = once.outputFiles.map(({ path, text }) => ({ path, contents: onceScript(text) }));
await rm(outdir, { recursive: true, force: true });
await mkdir(outdir);
await Promise.all([...result.outputFiles, ...scripts].map(({ path, contents }) => writeFile(path, contents)));
if (process.argv.includes('--sizes'))
  for (const [file, out] of Object.entries({ ...result.metafile.outputs, ...once.metafile.outputs }))
    console.log(`${String(Math.round(out.bytes / 1024)).padStart(6)} kB  ${file}`);
