// What proves who we are: certificates for the connection, a header for each request. Never shown, never kept longer
// than they are valid.
import { createHash } from 'node:crypto';
import { isLoopback } from '../../core/loopback.ts';
import { quote } from '../../core/text/shell.ts';
import { sanitize } from '../../core/text/text.ts';
import { type Instant, type Ms, minute, second } from '../../core/time.ts';
import { readBounded, unreadable } from '../../disk/bounded-file.ts';
import { Renewal } from './credential-renewal.ts';
import { type PluginProgress, runPlugin } from './exec-plugin.ts';
import type { ExecPlugin, Impersonated, KubeTarget, Source } from './kubeconfig.ts';

/** TLS options of the connection. */
export type Tls = { ca?: Buffer; cert?: Buffer; key?: Buffer; rejectUnauthorized?: boolean; servername?: string };

export type Credentials = { tls: Tls; headers: Readonly<Record<string, string | string[]>>; expires?: Instant };

/** Credentials could not be had; `message` says why, without secrets. */
export class CredentialsError extends Error {
  readonly hint: string;
  readonly code: string;
  constructor(message: string, hint: string, code = 'CREDENTIALS') {
    super(message);
    this.hint = hint;
    this.code = code;
  }
}

/** The code of a fault that only a person mends, by logging in. */
export const loginRequired = 'LOGIN_REQUIRED';

/** Token and certificate files are rotated (service accounts: hourly); kubectl rereads them every minute too. */
const filesLast = minute;

/** Gets credentials anew. Throws `CredentialsError`. */
export async function obtain(
  target: KubeTarget,
  progress: (now: PluginProgress) => void = () => {},
): Promise<Credentials> {
  const { cluster, user } = target;
  const tls: Tls = {};
  if (cluster.insecure) tls.rejectUnauthorized = false;
  if (cluster.serverName) tls.servername = cluster.serverName;
  if (cluster.authority && !cluster.insecure) tls.ca = await pem(cluster.authority);
  if (user.certificate) tls.cert = await pem(user.certificate);
  if (user.key) tls.key = await pem(user.key);
  const headers: Record<string, string | string[]> = { ...impersonation(user.impersonate) };
  const inFiles = [user.certificate, user.key].some((one) => one && 'file' in one);
  let expires: Instant | undefined = inFiles ? Date.now() + filesLast : undefined;
  if (user.tokenFile) {
    headers.authorization = `Bearer ${(await pem({ file: user.tokenFile })).toString('utf8').trim()}`;
    expires = Date.now() + filesLast;
  } else if (user.token) headers.authorization = `Bearer ${user.token}`;
  else if (user.username !== undefined)
    headers.authorization = `Basic ${Buffer.from(`${user.username}:${user.password ?? ''}`).toString('base64')}`;
  else if (user.exec) {
    const given = await askPlugin(user.exec, target, progress);
    if (given.token) headers.authorization = `Bearer ${given.token}`;
    if (given.cert) tls.cert = Buffer.from(given.cert);
    if (given.key) tls.key = Buffer.from(given.key);
    expires = given.expires;
  } else if (user.authProvider) {
    const authorization = await legacyProvider(target);
    if (authorization) headers.authorization = authorization;
    expires = Date.now() + filesLast;
  }
  // As client-go: who we are is told over TLS only.
  const { protocol, hostname } = new URL(cluster.server);
  if (headers.authorization && protocol !== 'https:' && !isLoopback(hostname))
    throw new CredentialsError('http:// is not encrypted: the login was not sent', 'mend clusters[].cluster.server');
  return { tls, headers, ...(expires === undefined ? {} : { expires }) };
}

/** https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation */
function impersonation(as: Impersonated | undefined): Record<string, string | string[]> {
  if (!as) return {};
  return {
    ...(as.user ? { 'impersonate-user': as.user } : {}),
    ...(as.uid ? { 'impersonate-uid': as.uid } : {}),
    ...(as.groups.length > 0 ? { 'impersonate-group': [...as.groups] } : {}),
    ...Object.fromEntries(
      Object.entries(as.extra).map(([key, values]) => [
        `impersonate-extra-${encodeURIComponent(key.toLowerCase())}`,
        [...values],
      ]),
    ),
  };
}

async function pem(source: Source): Promise<Buffer> {
  if ('data' in source) return source.data;
  return readBounded(source.file).catch((error: unknown) => {
    throw new CredentialsError(`${source.file} ${unreadable(error)}`, 'check the kubeconfig');
  });
}

type Given = { token?: string; cert?: string; key?: string; expires?: Instant };

/** Asks a credential plugin. */
async function askPlugin(
  plugin: ExecPlugin,
  target: KubeTarget,
  progress: (now: PluginProgress) => void,
): Promise<Given> {
  const command = sanitize(plugin.command, 200);
  const byHand = byHandOf(target);
  // As client-go: one that cannot do without a terminal is not run where there is none.
  if (plugin.needsTerminal)
    throw new CredentialsError(
      `${command} asks its user something (interactiveMode: Always), and has no terminal here`,
      `${byHand}, and set interactiveMode: IfAvailable; or choose another context`,
      loginRequired,
    );
  const ended = await runPlugin(plugin, JSON.stringify(await execInfo(plugin, target)), progress);
  const because = 'said' in ended && ended.said ? `: ${ended.said}` : '';
  switch (ended.kind) {
    case 'output':
      return readOutput(ended.output, command, byHand);
    case 'missing':
      throw new CredentialsError(`${command} not found`, plugin.installHint ?? `install ${command}`);
    case 'overdue':
      throw new CredentialsError(`${command} gave no credentials in 3 min${because}`, byHand, loginRequired);
    case 'flood':
      throw new CredentialsError(`${command} writes without end${because}`, byHand);
    case 'failed':
      throw new CredentialsError(`${command} failed${because}`, byHand);
  }
}

/** What makes the plugin ask its user in a terminal, as kubectl runs it. */
function byHandOf({ context }: KubeTarget): string {
  return `log in by hand: kubectl --context ${quote(sanitize(context, 120))} version`;
}

/** While a plugin runs: a request that cannot wait any longer says for whom it waits. */
export function waitingFor(target: KubeTarget, { command, said }: PluginProgress): CredentialsError {
  const words = said ? `; it says: ${said}` : '';
  return new CredentialsError(`waiting for ${command}, it may want a person${words}`, byHandOf(target), loginRequired);
}

/** https://kubernetes.io/docs/reference/config-api/client-authentication.v1/ */
async function execInfo(plugin: ExecPlugin, { cluster }: KubeTarget) {
  const authority = cluster.authority && (await pem(cluster.authority)).toString('base64');
  const told = {
    server: cluster.server,
    'insecure-skip-tls-verify': cluster.insecure,
    ...(cluster.serverName ? { 'tls-server-name': cluster.serverName } : {}),
    ...(authority ? { 'certificate-authority-data': authority } : {}),
  };
  return {
    apiVersion: plugin.apiVersion,
    kind: 'ExecCredential',
    spec: { interactive: false, ...(plugin.provideClusterInfo ? { cluster: told } : {}) },
  };
}

function readOutput(output: string, command: string, byHand: string): Given {
  let given: Given;
  try {
    const { status } = JSON.parse(output) as { status?: Record<string, unknown> };
    const field = (name: string) => (typeof status?.[name] === 'string' ? (status[name] as string) : undefined);
    const all = {
      token: field('token'),
      cert: field('clientCertificateData'),
      key: field('clientKeyData'),
      expires: field('expirationTimestamp') ? Date.parse(field('expirationTimestamp') ?? '') : undefined,
    };
    given = Object.fromEntries(Object.entries(all).filter(([, v]) => v !== undefined && !Number.isNaN(v)));
  } catch {
    throw new CredentialsError(`${command} did not answer with JSON`, byHand);
  }
  if (given.token === undefined && (given.cert === undefined || given.key === undefined))
    throw new CredentialsError(`${command} gave neither a token nor a certificate with its key`, byHand);
  return given;
}

/** The `Authorization` header of an oidc, gcp or azure provider: client-node knows them. */
async function legacyProvider({ context, cluster, user }: KubeTarget): Promise<string | undefined> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  config.loadFromOptions({
    clusters: [{ name: cluster.name, server: cluster.server, skipTLSVerify: true }],
    users: [{ name: user.name, authProvider: user.authProvider }],
    contexts: [{ name: context, cluster: cluster.name, user: user.name }],
    currentContext: context,
  });
  const options: { headers?: Record<string, string> } = {};
  await config.applyToHTTPSOptions(options).catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    throw new CredentialsError(`sign-in failed: ${sanitize(why, 200)}`, 'run kubectl once by hand');
  });
  return options.headers?.Authorization;
}

/** The credentials of one user of one cluster, with what their plugin says while it runs. */
export type SharedCredentials = { renewal: Renewal<Credentials>; progress?: PluginProgress };

const shared = new Map<string, SharedCredentials>();
/** Of kubeconfigs that were changed meanwhile, the newest are kept. */
const mostShared = 16;
/** A plugin may ask a provider, a browser, a person: one that did not help is not run again at once. */
const firstPause: Ms = 5 * second;

/** All connections of this process to the same cluster as the same user share them, and the pauses between attempts. */
export function credentialsOf(target: KubeTarget): SharedCredentials {
  const key = createHash('sha256').update(JSON.stringify(target)).digest('hex');
  const known = shared.get(key);
  if (known) return known;
  const dear = Boolean(target.user.exec || target.user.authProvider);
  const made: SharedCredentials = {
    renewal: new Renewal<Credentials>({
      obtain: () =>
        obtain(target, (progress) => {
          made.progress = progress;
        }),
      usable: ({ expires }) => expires === undefined || expires > Date.now(),
      first: dear ? firstPause : 0,
    }),
  };
  shared.set(key, made);
  for (const oldest of [...shared.keys()].slice(0, -mostShared)) shared.delete(oldest);
  return made;
}
