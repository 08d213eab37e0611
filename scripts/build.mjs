// Bundles the program into dist/. Plain JavaScript: `npm ci` runs it under any Node, and names a package that is not
// installed.
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { bundleOptions, scriptNamed, scriptsOptions } from './bundle/options.mjs';

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
const names = sourcemap ? [] : /** @type {(keyof typeof scriptsOptions)[]} */ (Object.keys(scriptsOptions));
// The old build stays until the new one is complete.
const [modules, ...scripts] = await Promise.all([
  build(bundleOptions({ outdir, sourcemap })),
  ...names.map(async (name) => ({ ...(await scriptNamed(build, name)), path: `${outdir}/${name}.cjs` })),
]).catch(cannotBuild);
const files = [...modules.outputFiles, ...scripts];
await rm(outdir, { recursive: true, force: true });
await mkdir(outdir);
await Promise.all(files.map(({ path, contents }) => writeFile(path, contents)));
if (process.argv.includes('--sizes'))
  for (const { path, contents } of files)
    console.log(`${String(Math.round(contents.length / 1024)).padStart(6)} kB  ${path}`);
