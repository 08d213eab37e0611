// Which cluster, as whom. The files are read bounded and parsed here; what an entry of them means is client-node's. Its
// KubeConfig does not choose: it fails where kubectl does not (docs/adr/0002-own-watch.md).

import { stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import {
  ActionOnInvalid,
  type Cluster,
  newClusters,
  newContexts,
  newUsers,
  type User,
} from '@kubernetes/client-node/dist/config_types.js';
import { isNode, LineCounter, parse, parseDocument, YAMLParseError } from 'yaml';
import { sanitize } from '../../core/text/text.ts';
import { isTooDeep } from '../../core/text/yaml-depth.ts';
import { type Ms, second } from '../../core/time.ts';
import type { Fault } from '../../core/world/reading.ts';
import { isMissing, readBounded, unreadable } from '../../disk/bounded-file.ts';
import type { Result } from '../source.ts';

/** A user's ways to prove who they are, with what client-node leaves out. Empty text counts as nothing. */
export type KubeUser = Omit<User, 'exec'> & {
  tokenFile?: string;
  impersonate?: Impersonated;
  exec?: ExecPlugin;
};

/** Details of the impersonated user (`impersonateUser`). */
export type Impersonated = {
  uid?: string;
  groups: readonly string[];
  extra: Readonly<Record<string, readonly string[]>>;
};

export type ExecPlugin = {
  apiVersion: string;
  command: string;
  args: readonly string[];
  env: Readonly<Record<string, string>>;
  installHint?: string;
  provideClusterInfo: boolean;
  /** It asks its user something, always (interactiveMode: Always). */
  needsTerminal: boolean;
  /** It may ask its user something where there is a terminal (any interactiveMode but Never). */
  takesTerminal: boolean;
};

/** One context, resolved. */
export type KubeTarget = { context: string; cluster: Cluster; user: KubeUser };

type Bag = { readonly [key: string]: unknown };
type File = { file: string; content: string; body: Bag };
/** An entry of a section, with its position. */
type Entry = { at: File; path: readonly [section: string, index: number]; name: string; body: Bag };

const bag = (value: unknown): Bag =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Bag) : {};
const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** Bytes; a hundred clusters have half a megabyte. More would keep the parser busy for seconds. */
const longestKubeconfig = 2 * 1024 * 1024;

/** The files as they were last parsed: every beat of the pulse reads them, and they seldom change. */
const parsed = new Map<string, File>();

function parseOnce(file: string, content: string): File {
  const before = parsed.get(file);
  if (before?.content === content) return before;
  if (isTooDeep(content)) throw new Error('nested too deeply');
  // The parser would compare each key with each other.
  const made = { file, content, body: bag(parse(content, { uniqueKeys: false })) };
  parsed.set(file, made);
  return made;
}

/** The texts of the files as they were last read, and what a change of them would change. */
const texts = new Map<string, { mark: string; content: string }>();
/** Clocks of file systems are coarse: what was changed within this time may be changed again unnoticed. */
const settledAfter: Ms = 2 * second;

/** Reads a file again only where it may be another: a look costs a sixth. Throws what is wrong with reading it. */
async function readOnce(file: string): Promise<string> {
  const { dev, ino, size, mtimeMs, ctimeMs } = await stat(file);
  const mark = [dev, ino, size, mtimeMs, ctimeMs].join();
  const before = texts.get(file);
  if (before?.mark === mark) return before.content;
  const begun = Date.now();
  const content = (await readBounded(file, longestKubeconfig)).toString('utf8');
  // A pipe has no text that stays.
  if (size === Buffer.byteLength(content) && begun - ctimeMs > settledAfter) texts.set(file, { mark, content });
  return content;
}

export type KubeChoice = { kubeconfig?: string | undefined; context?: string | undefined };

/**
 * The chosen context, looked for as kubectl does: the given list of files or KUBECONFIG (of a name that is there twice
 * the first counts, missing files are passed by), `~/.kube/config`, the service account of a pod.
 */
export async function loadTarget(choice: KubeChoice, environment = process.env): Promise<Result<KubeTarget>> {
  const read = await readFiles(choice, environment);
  if (!read.ok) return read;
  const { found, given, where } = read.value;
  if (found.length === 0) {
    const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = environment;
    const own = !given && host && port ? (await import('./in-cluster.ts')).serviceAccount() : undefined;
    if (own) return { ok: true, value: { context: 'in-cluster', ...own } };
    return wrong(where, 'no kubeconfig there', 'set KUBECONFIG, or kubernetes.kubeconfig');
  }
  return choose(found, choice.context, where);
}

type Read = { found: readonly File[]; given: string | undefined; where: string };

async function readFiles(choice: KubeChoice, environment: NodeJS.ProcessEnv): Promise<Result<Read>> {
  const given = choice.kubeconfig ?? text(environment.KUBECONFIG);
  const files = given
    ? given.split(delimiter).filter((f) => f !== '')
    : [join(environment.HOME ?? homedir(), '.kube', 'config')];
  const where = files.join(delimiter);
  const found: File[] = [];
  for (const named of files) {
    const file = expand(named, environment);
    let content: string;
    try {
      content = await readOnce(file);
    } catch (error) {
      if (isMissing(error)) continue;
      return wrong(named, unreadable(error), 'name another file with KUBECONFIG, or check its permissions');
    }
    try {
      found.push(parseOnce(file, content));
    } catch (error) {
      const why = error instanceof Error ? error.message.split(/ at line |\n/)[0] : '';
      const line = error instanceof YAMLParseError ? error.linePos?.[0].line : undefined;
      const where = line ? `${named}:${line}` : named;
      return wrong(
        where,
        `is not valid YAML: ${sanitize(why, 120)}`,
        'fix the file, or choose another with KUBECONFIG',
      );
    }
  }
  return { ok: true, value: { found, given, where } };
}

/** Every context of the files, with its namespace, and the current one. A fault says which file is wrong. */
export async function contextsOf(
  choice: KubeChoice,
  environment = process.env,
): Promise<Result<{ current?: string; contexts: readonly { name: string; namespace?: string }[] }>> {
  const read = await readFiles(choice, environment);
  if (!read.ok) return read;
  const { found } = read.value;
  const current = found.map(({ body }) => text(body['current-context'])).find((name) => name !== undefined);
  const byName = new Map<string, { name: string; namespace?: string }>();
  for (const one of found.flatMap(({ body }) => list(body.contexts).map(bag))) {
    const name = text(one.name);
    if (name && !byName.has(name)) byName.set(name, { name, namespace: text(bag(one.context).namespace) });
  }
  return { ok: true, value: { current, contexts: [...byName.values()] } };
}

function choose(files: readonly File[], wanted: string | undefined, where: string): Result<KubeTarget> {
  const current = wanted ?? files.map(({ body }) => text(body['current-context'])).find((c) => c !== undefined);
  if (!current) return wrong(where, 'no current context', 'choose one: --context, or kubectl config use-context');
  const context = entry(files, 'contexts', current);
  if (!context) {
    const names = files.flatMap(({ body }) => list(body.contexts).flatMap((one) => text(bag(one).name) ?? []));
    const known = names.slice(0, 8).join(', ') || 'none';
    return wrong(where, `no context ${sanitize(current, 80)}`, `known contexts: ${sanitize(known, 300)}`);
  }
  const [named] = newContexts([context.body], filter);
  const at = named && entry(files, 'clusters', named.cluster);
  const cluster = at && toCluster(at);
  if (!cluster || !URL.canParse(cluster.server)) {
    const place = at ? lineOf(at, 'cluster', 'server') : lineOf(context, 'context', 'cluster');
    return wrong(place, `context ${sanitize(current, 80)} names no usable cluster`, 'fix clusters[].cluster.server');
  }
  if (cluster.proxyUrl && !URL.canParse(cluster.proxyUrl)) {
    const what = `cluster ${sanitize(cluster.name, 80)} has an invalid proxy-url`;
    return wrong(lineOf(at, 'cluster', 'proxy-url'), what, 'fix clusters[].cluster');
  }
  const user = named.user ? entry(files, 'users', named.user) : undefined;
  if (named.user && !user) {
    const hint = `fix users[], or the user of context ${sanitize(current, 80)}`;
    return wrong(lineOf(context, 'context', 'user'), `no user ${sanitize(named.user, 80)}`, hint);
  }
  return { ok: true, value: { context: current, cluster, user: user ? toUser(user) : { name: '' } } };
}

/** Of duplicate names the first counts, as in kubectl. */
function entry(files: readonly File[], section: string, name: string): Entry | undefined {
  for (const at of files) {
    const all = list(at.body[section]);
    const index = all.findIndex((one) => bag(one).name === name);
    if (index >= 0) return { at, path: [section, index], name, body: bag(all[index]) };
  }
  return undefined;
}

/** `file:line` of a key of an entry; of the entry where it has no such key. */
function lineOf({ at: { file, content }, path }: Entry, ...keys: readonly string[]): string {
  const lines = new LineCounter();
  const document = parseDocument(content, { lineCounter: lines, uniqueKeys: false });
  for (let length = keys.length; length >= 0; length -= 1) {
    const node = document.getIn([...path, ...keys.slice(0, length)], true);
    if (isNode(node) && node.range) return `${file}:${lines.linePos(node.range[0]).line}`;
  }
  return file;
}

/** Invalid entries are ignored. */
const filter = { onInvalidEntry: ActionOnInvalid.FILTER };

/** client-node believes that what has to be text is text. */
const plain = (body: Bag): Bag =>
  Object.fromEntries(Object.entries(body).filter(([, value]) => typeof value === 'boolean' || text(value)));

function toCluster({ at, name, body }: Entry): Cluster | undefined {
  const [cluster] = newClusters([{ name, cluster: plain(bag(body.cluster)) }], filter);
  return (
    cluster && {
      ...cluster,
      server: cluster.server.replace(/(?<!\/)\/+$/, ''),
      caFile: absolute(cluster.caFile, at),
    }
  );
}

function toUser({ at, name, body }: Entry): KubeUser {
  const all = bag(body.user);
  const given = { ...plain(all), 'auth-provider': all['auth-provider'], 'token-file': undefined };
  const [user] = newUsers([{ name, user: given }], filter);
  return {
    ...user,
    name,
    certFile: absolute(user?.certFile, at),
    keyFile: absolute(user?.keyFile, at),
    // client-node would read it at once, from wherever we stand, by a key that kubectl does not know.
    tokenFile: absolute(text(all.tokenFile) ?? text(all['token-file']), at),
    impersonate: impersonated(all),
    exec: toPlugin(bag(all.exec), at),
  };
}

function toPlugin(exec: Bag, at: File): ExecPlugin | undefined {
  const command = text(exec.command);
  if (!command) return undefined;
  return {
    apiVersion: text(exec.apiVersion) ?? 'client.authentication.k8s.io/v1',
    // As kubectl: a relative path with a slash belongs to the kubeconfig's directory.
    command: command.includes('/') ? resolve(dirname(at.file), command) : command,
    args: list(exec.args).map(String),
    env: Object.fromEntries(list(exec.env).map((e) => [String(bag(e).name), String(bag(e).value ?? '')])),
    installHint: text(exec.installHint) && sanitize(exec.installHint, 200),
    provideClusterInfo: exec.provideClusterInfo === true,
    needsTerminal: exec.interactiveMode === 'Always',
    takesTerminal: exec.interactiveMode !== 'Never',
  };
}

function impersonated(body: Bag): Impersonated | undefined {
  const uid = text(body['as-uid']);
  const groups = list(body['as-groups']).map(String);
  const extra = Object.entries(bag(body['as-user-extra'])).map(([key, values]) => [key, list(values).map(String)]);
  if (!uid && groups.length === 0 && extra.length === 0) return undefined;
  return { uid, groups, extra: Object.fromEntries(extra) };
}

const absolute = (file: string | undefined, at: File): string | undefined => file && resolve(dirname(at.file), file);

const expand = (file: string, environment: NodeJS.ProcessEnv): string =>
  file.startsWith('~/') ? join(environment.HOME ?? homedir(), file.slice(2)) : file;

function wrong(where: string, what: string, hint: string): { ok: false; fault: Fault } {
  return { ok: false, fault: { kind: 'unconfigured', where, what, hint } };
}
