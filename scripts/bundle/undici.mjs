// Replaces undici in the bundle where it is imported statically: what its index loads besides (fetch, mocks, caches,
// interceptors) takes some 10 ms of each start, and nobody asks for it. `import('undici')` gets undici-whole.mjs.
import { setFlagsFromString } from 'node:v8';
import dispatcherRequest from 'undici/lib/api/api-request.js';
import Agent from 'undici/lib/dispatcher/agent.js';
import Client from 'undici/lib/dispatcher/client.js';
import Dispatcher from 'undici/lib/dispatcher/dispatcher.js';
import ProxyAgent from 'undici/lib/dispatcher/proxy-agent.js';
import Socks5ProxyAgent from 'undici/lib/dispatcher/socks5-proxy-agent.js';

// As the index does.
Dispatcher.prototype.request = dispatcherRequest;

/**
 * The parser of HTTP, which is WebAssembly. After a few answers V8 compiles it again, so that it runs faster: 50 ms of CPU,
 * of which a process that looks once gets nothing back. How much may run before that is told as a module is made; undici's
 * own, of the same bytes, then shares it. The flag goes back at once: under another one V8 refuses all kept code.
 */
export const parserOfOneLook = process.env.BENTHAM_COCKPIT_LOOKS_ONCE === 'yes' ? compiledOnce() : undefined;

function compiledOnce() {
  // Of another V8 the usual budget is not known.
  if (!process.versions.v8.startsWith('13.')) return undefined;
  // By an import esbuild would copy each of its 70,000 bytes as a property.
  const parser = require('undici/lib/llhttp/llhttp_simd-wasm.js');
  setFlagsFromString('--wasm-tiering-budget=2000000000');
  try {
    return new WebAssembly.Module(parser);
  } catch {
    // Without SIMD or WebAssembly: undici takes another one, or says so.
    return undefined;
  } finally {
    setFlagsFromString('--wasm-tiering-budget=13000000');
  }
}

/** @type {import('undici').Dispatcher | undefined} */
let usual;

/**
 * As undici’s `request`, for URLs.
 * @type {(url: string | URL, options?: Parameters<typeof import('undici').request>[1]) => ReturnType<typeof import('undici').request>}
 */
export async function request(url, { dispatcher, ...options } = {}) {
  usual ??= dispatcher ? undefined : new Agent();
  const { origin, pathname, search } = new URL(url);
  const method = options.method ?? (options.body ? 'PUT' : 'GET');
  const through = dispatcher ?? usual;
  return through.request({ ...options, origin, path: `${pathname}${search}`, method });
}

export { Agent, Client, ProxyAgent, Socks5ProxyAgent };
