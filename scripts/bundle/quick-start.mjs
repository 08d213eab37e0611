// What the bundle does otherwise than its packages, so that a start does not pay for what it does not use. Plain
// JavaScript, as the build is.
import { readFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { fileURLToPath } from 'node:url';

const here = (/** @type {string} */ file) => fileURLToPath(new URL(file, import.meta.url));

/**
 * string-width.ts for everybody; the package itself for string-width.ts, in the version of our own package.json.
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
 * ink-output.ts for Ink's renderer; Ink's own for ink-output.ts.
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
 * Yoga decodes its WebAssembly from a data: URL with `fetch`, for which Node loads undici (some 50 ms). Without one it
 * decodes it itself.
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
 * What our own requests need of undici: its agents and `request`. Its index loads fetch, WebSocket, caches and mocks too,
 * which nothing of ours calls (the Kubernetes client, loaded where a credential provider needs it, gets all of it).
 * @type {import('esbuild').Plugin}
 */
const undiciWithoutFetch = {
  name: 'undici-without-fetch',
  setup(build) {
    build.onResolve({ filter: /^undici$/ }, ({ importer, resolveDir, kind, pluginData }) => {
      if (pluginData === undiciWithoutFetch || !/[\\/]src[\\/]/.test(importer)) return undefined;
      return build
        .resolve('undici', { importer, resolveDir, kind, pluginData: undiciWithoutFetch })
        .then(({ path }) => ({ path, suffix: '?without-fetch' }));
    });
    build.onLoad({ filter: /[\\/]undici[\\/]index\.js$/ }, async ({ path, suffix }) => {
      if (suffix !== '?without-fetch') return undefined;
      const whole = await readFile(path, 'utf8');
      const contents = whole
        .replace("require('./lib/web/cache/cachestorage')", '{ CacheStorage: class {} }')
        .replace(/require\('\.\/lib\/(web|mock|cache|interceptor)\/[^']+'\)/g, '({})')
        .replace("require('./lib/web/fetch')", '({})')
        .replace("require('./lib/web/cookies')", '({})');
      if (!contents.includes('CacheStorage: class {}') || contents.includes("require('./lib/web"))
        throw new Error('undici’s index is not as it was: look at scripts/bundle/quick-start.mjs');
      return { contents, loader: 'js' };
    });
  },
};

/**
 * The options' schema does not change after the build: the bundle holds what zod would make of it at each start.
 * @param {typeof import('esbuild').build} bundle
 * @returns {import('esbuild').Plugin}
 */
const inputSchemaReadyMade = (bundle) => ({
  name: 'input-schema-ready-made',
  setup(build) {
    build.onLoad({ filter: /[\\/]src[\\/]config[\\/]input-schema\.ts$/ }, async ({ path }) => {
      const made = await bundle({
        entryPoints: [path],
        bundle: true,
        format: 'esm',
        platform: 'node',
        write: false,
        logLevel: 'silent',
      });
      const code = Buffer.from(made.outputFiles[0]?.contents ?? '').toString('base64');
      const { inputSchema } = await import(`data:text/javascript;base64,${code}`);
      return {
        contents: `export const inputSchema = JSON.parse(${JSON.stringify(JSON.stringify(inputSchema))});`,
        loader: 'js',
      };
    });
  },
});

/**
 * esbuild's options, with what makes a start quick.
 * @param {import('esbuild').BuildOptions} options
 * @param {typeof import('esbuild').build} build
 * @returns {import('esbuild').BuildOptions}
 */
export function withQuickStart(options, build) {
  return {
    ...options,
    plugins: [stringWidthOnDemand, rowsAsTheyAre, yogaWithoutFetch, undiciWithoutFetch, inputSchemaReadyMade(build)],
    define: { ...options.define, 'Intl.Segmenter': 'LazySegmenter' },
    inject: [here('./segmenter.ts')],
    // Ink imports its developer tools behind a switch that the product never sets.
    alias: { 'react-devtools-core': here('./no-devtools.ts') },
  };
}

/** An import of one of Node's own modules, as esbuild writes it. */
const builtin = /\bimport\s*([\w$]+)?\s*,?\s*(\{[^{}]*\}|\*\s*as\s+[\w$]+)?\s*from\s*"([\w:/]+)";?/g;

/**
 * A chunk that requires Node's own modules instead of importing them. An import makes a namespace of every export, and for
 * that asks for each: `node:http` loads all of Node's fetch for its WebSocket, `node:process` opens standard output.
 * @param {string} chunk
 */
export function requireBuiltins(chunk) {
  /** @type {string[]} */
  const required = [];
  const rest = chunk.replace(builtin, (statement, whole, names, module) => {
    if (!isBuiltin(module)) return statement;
    const from = `require("${module}")`;
    if (whole) required.push(`${whole}=${from}`);
    if (names?.startsWith('*')) required.push(`${names.replace(/^\*\s*as\s+/, '')}=${from}`);
    else if (names) required.push(`${names.replace(/([\w$]+)\s+as\s+/g, '$1:')}=${from}`);
    return '';
  });
  // After the banner, which defines `require`.
  return required.length > 0 ? rest.replace(/\n/, `\nvar ${required.join(',')};\n`) : rest;
}
