// What the bundle does otherwise than its packages, so that a start does not pay for what it does not use. Plain
// JavaScript, as the build is.
import { readFile } from 'node:fs/promises';
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
 * esbuild's options, with what makes a start quick.
 * @param {import('esbuild').BuildOptions} options
 * @returns {import('esbuild').BuildOptions}
 */
export function withPlugins(options) {
  return {
    ...options,
    plugins: [stringWidthOnDemand, rowsAsTheyAre, yogaWithoutFetch],
    // Ink imports its developer tools behind a switch that the product never sets.
    alias: { 'react-devtools-core': here('./no-devtools.ts') },
  };
}
