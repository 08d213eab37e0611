// The proxy of the environment, as curl and kubectl take it. What fails on the way to it is said of the proxy: the host
// behind it has not refused anything.
import { BlockList, isIP } from 'node:net';
import { Agent, type Dispatcher, ProxyAgent, Socks5ProxyAgent } from 'undici';
import { isLoopback } from '../core/loopback.ts';

/** The proxy that a request to this URL goes through; undefined where it goes straight. */
export function proxyFor(url: URL, environment: NodeJS.ProcessEnv = process.env): URL | undefined {
  // Not HTTP_PROXY: a web server would set it from a request's header (https://httpoxy.org).
  const named = url.protocol === 'https:' ? environment.https_proxy || environment.HTTPS_PROXY : environment.http_proxy;
  if (!named) return undefined;
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  const except = environment.no_proxy || environment.NO_PROXY || '';
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  if (
    isLoopback(host) ||
    host.endsWith('.localhost') ||
    except.split(/[\s,]+/).some((one) => isExcepted(one.toLowerCase(), host, port))
  )
    return undefined;
  // curl takes `proxy.example:3128` too. What is no address at all is as good as none.
  return URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(named) ? named : `http://${named}`) ?? undefined;
}

/** `10.0.0.0/8`, `fd00::/8`: as curl and kubectl take them. */
function isWithin(given: string, host: string): boolean {
  const [, network = '', bits = ''] = /^\[?([\da-f.:]+)\]?\/(\d{1,3})$/.exec(given) ?? [];
  const family = isIP(network);
  if (family === 0 || isIP(host) !== family || Number(bits) > (family === 4 ? 32 : 128)) return false;
  const list = new BlockList();
  const kind = family === 4 ? 'ipv4' : 'ipv6';
  list.addSubnet(network, Number(bits), kind);
  return list.check(host, kind);
}

/** `*`, a host, a network, a domain with or without its dot (`.example`, `*.example`), each with a port or without. */
function isExcepted(given: string, host: string, port: string): boolean {
  if (given === '*' || isWithin(given, host)) return true;
  // An address of IPv6 has colons of its own, and brackets where a port follows.
  const [, name = '', only] = /^\[(.+)\](?::(\d+))?$/.exec(given) ?? /^([^:]+)(?::(\d+))?$/.exec(given) ?? ['', given];
  const domain = name.replace(/^\*?\./, '');
  if (domain === '' || (only !== undefined && only !== port)) return false;
  return host === domain || host.endsWith(`.${domain}`);
}

/** What went wrong between here and the proxy, or what the proxy itself answered. */
export class ProxyTrouble extends Error {
  readonly proxy: string;

  constructor(proxy: URL, cause: Error) {
    super(cause.message, { cause });
    this.proxy = proxy.host;
  }
}

/** Before a request can have reached anybody behind the proxy. */
const onTheWay = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|UND_ERR_CONNECT_TIMEOUT)$/;

/** Hands on what a request hears, and says of the proxy what is the proxy's. */
function blaming(handler: Dispatcher.DispatchHandler, proxy: URL): Dispatcher.DispatchHandler {
  return {
    onRequestStart: (...heard) => handler.onRequestStart?.(...heard),
    onRequestUpgrade: (...heard) => handler.onRequestUpgrade?.(...heard),
    onResponseStart: (...heard) => handler.onResponseStart?.(...heard),
    onResponseData: (...heard) => handler.onResponseData?.(...heard),
    onResponseEnd: (...heard) => handler.onResponseEnd?.(...heard),
    onResponseError(controller, error) {
      const code = 'code' in error ? String(error.code) : '';
      const its = onTheWay.test(code) || /^UND_ERR_SOCKS5/.test(code) || /^Proxy response/.test(error.message);
      handler.onResponseError?.(controller, its ? new ProxyTrouble(proxy, error) : error);
    },
  };
}

/** A pool for requests to this URL and its like: straight, or through the environment's proxy. */
export function dispatcherFor(
  url: URL,
  options: Agent.Options = {},
  environment: NodeJS.ProcessEnv = process.env,
): Dispatcher {
  const proxy = proxyFor(url, environment);
  return proxy ? dispatcherThrough(proxy, options) : new Agent(options);
}

/** A pool whose requests go through this proxy: of HTTP, HTTPS or SOCKS5. */
export function dispatcherThrough(proxy: URL, { connect, ...options }: Agent.Options = {}): Dispatcher {
  const tls = typeof connect === 'object' ? { requestTls: connect } : {};
  const agent = /^https?:$/.test(proxy.protocol)
    ? new ProxyAgent({ ...(options as ProxyAgent.Options), uri: proxy.href, ...tls })
    : /^socks5?h?:$/.test(proxy.protocol)
      ? quietly(
          () => new Socks5ProxyAgent(proxy.href.replace(/^socks5?h?:/, 'socks5:'), tls as Socks5ProxyAgent.Options),
        )
      : new Agent({ connect: (_, done) => done(new Unsupported(proxy), null) });
  return agent.compose((dispatch) => (request, handler) => dispatch(request, blaming(handler, proxy)));
}

class Unsupported extends Error {
  readonly code = 'UND_ERR_SOCKS5_UNSUPPORTED';
  constructor({ protocol }: URL) {
    super(`${protocol}// is not supported: http, https and socks5 are`);
  }
}

/** undici warns that its SOCKS5 is new, on a terminal that belongs to the screen. */
function quietly<T>(make: () => T): T {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return make();
  } finally {
    process.emitWarning = emitWarning;
  }
}
