// What proves who we are: certificates for the connection, a header for each request. Never shown, never kept longer
// than they are valid.
import { createHash } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { exportCluster } from '@kubernetes/client-node/dist/config_types.js';
import { isLoopback } from '../../core/loopback.ts';
import { present } from '../../core/present.ts';
import { quote } from '../../core/text/shell.ts';
import { sanitize } from '../../core/text/text.ts';
import { type Instant, type Ms, minute, second } from '../../core/time.ts';
import { pem, readCredential } from './credential-files.ts';
import { Renewal } from './credential-renewal.ts';
import { CredentialsError, loginRequired } from './credentials-error.ts';
import { type PluginProgress, type PluginRun, runPlugin } from './exec-plugin.ts';
import type { ExecPlugin, KubeTarget, KubeUser } from './kubeconfig.ts';
import { type SignIn, signInOf } from './sign-in.ts';

/** TLS options of the connection. */
export type Tls = { ca?: Buffer; cert?: Buffer; key?: Buffer; rejectUnauthorized?: boolean; servername?: string };

export type Credentials = { tls: Tls; headers: Readonly<Record<string, string | string[]>>; expires?: Instant };

/**
 * TLS options with one context for all connections: each would read the certificates anew, and keep them (44 kB). Throws
 * OpenSSL's error about a certificate or key.
 */
export function securedBy({ ca, cert, key, ...options }: Tls, { protocol }: URL) {
  return protocol === 'https:' ? { ...options, secureContext: createSecureContext({ ca, cert, key }) } : options;
}

/** Token and certificate files are rotated (service accounts: hourly); kubectl rereads them every minute too. */
const filesLast = minute;

/** Whether any credential of a user can be renewed. */
export const isRenewable = (user: KubeUser): boolean =>
  Boolean(user.exec || user.authProvider || user.tokenFile || hasCertificateFiles(user));

const hasCertificateFiles = ({ certData, certFile, keyData, keyFile }: KubeUser): boolean =>
  Boolean((certFile && !certData) || (keyFile && !keyData));

/** Renews credentials; `run`: how a plugin is run. Throws `CredentialsError`. */
export async function obtain(
  target: KubeTarget,
  progress: (now: PluginProgress) => void = () => {},
  signIn: SignIn = signInOf(target),
  run: PluginRun = {},
): Promise<Credentials> {
  const { cluster, user } = target;
  const tls: Tls = {
    ca: cluster.skipTLSVerify ? undefined : await pem(cluster.caData, cluster.caFile),
    cert: await pem(user.certData, user.certFile),
    key: await pem(user.keyData, user.keyFile),
    servername: cluster.tlsServerName,
  };
  // Only where it is absent does Node heed NODE_TLS_REJECT_UNAUTHORIZED.
  if (cluster.skipTLSVerify) tls.rejectUnauthorized = false;
  const headers: Record<string, string | string[]> = impersonation(user);
  let expires: Instant | undefined = hasCertificateFiles(user) ? Date.now() + filesLast : undefined;
  if (user.tokenFile) {
    headers.authorization = `Bearer ${(await readCredential(user.tokenFile)).toString('utf8').trim()}`;
    expires = Date.now() + filesLast;
  } else if (user.token) headers.authorization = `Bearer ${user.token}`;
  else if (user.username)
    headers.authorization = `Basic ${Buffer.from(`${user.username}:${user.password ?? ''}`).toString('base64')}`;
  else if (user.exec) {
    const given = await askPlugin(user.exec, target, progress, run);
    if (given.token) headers.authorization = `Bearer ${given.token}`;
    if (given.cert) tls.cert = Buffer.from(given.cert);
    if (given.key) tls.key = Buffer.from(given.key);
    expires = given.expires;
  } else if (user.authProvider) {
    headers.authorization = await signIn();
    // client-node keeps what it got for as long as it lasts.
    expires = Date.now() + filesLast;
  }
  // As client-go: credentials are sent over TLS only.
  const { protocol, hostname } = new URL(cluster.server);
  if (headers.authorization && protocol !== 'https:' && !isLoopback(hostname))
    throw new CredentialsError('http:// is not encrypted: the login was not sent', 'fix clusters[].cluster.server');
  return { tls, headers, expires };
}

/** https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation */
function impersonation({ impersonateUser, impersonate }: KubeUser): Record<string, string | string[]> {
  const { uid, groups = [], extra = {} } = impersonate ?? {};
  const extras = Object.entries(extra).map(([key, values]) => [
    `impersonate-extra-${encodeURIComponent(key.toLowerCase())}`,
    [...values],
  ]);
  return present({
    'impersonate-user': impersonateUser,
    'impersonate-uid': uid,
    'impersonate-group': groups.length > 0 ? [...groups] : undefined,
    ...Object.fromEntries(extras),
  });
}

type Given = { token?: string; cert?: string; key?: string; expires?: Instant };

/** Asks a credential plugin. */
async function askPlugin(
  plugin: ExecPlugin,
  target: KubeTarget,
  progress: (now: PluginProgress) => void,
  run: PluginRun,
): Promise<Given> {
  const command = sanitize(plugin.command, 200);
  const byHand = byHandOf(target);
  // As client-go: one that cannot do without a terminal is not run where there is none.
  if (plugin.needsTerminal && !run.terminal)
    throw new CredentialsError(
      `${command} needs a terminal for input (interactiveMode: Always)`,
      `${signInFirst}; in other commands: ${byHand}, and set interactiveMode: IfAvailable`,
      loginRequired,
    );
  const info = JSON.stringify(await execInfo(plugin, target, run.terminal === true));
  const ended = await runPlugin(plugin, info, progress, run);
  const because = 'said' in ended && ended.said ? `: ${ended.said}` : '';
  switch (ended.kind) {
    case 'output':
      return readOutput(ended.output, command, byHand);
    case 'missing':
      throw new CredentialsError(`${command} not found`, plugin.installHint ?? `install ${command}`);
    case 'overdue':
      throw new CredentialsError(
        `${command} returned no credentials in 3 min${because}`,
        signInHint(target),
        loginRequired,
      );
    case 'flood':
      throw new CredentialsError(`${command} does not stop printing${because}`, byHand);
    case 'failed':
      throw new CredentialsError(
        run.signal?.aborted ? `${command} was stopped` : `${command} failed${because}`,
        plugin.takesTerminal ? signInHint(target) : byHand,
      );
  }
}

/** What makes the plugin ask its user in a terminal, as kubectl runs it. */
function byHandOf({ context }: KubeTarget): string {
  return `log in by hand: kubectl --context ${quote(sanitize(context, 120))} version`;
}

/** How the cockpit hands the terminal to a program that asks a person. */
const signInFirst = 'press : and choose sign in';

const signInHint = (target: KubeTarget) => `${signInFirst}, or ${byHandOf(target)}`;

/** While a plugin runs: a request that cannot wait any longer says for whom it waits. */
export function waitingFor(target: KubeTarget, { command, said }: PluginProgress): CredentialsError {
  const words = said ? `; it says: ${said}` : '';
  return new CredentialsError(
    `waiting for ${command}; it may need your input${words}`,
    signInHint(target),
    loginRequired,
  );
}

/** https://kubernetes.io/docs/reference/config-api/client-authentication.v1/ */
async function execInfo({ apiVersion, provideClusterInfo }: ExecPlugin, { cluster }: KubeTarget, interactive: boolean) {
  const told = async () => {
    const caData = (await pem(cluster.caData, cluster.caFile))?.toString('base64');
    return exportCluster({ ...cluster, caData, caFile: undefined }).cluster;
  };
  const spec = { interactive, cluster: provideClusterInfo ? await told() : undefined };
  return { apiVersion, kind: 'ExecCredential', spec };
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
    throw new CredentialsError(`${command} returned neither a token nor a certificate with its key`, byHand);
  return given;
}

/** The credentials of one user of one cluster, with what their plugin says while it runs. */
export type SharedCredentials = {
  renewal: Renewal<Credentials>;
  progress?: PluginProgress;
  /** Runs the plugin in the terminal, which the person gave it. Throws `CredentialsError`. */
  signIn(signal: AbortSignal): Promise<void>;
};

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
  const signIn = signInOf(target);
  const hear = (progress: PluginProgress) => {
    made.progress = progress;
  };
  const made: SharedCredentials = {
    renewal: new Renewal<Credentials>({
      obtain: () => obtain(target, hear, signIn),
      usable: ({ expires }) => expires === undefined || expires > Date.now(),
      first: dear ? firstPause : 0,
    }),
    async signIn(signal) {
      made.renewal.replace(await obtain(target, hear, signIn, { terminal: true, signal }));
    },
  };
  shared.set(key, made);
  for (const oldest of [...shared.keys()].slice(0, -mostShared)) shared.delete(oldest);
  return made;
}
