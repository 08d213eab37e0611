// Cockpits of one incident, each on a host of its own with a login and a way of its own to one API server.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Settings } from '../../src/config/settings.ts';
import { kubernetesSources } from '../../src/data/kubernetes/sources.ts';
import type { Source, SourceUpdate } from '../../src/data/source.ts';
import type { ApiServer, Handler } from './api-server.ts';
import { eventually } from './eventually.ts';
import { Middleman } from './proxy.ts';
import { started } from './redis-server.ts';
import { admits, cockpit, opens } from './relay-cockpits.ts';

/** An API server that lives. */
export const answers: Handler = (_, res) => res.end('{"gitVersion":"v1.32.0"}');

/** An API server that has one pod, and watches that say nothing. */
const onePod: Handler = ({ pathname, searchParams }, res) => {
  if (!pathname.endsWith('/pods')) res.writeHead(404).end('{}');
  else if (searchParams.get('watch') === 'true') res.flushHeaders();
  else res.end('{"metadata":{"resourceVersion":"1"},"items":[{"metadata":{"name":"a","uid":"a"}}]}');
};

export type Host = Awaited<ReturnType<Hosts['host']>>;

/** What all ways go through. */
export type SharedProxy = {
  /** Listens, and gives its address: 127.0.0.1:1080. */
  start(): Promise<string>;
  end(): Promise<void>;
};

export class Hosts {
  readonly server: ApiServer;
  /** Answers heartbeats. */
  answer: Handler = answers;
  /** The logins of the heartbeats that came. */
  readonly beats: string[] = [];
  readonly #proxy: SharedProxy;
  #proxyUrl = new URL('http://127.0.0.1');
  readonly #directory = mkdtempSync(join(tmpdir(), 'bentham-beats-'));
  readonly #ways: Middleman[] = [];

  private constructor(server: ApiServer, proxy: SharedProxy) {
    this.server = server;
    this.#proxy = proxy;
  }

  /** Starts both. `scheme`: how the proxy is spoken to. */
  static async of(server: ApiServer, scheme: 'http' | 'socks5', proxy: SharedProxy): Promise<Hosts> {
    const hosts = new Hosts(server, proxy);
    server.version = (url, res, req) => {
      hosts.beats.push(String(req.headers.authorization));
      hosts.answer(url, res, req);
    };
    server.handle = onePod;
    await server.start();
    hosts.#proxyUrl = new URL(`${scheme}://${await proxy.start()}`);
    return hosts;
  }

  /** The first one opens the incident and admits the others; from then on each is told by another one, now and then. */
  async sharing<N extends readonly string[]>(...names: N): Promise<{ [I in keyof N]: Host }> {
    const { port } = await started();
    const all: Host[] = [];
    for (const name of names) {
      const one = await this.host(name, port);
      if (all.length === 0) one.made.do(opens);
      all.push(one);
    }
    const [first, ...others] = all.map(({ made }) => made);
    if (first) await admits(first, ...others);
    await areTold(all);
    return all as { [I in keyof N]: Host };
  }

  async host(name: string, relay: number) {
    const way = await Middleman.before('127.0.0.1', Number(this.#proxyUrl.port));
    this.#ways.push(way);
    const { kubernetes } = this.server.settings();
    const kubeconfig = JSON.parse(readFileSync(kubernetes.kubeconfig ?? '', 'utf8'));
    kubeconfig.clusters[0].cluster['proxy-url'] = `${this.#proxyUrl.protocol}//127.0.0.1:${way.port}`;
    kubeconfig.users = [{ name: 'u', user: { token: name } }];
    const file = join(this.#directory, name);
    writeFileSync(file, JSON.stringify(kubeconfig), { mode: 0o600 });
    const news: SourceUpdate[] = [];
    const heard = (source: Source): Source => ({
      ...source,
      start: (tell, signal) =>
        source.start((one) => {
          news.push(one);
          tell(one);
        }, signal),
    });
    const looks = {
      settings: { kubernetes: { kubeconfig: file, namespace: 'bentham' }, intervals: { timeout: 1500 } },
      sources: (of: Settings) =>
        kubernetesSources(of, { shared: true })
          .filter(({ facts }) => facts.some((fact) => fact === 'cluster' || fact === 'pods'))
          .map(heard),
    };
    const made = await cockpit(name, relay, { looks });
    const of = (fact: string) => news.filter((one) => one.fact === fact);
    return { name, made, way, of, last: (fact: string) => of(fact).at(-1) };
  }

  /** After the cockpits have ended. */
  async end(): Promise<void> {
    await Promise.all(this.#ways.splice(0).map((way) => way.stop()));
    await this.#proxy.end();
    await this.server.end();
    rmSync(this.#directory, { recursive: true });
  }

  /** Waits for so many heartbeats of each; gives what was sent for them, by whom, and the most that one of them got. */
  async sent(all: readonly Host[], more: number): Promise<{ count: number; by: ReadonlySet<string>; looks: number }> {
    const [before, shown] = [this.beats.length, all.map(({ of }) => of('cluster').length)];
    await go(all, more);
    const looks = Math.max(...all.map(({ of }, at) => of('cluster').length - (shown[at] ?? 0)));
    const sent = this.beats.slice(before);
    return { count: sent.length, by: new Set(sent), looks };
  }

  /** The server answers no heartbeat: all say so at once. It answers again: so do they. */
  async areLostAndFound(all: readonly Host[]): Promise<void> {
    const shown = all.map(({ of }) => of('cluster').length);
    this.answer = () => {};
    await Promise.all(all.map(({ last }) => eventually(() => expect(isFault(last('pods'))).toBe(true))));
    for (const [at, { of }] of all.entries()) expect(of('cluster').length - (shown[at] ?? 0)).toBeLessThanOrEqual(3);
    this.answer = answers;
    await areTold(all);
    await areWell(all);
  }
}

export const isFault = (one: SourceUpdate | undefined) => one !== undefined && 'fault' in one;
export const isTold = (one: SourceUpdate | undefined) => one !== undefined && 'from' in one && / on /.test(one.from);

/** Waits until each has got so many more heartbeats. */
export const go = (all: readonly Host[], more: number) =>
  Promise.all(
    all.map(({ of }) => {
      const { length } = of('cluster');
      return eventually(() => expect(of('cluster').length).toBeGreaterThanOrEqual(length + more));
    }),
  );

export const areTold = (all: readonly Host[]) =>
  Promise.all(
    all.map(({ of }) => {
      const { length } = of('cluster');
      return eventually(() => expect(of('cluster').slice(length).some(isTold)).toBe(true));
    }),
  );

/** Waits until all show the pods. */
export const areWell = (all: readonly Host[]) =>
  Promise.all(all.map(({ last }) => eventually(() => expect(isFault(last('pods'))).toBe(false))));
