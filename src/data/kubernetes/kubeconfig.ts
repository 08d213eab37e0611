// Which cluster, as whom. Read here and not by client-node: its loader fails where kubectl does not (a missing file in
// KUBECONFIG, a cluster named in two files, plain http), loses token files' directories, and costs 400 ms to import.

import { homedir } from 'node:os';
import { delimiter, dirname, isAbsolute, join } from 'node:path';
import { parse } from 'yaml';
import { sanitize } from '../../core/text/text.ts';
import type { Fault } from '../../core/world/reading.ts';
import { isMissing, readBounded, unreadable } from '../../disk/bounded-file.ts';
import type { Result } from '../source.ts';

/** A user's ways to prove who they are, as a kubeconfig has them. */
export type KubeUser = {
  name: string;
  token?: string;
  tokenFile?: string;
  username?: string;
  password?: string;
  certificate?: Source;
  key?: Source;
  impersonate?: Impersonated;
  exec?: ExecPlugin;
  /** Legacy providers (oidc, gcp, azure), left to client-node. */
  authProvider?: unknown;
};

/** Whom to act as, instead of who one is: what the API server then allows is what they may do. */
export type Impersonated = {
  user?: string;
  uid?: string;
  groups: readonly string[];
  extra: Readonly<Record<string, readonly string[]>>;
};

/** PEM from the file itself or from another file. */
export type Source = { file: string } | { data: Buffer };

export type ExecPlugin = {
  apiVersion: string;
  command: string;
  args: readonly string[];
  env: Readonly<Record<string, string>>;
  installHint?: string;
  provideClusterInfo: boolean;
  /** It asks its user something, always (interactiveMode: Always). */
  needsTerminal: boolean;
};

export type KubeCluster = {
  name: string;
  server: string;
  authority?: Source;
  insecure: boolean;
  serverName?: string;
  proxyUrl?: string;
};

/** One context, resolved. */
export type KubeTarget = { context: string; cluster: KubeCluster; user: KubeUser };

type Bag = { readonly [key: string]: unknown };
type Named = { name: string; body: Bag; directory: string };

const bag = (value: unknown): Bag =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Bag) : {};
const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const inClusterDirectory = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Bytes; a hundred clusters have half a megabyte. More would keep the parser busy for seconds. */
const longestKubeconfig = 2 * 1024 * 1024;

/** The files as they were last parsed: every beat of the pulse reads them, and they seldom change. */
const parsed = new Map<string, { content: string; body: Bag }>();

function parseOnce(file: string, content: string): Bag {
  const before = parsed.get(file);
  if (before?.content === content) return before.body;
  // The parser would compare each key with each other.
  const body = bag(parse(content, { uniqueKeys: false }));
  parsed.set(file, { content, body });
  return body;
}

export type KubeChoice = { kubeconfig?: string | undefined; context?: string | undefined };

/**
 * The chosen context, looked for as kubectl does: the given list of files or KUBECONFIG (of a name that is there twice
 * the first counts, missing files are passed by), `~/.kube/config`, the service account of a pod.
 */
export async function loadTarget(choice: KubeChoice, environment = process.env): Promise<Result<KubeTarget>> {
  const given = choice.kubeconfig ?? text(environment.KUBECONFIG);
  const files = given
    ? given.split(delimiter).filter((f) => f !== '')
    : [join(environment.HOME ?? homedir(), '.kube', 'config')];
  const where = files.join(delimiter);
  const found: { file: string; body: Bag }[] = [];
  for (const file of files) {
    let content: string;
    try {
      content = (await readBounded(expand(file, environment), longestKubeconfig)).toString('utf8');
    } catch (error) {
      if (isMissing(error)) continue;
      return wrong(file, unreadable(error), 'name another file with KUBECONFIG, or check its permissions');
    }
    try {
      found.push({ file: expand(file, environment), body: parseOnce(file, content) });
    } catch (error) {
      const why = error instanceof Error ? error.message.split('\n')[0] : '';
      return wrong(
        file,
        `is not valid YAML: ${sanitize(why, 120)}`,
        'mend the file, or choose another with KUBECONFIG',
      );
    }
  }
  if (found.length === 0) {
    const own = given ? undefined : inCluster(environment);
    if (own) return { ok: true, value: own };
    return wrong(where, 'no kubeconfig there', 'set KUBECONFIG, or kubernetes.kubeconfig');
  }
  return choose(found, choice.context, where);
}

function choose(
  files: readonly { file: string; body: Bag }[],
  wanted: string | undefined,
  where: string,
): Result<KubeTarget> {
  const named = (section: string, key: string): Named[] =>
    files.flatMap(({ file, body }) =>
      list(body[section]).flatMap((entry) => {
        const name = text(bag(entry).name);
        return name ? [{ name, body: bag(bag(entry)[key]), directory: dirname(file) }] : [];
      }),
    );
  const contexts = named('contexts', 'context');
  const current = wanted ?? files.map(({ body }) => text(body['current-context'])).find((c) => c !== undefined);
  if (!current) return wrong(where, 'no current context', 'choose one: --context, or kubectl config use-context');
  const context = contexts.find((c) => c.name === current);
  if (!context) {
    const known =
      contexts
        .map((c) => c.name)
        .slice(0, 8)
        .join(', ') || 'none';
    return wrong(where, `no context ${sanitize(current, 80)}`, `known contexts: ${sanitize(known, 300)}`);
  }
  const clusterName = text(context.body.cluster) ?? '';
  const cluster = named('clusters', 'cluster').find((c) => c.name === clusterName);
  const server = text(cluster?.body.server)?.replace(/(?<!\/)\/+$/, '');
  if (!cluster || !server || !URL.canParse(server))
    return wrong(where, `context ${sanitize(current, 80)} names no usable cluster`, 'mend clusters[].cluster.server');
  const proxy = text(cluster.body['proxy-url']);
  if (proxy && !URL.canParse(proxy))
    return wrong(
      where,
      `cluster ${sanitize(clusterName, 80)} has a proxy-url that is no URL`,
      'mend clusters[].cluster',
    );
  const userName = text(context.body.user) ?? '';
  const user = named('users', 'user').find((u) => u.name === userName);
  if (userName !== '' && !user)
    return wrong(where, `no user ${sanitize(userName, 80)}`, `mend users[], named by context ${sanitize(current, 80)}`);
  return { ok: true, value: { context: current, cluster: toCluster(cluster, server), user: toUser(user) } };
}

function toCluster({ name, body, directory }: Named, server: string): KubeCluster {
  const authority = source(body, 'certificate-authority', directory);
  const serverName = text(body['tls-server-name']);
  const proxyUrl = text(body['proxy-url']);
  return {
    name,
    server,
    insecure: body['insecure-skip-tls-verify'] === true,
    ...(authority ? { authority } : {}),
    ...(serverName ? { serverName } : {}),
    ...(proxyUrl ? { proxyUrl } : {}),
  };
}

function toUser(user: Named | undefined): KubeUser {
  if (!user) return { name: '' };
  const { name, body, directory } = user;
  const tokenFile = text(body.tokenFile) ?? text(body['token-file']);
  const exec = bag(body.exec);
  const command = text(exec.command);
  const optional = {
    token: text(body.token),
    tokenFile: tokenFile ? absolute(tokenFile, directory) : undefined,
    username: text(body.username),
    password: text(body.password),
    certificate: source(body, 'client-certificate', directory),
    key: source(body, 'client-key', directory),
    impersonate: impersonated(body),
    authProvider: body['auth-provider'] ?? undefined,
    exec: command
      ? {
          apiVersion: text(exec.apiVersion) ?? 'client.authentication.k8s.io/v1',
          // As kubectl: a relative path with a slash belongs to the kubeconfig's directory.
          command: command.includes('/') ? absolute(command, directory) : command,
          args: list(exec.args).map(String),
          env: Object.fromEntries(list(exec.env).map((e) => [String(bag(e).name), String(bag(e).value ?? '')])),
          ...(text(exec.installHint) ? { installHint: sanitize(exec.installHint, 200) } : {}),
          provideClusterInfo: exec.provideClusterInfo === true,
          needsTerminal: exec.interactiveMode === 'Always',
        }
      : undefined,
  };
  return {
    name,
    ...(Object.fromEntries(Object.entries(optional).filter(([, v]) => v !== undefined)) as Omit<KubeUser, 'name'>),
  };
}

function impersonated(body: Bag): Impersonated | undefined {
  const user = text(body.as);
  const uid = text(body['as-uid']);
  const groups = list(body['as-groups']).map(String);
  const extra = Object.entries(bag(body['as-user-extra'])).map(([key, values]) => [key, list(values).map(String)]);
  if (!user && !uid && groups.length === 0 && extra.length === 0) return undefined;
  return { ...(user ? { user } : {}), ...(uid ? { uid } : {}), groups, extra: Object.fromEntries(extra) };
}

/** Inside a pod: its service account. */
function inCluster(environment: NodeJS.ProcessEnv): KubeTarget | undefined {
  const host = environment.KUBERNETES_SERVICE_HOST;
  const port = environment.KUBERNETES_SERVICE_PORT;
  if (!host || !port) return undefined;
  return {
    context: 'in-cluster',
    cluster: {
      name: 'in-cluster',
      server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
      authority: { file: join(inClusterDirectory, 'ca.crt') },
      insecure: false,
    },
    user: { name: 'service account', tokenFile: join(inClusterDirectory, 'token') },
  };
}

/** Data in the kubeconfig wins over a file, as kubectl decides it. */
function source(body: Bag, key: string, directory: string): Source | undefined {
  const data = text(body[`${key}-data`]);
  if (data) return { data: Buffer.from(data, 'base64') };
  const file = text(body[key]);
  return file ? { file: absolute(file, directory) } : undefined;
}

const absolute = (file: string, directory: string): string => (isAbsolute(file) ? file : join(directory, file));

const expand = (file: string, environment: NodeJS.ProcessEnv): string =>
  file.startsWith('~/') ? join(environment.HOME ?? homedir(), file.slice(2)) : file;

function wrong(where: string, what: string, hint: string): { ok: false; fault: Fault } {
  return { ok: false, fault: { kind: 'unconfigured', where, what, hint } };
}
