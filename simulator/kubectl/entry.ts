// Into the cluster as kubectl goes: by the kubeconfig and its context, over TLS, with the user's token.
import { readFile } from 'node:fs/promises';
import { Agent, request } from 'undici';
import { parse } from 'yaml';

/** What kubectl would print to standard error before it ends with 1. */
export class Refused extends Error {}

export type Entry = {
  /** The context's namespace. */
  namespace: string;
  /** The answer's body; undefined for 404. Throws {@link Refused} with the server's own message otherwise. */
  ask<T>(method: 'GET' | 'POST' | 'PATCH', path: string, body?: object, accept?: string): Promise<T | undefined>;
  close(): Promise<void>;
};

type Named<K extends string, T> = { name: string } & Readonly<Record<K, T>>;
type Kubeconfig = {
  'current-context': string;
  clusters: Named<'cluster', { server: string; 'certificate-authority-data'?: string }>[];
  users: Named<'user', { token?: string }>[];
  contexts: Named<'context', { cluster: string; user: string; namespace?: string }>[];
};

export async function enter(kubeconfig: string, wanted: string | undefined): Promise<Entry> {
  const text = await readFile(kubeconfig, 'utf8').catch(() => {
    throw new Refused(`error: stat ${kubeconfig}: no such file or directory`);
  });
  const config = parse(text) as Kubeconfig;
  const name = wanted ?? config['current-context'];
  const context = config.contexts.find((one) => one.name === name)?.context;
  const cluster = config.clusters.find((one) => one.name === context?.cluster)?.cluster;
  const user = config.users.find((one) => one.name === context?.user)?.user;
  if (!context || !cluster) throw new Refused(`error: context "${name}" does not exist`);
  const authority = cluster['certificate-authority-data'];
  const dispatcher = new Agent({ connect: authority ? { ca: Buffer.from(authority, 'base64').toString() } : {} });
  return {
    namespace: context.namespace ?? 'default',
    async ask<T>(method: 'GET' | 'POST' | 'PATCH', path: string, body?: object, accept = 'application/json') {
      const answer = await request(cluster.server + path, {
        method,
        dispatcher,
        headers: {
          accept,
          authorization: `Bearer ${user?.token ?? ''}`,
          'content-type': method === 'PATCH' ? 'application/strategic-merge-patch+json' : 'application/json',
        },
        body: body ? JSON.stringify(body) : undefined,
      }).catch((error: Error) => {
        throw new Refused(`The connection to the server ${cluster.server} was refused: ${error.message}`);
      });
      if (answer.statusCode === 404) {
        await answer.body.dump();
        return undefined;
      }
      const value = (await answer.body.json()) as T & { reason?: string; message?: string };
      if (answer.statusCode >= 300)
        throw new Refused(`Error from server (${value.reason ?? answer.statusCode}): ${value.message ?? ''}`);
      return value;
    },
    close: () => dispatcher.close(),
  };
}
