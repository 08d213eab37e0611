// One cluster, spoken to over one pool of connections. Requests go through undici directly and not through
// client-node's API classes: those set no time limit, decode 5,000 pods three times as slowly, and cannot stream logs.
import type { Readable } from 'node:stream';
import { Agent, type Dispatcher, EnvHttpProxyAgent, ProxyAgent, request } from 'undici';
import type { Settings } from '../../config/settings.ts';
import type { Fault } from '../../core/reading.ts';
import { door } from '../../core/text.ts';
import { type Instant, type Ms, second } from '../../core/time.ts';
import { networkFault, proxied } from '../network.ts';
import { type Outcome, timedOut } from '../source.ts';
import { type Credentials, CredentialsError, obtain } from './credentials.ts';
import { type KubeTarget, loadTarget } from './kubeconfig.ts';

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

export type Ask = {
  path: string;
  query?: Query;
  /** GET unless said otherwise. */
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Sent as JSON. */
  body?: unknown;
  contentType?: string;
  signal?: AbortSignal;
  /** For the whole exchange; for a stream until the answer begins. */
  timeout: Ms;
  /** In words for a 403: `list pods in bentham-prod`. */
  to: string;
};

/** More than this of one answer is not read (500 pods take about 5 MB). */
const longestAnswer = 128 * 1024 * 1024;

/** A connection to the chosen context. Reading only goes through `get` and `stream`; `send` is for actions. */
export class Cluster {
  readonly context: string;
  /** host:port, for faults. */
  readonly where: string;
  readonly server: string;
  readonly #target: KubeTarget;
  #credentials: Credentials | undefined;
  #pending: Promise<Credentials> | undefined;
  #dispatcher: { made: Dispatcher; of: string } | undefined;
  /** The server's clock less ours, from the Date header; whole seconds. */
  clockOffset: Ms = 0;

  constructor(target: KubeTarget) {
    this.#target = target;
    this.context = door(target.context, 120);
    this.server = door(target.cluster.server, 300);
    this.where = new URL(target.cluster.server).host;
  }

  /** One object or list, as JSON. */
  async get<T>(ask: Ask): Promise<Outcome<T>> {
    return this.send<T>({ ...ask, method: 'GET' });
  }

  /** One exchange. It is never retried, but for credentials that had run out before anything was done. */
  async send<T>(ask: Ask): Promise<Outcome<T>> {
    const limit = AbortSignal.timeout(ask.timeout);
    const signal = ask.signal ? AbortSignal.any([ask.signal, limit]) : limit;
    try {
      const answer = await this.#exchange(ask, signal);
      const text = await readAll(answer.body);
      if (answer.statusCode >= 400) return { ok: false, fault: this.#refusal(answer.statusCode, text, ask) };
      try {
        return { ok: true, value: JSON.parse(text) as T };
      } catch {
        return { ok: false, fault: this.#malformed(`answer is not JSON: ${door(text, 80)}`) };
      }
    } catch (error) {
      return { ok: false, fault: this.#fault(error, limit.aborted ? ask.timeout : undefined) };
    }
  }

  /**
   * Whether the API server answers, with its version ('' where it keeps that to itself). Any answer proves life but a
   * 401 (nothing else will be answered either) and a 5xx.
   */
  async pulse(timeout: Ms, signal: AbortSignal): Promise<Outcome<{ version: string; latency: Ms }>> {
    const limit = AbortSignal.timeout(timeout);
    const ask: Ask = { path: '/version', timeout, to: 'see the version' };
    const begun = performance.now();
    try {
      const answer = await this.#exchange(ask, AbortSignal.any([signal, limit]));
      const text = await readAll(answer.body);
      const latency = performance.now() - begun;
      const { statusCode } = answer;
      if (statusCode === 401 || statusCode === 429 || statusCode >= 500)
        return { ok: false, fault: this.#refusal(statusCode, text, ask) };
      return { ok: true, value: { version: statusCode < 300 ? versionOf(text) : '', latency } };
    } catch (error) {
      return { ok: false, fault: this.#fault(error, limit.aborted ? timeout : undefined) };
    }
  }

  /** A stream that goes on (watch, logs), once its answer has begun. Whoever gets it destroys it. */
  async stream(ask: Ask): Promise<Outcome<Readable>> {
    const starting = new AbortController();
    const timer = setTimeout(() => starting.abort(), ask.timeout);
    const signal = ask.signal ? AbortSignal.any([ask.signal, starting.signal]) : starting.signal;
    try {
      const answer = await this.#exchange(ask, signal, true);
      if (answer.statusCode < 400) return { ok: true, value: answer.body };
      const text = await readAll(answer.body);
      return { ok: false, fault: this.#refusal(answer.statusCode, text, ask) };
    } catch (error) {
      return { ok: false, fault: this.#fault(error, starting.signal.aborted ? ask.timeout : undefined) };
    } finally {
      clearTimeout(timer);
    }
  }

  /** Lets go of all connections. */
  async close(): Promise<void> {
    const { made } = this.#dispatcher ?? {};
    this.#dispatcher = undefined;
    await made?.destroy();
  }

  async #exchange(ask: Ask, signal: AbortSignal, endless = false, again = false): Promise<Dispatcher.ResponseData> {
    const { tls, headers } = await this.#authenticated(signal);
    const url = new URL(this.#target.cluster.server + ask.path);
    for (const [key, value] of Object.entries(ask.query ?? {}))
      if (value !== undefined && value !== '') url.searchParams.set(key, String(value));
    const asking = request(url, {
      method: ask.method ?? 'GET',
      headers: {
        accept: 'application/json',
        'user-agent': 'bentham-cockpit',
        ...headers,
        ...(ask.body === undefined ? {} : { 'content-type': ask.contentType ?? 'application/json' }),
      },
      ...(ask.body === undefined ? {} : { body: JSON.stringify(ask.body) }),
      dispatcher: this.#connections(tls, url),
      signal,
      // The caller's deadline counts; a stream may be silent for as long as its watcher thinks right.
      headersTimeout: 0,
      bodyTimeout: endless ? 0 : ask.timeout,
    });
    const answer = await unlessAborted(asking, signal);
    const date = Date.parse(String(answer.headers.date ?? ''));
    if (!Number.isNaN(date)) this.clockOffset = Math.round((date - Date.now()) / second) * second;
    // A 401 means that nothing was done: the only answer after which a request may be sent once more.
    if (answer.statusCode === 401 && !again && this.#renewable()) {
      await answer.body.dump();
      this.#credentials = undefined;
      return this.#exchange(ask, signal, endless, true);
    }
    return answer;
  }

  #renewable(): boolean {
    const { user } = this.#target;
    return Boolean(user.exec || user.tokenFile || user.authProvider);
  }

  async #authenticated(signal: AbortSignal): Promise<Credentials> {
    const held = this.#credentials;
    if (held && (held.expires === undefined || held.expires > (Date.now() as Instant))) return held;
    this.#pending ??= obtain(this.#target).finally(() => {
      this.#pending = undefined;
    });
    const aborted = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
    this.#credentials = await Promise.race([this.#pending, aborted]);
    return this.#credentials;
  }

  /** One pool for all requests; made anew only when the certificates change. */
  #connections(tls: Credentials['tls'], url: URL): Dispatcher {
    const of = [tls.ca, tls.cert, tls.key].map((b) => b?.toString('base64') ?? '').join('|');
    if (this.#dispatcher?.of === of) return this.#dispatcher.made;
    // Requests under way keep the old pool until they are done.
    void this.#dispatcher?.made.close();
    // Connections of their own for long streams (no HTTP/2): a stalled log must not hold up the watch.
    const options = { allowH2: false, keepAliveTimeout: 10 * second };
    const connect = { ...tls, timeout: 5 * second, keepAlive: true, keepAliveInitialDelay: 15 * second };
    const { proxyUrl } = this.#target.cluster;
    const made = proxyUrl
      ? new ProxyAgent({ ...options, uri: proxyUrl, requestTls: connect })
      : proxied(url)
        ? new EnvHttpProxyAgent({ ...options, requestTls: connect })
        : new Agent({ ...options, connect });
    this.#dispatcher = { made, of };
    return made;
  }

  #fault(error: unknown, late: Ms | undefined): Fault {
    if (error instanceof CredentialsError)
      return { kind: 'forbidden', where: this.where, what: door(error.message, 300), hint: error.hint };
    if (late !== undefined) return timedOut(this.where, late);
    if (error instanceof TooLong) return this.#malformed('answer without end');
    return networkFault(error, this.where);
  }

  #malformed(what: string): Fault {
    return { kind: 'malformed', where: this.where, what, hint: 'is that a Kubernetes API? check the context' };
  }

  /** An HTTP answer that is not what was asked for. Bodies are a Status object, or whatever a proxy says. */
  #refusal(code: number, body: string, ask: Ask): Fault {
    const said = statusMessage(body);
    const { where } = this;
    if (code === 401)
      return { kind: 'forbidden', where, what: 'not signed in (401)', hint: `sign in to context ${this.context}` };
    if (code === 403)
      return { kind: 'forbidden', where, what: `may not ${ask.to} (403)`, hint: `ask for the right to ${ask.to}` };
    if (code === 404)
      return { kind: 'malformed', where, what: `not found (404): ${said}`, hint: 'check namespace and context' };
    if (code === 410)
      return { kind: 'malformed', where, what: 'too old a version (410)', hint: 'asks again by itself' };
    const what = `answered ${code}${said ? `: ${said}` : ''}`;
    if (code === 429 || code >= 500)
      return { kind: 'unreachable', where, what, hint: 'the API server is in trouble: look at the control plane' };
    return { kind: 'malformed', where, what, hint: 'check the context, and the versions' };
  }
}

/** The cluster the settings choose. */
export async function openCluster(settings: Settings['kubernetes']): Promise<Outcome<Cluster>> {
  const target = await loadTarget(settings);
  return target.ok ? { ok: true, value: new Cluster(target.value) } : target;
}

/** What a Status body says; else its beginning. */
export function statusMessage(body: string): string {
  try {
    const status: unknown = JSON.parse(body);
    if (typeof status === 'object' && status !== null && 'message' in status) return door(status.message, 200);
  } catch {
    // Not JSON: a proxy's page.
  }
  return door(
    body
      .replace(/<[^>]*>/g, ' ')
      .replace(/\s+/g, ' ')
      .trim(),
    120,
  );
}

function versionOf(body: string): string {
  try {
    const { gitVersion } = JSON.parse(body) as { gitVersion?: unknown };
    return door(gitVersion, 40);
  } catch {
    return '';
  }
}

/** undici heeds a signal only once it is connected, and a handshake can hang for longer than anybody waits. */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let abort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
  });
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

class TooLong extends Error {}

async function readAll(body: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > longestAnswer) {
      body.destroy();
      throw new TooLong();
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size).toString('utf8');
}
