// What proves who we are: certificates for the connection, a header for each request. Never shown, never kept longer
// than they are valid.

import { execFile } from 'node:child_process';
import { isLoopback } from '../../core/loopback.ts';
import { door } from '../../core/text/text.ts';
import { type Instant, minute, second } from '../../core/time.ts';
import { readBounded, unreadable } from '../../disk/bounded-file.ts';
import { foreignEnvironment } from '../tools/environment.ts';
import type { ExecPlugin, Impersonated, KubeTarget, Source } from './kubeconfig.ts';

/** TLS options of the connection. */
export type Tls = { ca?: Buffer; cert?: Buffer; key?: Buffer; rejectUnauthorized?: boolean; servername?: string };

export type Credentials = { tls: Tls; headers: Readonly<Record<string, string | string[]>>; expires?: Instant };

/** Credentials could not be had; `message` says why, without secrets. */
export class CredentialsError extends Error {
  readonly hint: string;
  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}

/** A plugin that asks its user something would hang forever: it has no terminal here. */
const pluginTime = 20 * second;
/** Token and certificate files are rotated (service accounts: hourly); kubectl rereads them every minute too. */
const filesLast = minute;

/** Gets credentials anew. Throws `CredentialsError`. */
export async function obtain(target: KubeTarget): Promise<Credentials> {
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
    const given = await runPlugin(user.exec, target);
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

/** Runs a credential plugin (aws, gke-gcloud-auth-plugin, kubelogin …) as client-go does. */
async function runPlugin(plugin: ExecPlugin, { cluster }: KubeTarget): Promise<Given> {
  // As client-go: one that cannot do without a terminal is not run where there is none.
  if (plugin.needsTerminal)
    throw new CredentialsError(
      `${plugin.command} asks its user something (interactiveMode: Always), and has no terminal here`,
      'use interactiveMode: IfAvailable and log in by hand first, or another context',
    );
  const info = {
    apiVersion: plugin.apiVersion,
    kind: 'ExecCredential',
    spec: {
      interactive: false,
      ...(plugin.provideClusterInfo
        ? {
            cluster: {
              server: cluster.server,
              'insecure-skip-tls-verify': cluster.insecure,
              ...(cluster.serverName ? { 'tls-server-name': cluster.serverName } : {}),
              ...(cluster.authority
                ? { 'certificate-authority-data': (await pem(cluster.authority)).toString('base64') }
                : {}),
            },
          }
        : {}),
    },
  };
  const env = { ...foreignEnvironment(process.env), ...plugin.env, KUBERNETES_EXEC_INFO: JSON.stringify(info) };
  const output = await new Promise<string>((resolve, reject) => {
    const child = execFile(
      plugin.command,
      [...plugin.args],
      { env, timeout: pluginTime, killSignal: 'SIGKILL', maxBuffer: 1 << 20 },
      (error, stdout, stderr) => {
        process.off('exit', end);
        if (!error) resolve(stdout);
        else if (error.code === 'ENOENT')
          reject(
            new CredentialsError(`${plugin.command} not found`, plugin.installHint ?? `install ${plugin.command}`),
          );
        else if (error.killed)
          reject(new CredentialsError(`${plugin.command} gave no credentials in 20 s`, 'log in by hand first'));
        else
          reject(
            new CredentialsError(`${plugin.command} failed: ${door(stderr, 200).trim()}`, 'run kubectl once by hand'),
          );
      },
    );
    // One that hangs does not outlive the thread that asked.
    const end = () => void child.kill('SIGKILL');
    process.on('exit', end);
    child.stdin?.end();
  });
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
    throw new CredentialsError(`${plugin.command} did not answer with JSON`, 'run kubectl once by hand');
  }
  if (given.token === undefined && (given.cert === undefined || given.key === undefined))
    throw new CredentialsError(
      `${plugin.command} gave neither a token nor a certificate with its key`,
      'run kubectl once by hand',
    );
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
    throw new CredentialsError(`sign-in failed: ${door(why, 200)}`, 'run kubectl once by hand');
  });
  return options.headers?.Authorization;
}
