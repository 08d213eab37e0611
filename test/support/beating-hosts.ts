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

/** An API server that has one pod, and watches that say nothing. */
export const onePod: Handler = ({ pathname, searchParams }, res) => {
  if (!pathname.endsWith('/pods')) res.writeHead(404).end('{}');
  else if (searchParams.get('watch') === 'true') res.flushHeaders();
  else res.end('{"metadata":{"resourceVersion":"1"},"items":[{"metadata":{"name":"a","uid":"a"}}]}');
};

export type Host = Awaited<ReturnType<Hosts['host']>>;

export class Hosts {
  readonly #server: ApiServer;
  /** `socks5://127.0.0.1:1080`: behind it is the server. */
  readonly #proxy: URL;
  readonly #directory = mkdtempSync(join(tmpdir(), 'bentham-beats-'));
  readonly #ways: Middleman[] = [];

  constructor(server: ApiServer, proxy: string) {
    this.#server = server;
    this.#proxy = new URL(proxy);
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
    const way = await Middleman.before('127.0.0.1', Number(this.#proxy.port));
    this.#ways.push(way);
    const { kubernetes } = this.#server.settings();
    const kubeconfig = JSON.parse(readFileSync(kubernetes.kubeconfig ?? '', 'utf8'));
    kubeconfig.clusters[0].cluster['proxy-url'] = `${this.#proxy.protocol}//127.0.0.1:${way.port}`;
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
    rmSync(this.#directory, { recursive: true });
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
