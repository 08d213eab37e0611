// One cluster, spoken to over one pool of connections. Requests go through undici directly and not through
// client-node's API classes: those set no time limit, decode 5,000 pods three times as slowly, and cannot stream logs.

import type { Readable } from 'node:stream';
import type { VersionInfo } from '@kubernetes/client-node';
import { type Dispatcher, request, type WebSocket } from 'undici';
import type { Settings } from '../../config/settings.ts';
import { sanitize } from '../../core/text/text.ts';
import { type Ms, second } from '../../core/time.ts';
import type { Fault } from '../../core/world/reading.ts';
import { type CertificateProblem, explainNetworkError } from '../network.ts';
import { pause, type Result, timedOut } from '../source.ts';
import { timeLimit, unlessAborted } from '../time-limit.ts';
import { type Reader, readAll, readInto, TooLong } from './answer.ts';
import { type Answered, type Refused, refusal } from './api-error.ts';
import type { ApiObject } from './api-object.ts';
import { credentialsOf, isRenewable, type SharedCredentials, waitingFor } from './credentials.ts';
import { CredentialsError } from './credentials-error.ts';
import { type KubeTarget, loadTarget } from './kubeconfig.ts';
import { TakenLogin } from './login-end.ts';
import { type PoolOptions, Pools, type Use } from './pools.ts';

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

export type Ask = {
  path: string;
  query?: Query;
  /** GET unless said otherwise. */
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Sent as JSON. */
  body?: unknown;
  contentType?: string;
  /** What the answer shall be; JSON of the whole object unless said otherwise. */
  accept?: string;
  signal?: AbortSignal;
  /** For the whole exchange; for a stream until the answer begins. */
  timeout: Ms;
  /** In words for a 403: `list pods in bentham-prod`. */
  to: string;
};

/** A connection to the chosen context. Reading only goes through `get` and `stream`; `send` is for actions. */
export class Cluster {
  readonly context: string;
  /** host:port, for faults. */
  readonly where: string;
  readonly server: string;
  readonly #target: KubeTarget;
  readonly #credentials: SharedCredentials;
  readonly #pools: Pools;
  #certificate: Buffer | undefined;
  readonly #taken = new TakenLogin();
  /** The server's clock less ours, from the Date header; whole seconds. */
  clockOffset: Ms = 0;

  constructor(target: KubeTarget, options: PoolOptions = {}) {
    this.#target = target;
    this.#pools = new Pools(target, options);
    this.#credentials = credentialsOf(target);
    this.context = sanitize(target.context, 120);
    this.server = sanitize(target.cluster.server, 300);
    this.where = new URL(target.cluster.server).host;
  }

  /**
   * One object or list, as JSON. After Retry-After the request is repeated, within the deadline. `reading` begins to read an
   * answer while it arrives.
   */
  async get<T>(ask: Ask, reading?: () => Reader<T>): Promise<Answered<T>> {
    const until = performance.now() + ask.timeout;
    for (let { timeout } = ask; ; timeout = Math.ceil(until - performance.now())) {
      const answer = await this.send<T>({ ...ask, timeout, method: 'GET' }, reading?.());
      if (answer.ok || answer.after === undefined || performance.now() + answer.after >= until) return answer;
      await pause(answer.after, ask.signal ?? new AbortController().signal);
      if (ask.signal?.aborted || performance.now() >= until) return answer;
    }
  }

  /** One exchange. It is never retried, but for credentials that had run out before anything was done. */
  async send<T>(ask: Ask, reader?: Reader<T>): Promise<Answered<T>> {
    const limit = timeLimit(ask.timeout, ask.signal);
    let status: { status?: number } = {};
    try {
      const answer = await this.#exchange(ask, limit.signal);
      status = { status: answer.statusCode };
      const isRefused = answer.statusCode >= 400;
      const text = reader && !isRefused ? await readInto(answer.body, reader) : await readAll(answer.body);
      if (isRefused) return this.#refusal(answer, text, ask);
      try {
        return { ok: true, value: reader ? reader.end() : (JSON.parse(text) as T) };
      } catch {
        return { ok: false, fault: this.#malformed(`answer is not JSON: ${sanitize(text, 80)}`), ...status };
      }
    } catch (error) {
      return { ok: false, fault: this.#fault(error, limit.isOver ? ask.timeout : undefined), ...status };
    } finally {
      limit.end();
    }
  }

  /**
   * Whether the API server answers, with its version ('' where it keeps that to itself). Any answer proves life (a 429
   * too: it is busy, not away) but a 401 (nothing else will be answered either) and a 5xx.
   */
  async pulse(timeout: Ms, signal: AbortSignal): Promise<Result<{ version: string; latency: Ms }>> {
    const limit = timeLimit(timeout, signal);
    const ask: Ask = { path: '/version', timeout, to: 'read the version' };
    const begun = performance.now();
    try {
      const answer = await this.#exchange(ask, limit.signal, 'beat');
      const text = await readAll(answer.body);
      const latency = performance.now() - begun;
      const { statusCode } = answer;
      if (statusCode === 401 || statusCode >= 500) return this.#refusal(answer, text, ask);
      return { ok: true, value: { version: statusCode < 300 ? versionOf(text) : '', latency } };
    } catch (error) {
      void this.#pools.dropBeats();
      return { ok: false, fault: this.#fault(error, limit.isOver ? timeout : undefined) };
    } finally {
      limit.end();
    }
  }

  /** A long-lived stream (watch, logs), once its answer has started. The caller destroys it. */
  async stream(ask: Ask): Promise<Answered<Readable>> {
    const starting = new AbortController();
    const timer = setTimeout(() => starting.abort(), ask.timeout);
    const signal = ask.signal ? AbortSignal.any([ask.signal, starting.signal]) : starting.signal;
    try {
      const answer = await this.#exchange(ask, signal, 'stream');
      if (answer.statusCode < 400) return { ok: true, value: answer.body };
      const text = await readAll(answer.body);
      return this.#refusal(answer, text, ask);
    } catch (error) {
      return { ok: false, fault: this.#fault(error, starting.signal.aborted ? ask.timeout : undefined) };
    } finally {
      clearTimeout(timer);
    }
  }

  /** A WebSocket to a subresource that streams (RFC 6455); who opens it hears of its events. Throws `CredentialsError`. */
  async webSocket(path: string, protocol: string, signal: AbortSignal): Promise<WebSocket> {
    const { tls, headers } = await unlessAborted(this.#credentials.renewal.get(), signal);
    // All of undici, which a request does not need: loaded for a person who opens a shell or forwards a port.
    const { WebSocket } = await import('undici');
    const url = new URL(this.#target.cluster.server + path);
    const dispatcher = this.#pools.of(tls, url, 'stream');
    url.protocol = url.protocol.replace('http', 'ws');
    return new WebSocket(url, {
      protocols: [protocol],
      headers: { 'user-agent': 'bentham-cockpit', ...headers },
      dispatcher,
    });
  }

  /** Whether the server took this login the last time and nothing says that it will not again; else only it can tell. */
  async isLoginSure(): Promise<boolean> {
    const login = await this.#credentials.renewal.known();
    return login !== undefined && this.#taken.is(login, Date.now() + this.clockOffset);
  }

  /** A person asks again: a credential plugin that failed need not wait for its pause. */
  hasten(): void {
    this.#credentials.renewal.hasten();
  }

  /** Lets go of all connections. */
  close(): Promise<void> {
    return this.#pools.close();
  }

  async #exchange(ask: Ask, signal: AbortSignal, use: Use = 'answer', again = false): Promise<Dispatcher.ResponseData> {
    const { renewal } = this.#credentials;
    const used = await unlessAborted(renewal.get(), signal);
    const { tls, headers } = used;
    const url = new URL(this.#target.cluster.server + ask.path);
    for (const [key, value] of Object.entries(ask.query ?? {}))
      if (value !== undefined && value !== '') url.searchParams.set(key, String(value));
    const asking = request(url, {
      method: ask.method ?? 'GET',
      headers: {
        accept: ask.accept ?? 'application/json',
        'user-agent': 'bentham-cockpit',
        ...headers,
        'content-type': ask.body === undefined ? undefined : (ask.contentType ?? 'application/json'),
      },
      body: ask.body === undefined ? undefined : JSON.stringify(ask.body),
      dispatcher: this.#pools.of(tls, url, use),
      signal,
      // The caller's deadline counts; a stream may be silent for as long as its watcher thinks right.
      headersTimeout: 0,
      bodyTimeout: use === 'stream' ? 0 : ask.timeout,
    });
    const answer = await unlessAborted(asking, signal);
    const date = Date.parse(String(answer.headers.date ?? ''));
    if (!Number.isNaN(date)) this.clockOffset = Math.round((date - Date.now()) / second) * second;
    // A 401 means that nothing was done: the only answer after which a request may be sent once more.
    if (answer.statusCode !== 401) {
      renewal.accepted(used);
      this.#taken.took(used);
    } else if (!again && isRenewable(this.#target.user) && renewal.refused(used)) {
      await answer.body.dump();
      return this.#exchange(ask, signal, use, true);
    } else this.#taken.wasRefused();
    this.#certificate = tls.cert;
    return answer;
  }

  #fault(error: unknown, late: Ms | undefined): Fault {
    const { renewal, progress } = this.#credentials;
    const waits = late !== undefined && renewal.pending && progress ? waitingFor(this.#target, progress) : undefined;
    const refused = error instanceof CredentialsError ? error : waits;
    if (refused) {
      const { hint, code } = refused;
      return { kind: 'forbidden', where: this.where, what: sanitize(refused.message, 400), hint, code };
    }
    if (late !== undefined) return timedOut(this.where, late);
    if (error instanceof TooLong) return this.#malformed('endless answer');
    const { kind, what, hint, certificate } = explainNetworkError(error);
    return { kind, where: this.where, what, hint: this.#certificateHint(certificate) ?? hint };
  }

  #malformed(what: string): Fault {
    return { kind: 'malformed', where: this.where, what, hint: 'not a Kubernetes API? check the context' };
  }

  /** The kubeconfig configures trust, not the environment. */
  #certificateHint(problem: CertificateProblem | undefined): string | undefined {
    const { name } = this.#target.cluster;
    const place = `of cluster ${sanitize(name, 80)} in the kubeconfig`;
    if (problem === 'authority') return `compare certificate-authority ${place}`;
    return problem === 'host' ? `compare server and tls-server-name ${place}` : undefined;
  }

  #refusal(answer: Pick<Dispatcher.ResponseData, 'statusCode' | 'headers'>, body: string, { to }: Ask): Refused {
    const { where, context } = this;
    return refusal(answer, body, { to, where, context, certificate: this.#certificate });
  }
}

/** The cluster the settings choose. */
export async function openCluster(settings: Settings['kubernetes']): Promise<Result<Cluster>> {
  const target = await loadTarget(settings);
  return target.ok ? { ok: true, value: new Cluster(target.value) } : target;
}

function versionOf(body: string): string {
  try {
    const { gitVersion } = JSON.parse(body) as ApiObject<VersionInfo>;
    return sanitize(gitVersion, 40);
  } catch {
    return '';
  }
}
