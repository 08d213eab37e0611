// The esbuild plugins of the bundle (docs/adr/0006-bundle.md); each makes a start faster. Plain JavaScript, as the
// build is.
import { readFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = (/** @type {string} */ file) => fileURLToPath(new URL(file, import.meta.url));

/**
 * Everyone gets string-width.ts; string-width.ts gets the package, in the version of our package.json.
 * @type {import('esbuild').Plugin}
 */
const stringWidthOnDemand = {
  name: 'string-width-on-demand',
  setup(build) {
    const stand = here('./string-width.ts');
    build.onResolve({ filter: /^string-width$/ }, ({ importer }) => (importer === stand ? undefined : { path: stand }));
  },
};

/**
 * Ink's renderer gets ink-output.ts; ink-output.ts gets Ink's own file.
 * @type {import('esbuild').Plugin}
 */
const rowsAsTheyAre = {
  name: 'rows-as-they-are',
  setup(build) {
    build.onResolve({ filter: /^\.\/output\.js$/ }, ({ importer }) =>
      /[\\/]ink[\\/]build[\\/]renderer\.js$/.test(importer) ? { path: here('./ink-output.ts') } : undefined,
    );
  },
};

/**
 * Yoga decodes its WebAssembly from a data: URL with `fetch`, for which Node loads undici (some 50 ms). Without `fetch` it
 * uses its own decoder.
 * @type {import('esbuild').Plugin}
 */
const yogaWithoutFetch = {
  name: 'yoga-without-fetch',
  setup(build) {
    build.onLoad({ filter: /yoga-wasm-base64-esm\.js$/ }, async ({ path }) => ({
      contents: `const fetch = undefined;\n${await readFile(path, 'utf8')}`,
      loader: 'js',
    }));
  },
};

/**
 * An import of node:http reads each of its exports, and for those of WebSocket Node compiles the undici that it carries
 * (some 25 ms, where a require of node:http takes 3).
 * @type {import('esbuild').Plugin}
 */
const httpByRequire = {
  name: 'http-by-require',
  setup(build) {
    const namespace = 'by-require';
    build.onResolve({ filter: /^(?:node:)?http$/ }, ({ kind }) =>
      kind === 'require-call' ? undefined : { path: kind === 'dynamic-import' ? 'on-demand' : 'node:http', namespace },
    );
    build.onLoad({ filter: /^node:http$/, namespace }, ({ path }) => ({
      contents: `module.exports = require(${JSON.stringify(path)});`,
      loader: 'js',
    }));
    // esbuild gives what is CommonJS and imported on demand no names; the AWS SDK asks for these.
    build.onLoad({ filter: /^on-demand$/, namespace }, () => ({
      contents: "const http = require('node:http'); export const { Agent, request } = http; export default http;",
      loader: 'js',
    }));
  },
};

/**
 * Our static imports of undici get undici.mjs, and `import('undici')` undici-whole.mjs; these two get undici itself, whose
 * parser of HTTP V8 compiles once (wasm-once.mjs).
 * @type {import('esbuild').Plugin}
 */
const undiciInPart = {
  name: 'undici-in-part',
  setup(build) {
    build.onResolve({ filter: /^undici$/ }, ({ kind, importer }) => {
      const isOurs = !/[\\/]node_modules[\\/]/.test(importer) && importer !== here('./undici-whole.mjs');
      if (!isOurs) return undefined;
      return { path: here(kind === 'dynamic-import' ? './undici-whole.mjs' : './undici.mjs') };
    });
    const once = JSON.stringify(here('./wasm-once.mjs'));
    build.onLoad({ filter: /[\\/]undici[\\/]lib[\\/]dispatcher[\\/]client-h1\.js$/ }, async ({ path }) => ({
      contents:
        `const WebAssembly = globalThis.WebAssembly && { ...require(${once}), Instance: globalThis.WebAssembly.Instance };\n` +
        (await readFile(path, 'utf8')),
      loader: 'js',
    }));
  },
};

/**
 * A script imports nothing: Node's modules come from `require`.
 * @type {import('esbuild').Plugin}
 */
export const nodeByRequire = {
  name: 'node-by-require',
  setup(build) {
    const namespace = 'node';
    build.onResolve({ filter: /.*/ }, ({ path, kind }) =>
      kind !== 'require-call' && isBuiltin(path)
        ? { path: path.replace(/^(?:node:)?/, 'node:'), namespace }
        : undefined,
    );
    build.onLoad({ filter: /.*/, namespace }, ({ path }) => ({
      contents: `module.exports = require(${JSON.stringify(path)});`,
      loader: 'js',
    }));
  },
};

/**
 * The files of a build as the sources of the next one.
 * @param {readonly import('esbuild').OutputFile[]} files
 * @returns {import('esbuild').Plugin}
 */
export const bundled = (files) => ({
  name: 'bundled',
  setup(build) {
    const namespace = 'bundled';
    const texts = new Map(files.map(({ path, text }) => [basename(path), text]));
    build.onResolve({ filter: /.*/ }, ({ path }) =>
      path.startsWith('./') && texts.has(basename(path))
        ? { path: basename(path), namespace }
        : { path, external: true },
    );
    build.onLoad({ filter: /.*/, namespace }, ({ path }) => ({ contents: texts.get(path), loader: 'js' }));
  },
});

/**
 * What commands load when they run is left out of a script that never runs them.
 * @param {string} name
 * @param {RegExp} runs files below src/commands/ whose imports stay
 * @param {RegExp} [except] what these import nevertheless only where the script does not run
 * @returns {import('esbuild').Plugin}
 */
const onlyOf = (name, runs, except) => ({
  name,
  setup(build) {
    build.onResolve({ filter: /^\./ }, ({ kind, importer, path }) => {
      const [, file] = /[\\/]src[\\/]commands[\\/](.*)/.exec(importer) ?? [];
      if (!file || kind !== 'dynamic-import') return undefined;
      return runs.test(file) && !except?.test(path) ? undefined : { path, external: true };
    });
  },
});

/** The script of `status` and the looks. */
export const onlyLooks = onlyOf('only-looks', /^(?:status|look|evidence)[\\/]/);

/** The script of the screen. Without a terminal, where the cockpit prints the status, the launcher runs the modules. */
export const onlyScreen = onlyOf('only-screen', /^(?:cockpit|join)[\\/]|^own-commands\./, /[\\/]status[\\/]/);

/**
 * Adds the plugins to esbuild's options.
 * @param {import('esbuild').BuildOptions} options
 * @returns {import('esbuild').BuildOptions}
 */
export function withPlugins(options) {
  return {
    ...options,
    plugins: [stringWidthOnDemand, rowsAsTheyAre, yogaWithoutFetch, httpByRequire, undiciInPart],
    alias: {
      // Ink imports its developer tools behind a switch that the product never sets.
      'react-devtools-core': here('./no-devtools.ts'),
      // ioredis alone asks for it.
      debug: here('./no-debug.ts'),
    },
  };
}
