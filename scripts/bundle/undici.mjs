// Replaces undici in the bundle where it is imported statically: what its index loads besides (fetch, mocks, caches,
// interceptors) takes some 10 ms of each start, and nobody asks for it. `import('undici')` gets undici-whole.mjs.
import dispatcherRequest from 'undici/lib/api/api-request.js';
import Agent from 'undici/lib/dispatcher/agent.js';
import Client from 'undici/lib/dispatcher/client.js';
import Dispatcher from 'undici/lib/dispatcher/dispatcher.js';
import ProxyAgent from 'undici/lib/dispatcher/proxy-agent.js';
import Socks5ProxyAgent from 'undici/lib/dispatcher/socks5-proxy-agent.js';

// As the index does.
Dispatcher.prototype.request = dispatcherRequest;

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
