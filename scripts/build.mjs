// Bundles the program into dist/. Plain JavaScript: `npm ci` runs it under any Node, and names a package that is not
// installed.
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { asScript, bundleOptions, scriptsOptions } from './bundle/options.mjs';

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
const sourcemap = process.argv.includes('--sourcemap');
// Scripts have no source map: without them the launcher runs the modules.
const scripts = sourcemap ? [] : Object.values(scriptsOptions({ outdir }));
// The old build stays until the new one is complete.
const results = await Promise.all([bundleOptions({ outdir, sourcemap }), ...scripts].map(build)).catch(cannotBuild);
const [modules, ...ofScripts] = results.map(({ outputFiles }) => outputFiles);
const files = [...modules, ...ofScripts.flat().map(({ path, text }) => ({ path, contents: asScript(text) }))];
await rm(outdir, { recursive: true, force: true });
await mkdir(outdir);
await Promise.all(files.map(({ path, contents }) => writeFile(path, contents)));
if (process.argv.includes('--sizes'))
  for (const [file, out] of results.flatMap(({ metafile }) => Object.entries(metafile.outputs)))
    console.log(`${String(Math.round(out.bytes / 1024)).padStart(6)} kB  ${file}`);
