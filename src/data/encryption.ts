// Which connections are not encrypted, and which do not verify the server.
import { redisByTls, type Settings } from '../config/settings.ts';
import type { Checkup } from '../core/health/checkup.ts';
import { isLoopback } from '../core/loopback.ts';
import { sanitize } from '../core/text/text.ts';
import type { DoctorCheck } from './doctor-check.ts';
import { loadTarget } from './kubernetes/kubeconfig.ts';
import { whereOf } from './postgres/faults.ts';
import { tlsAttempts } from './postgres/tls.ts';
import { proxyFor } from './proxy.ts';
import { redisWhere } from './redis/faults.ts';
import { relayOptions } from './relay/connect.ts';

const area = 'encryption';

/** A connection; `lacks`: what keeps it from being encrypted and verified, `todo`: what changes that. */
type Line = { what: string; where: string; local: boolean; lacks?: string; todo?: string };

/** Every connection that the configuration leads to. Nothing is connected to: it holds for those that are away too. */
export function encryptionProbe(settings: Settings, environment: NodeJS.ProcessEnv = process.env): DoctorCheck {
  return {
    area,
    what: 'connections',
    where: 'configuration',
    essential: false,
    async run() {
      const { primary, replica } = settings.database;
      const urls = addresses(settings);
      const relay = relayOptions(settings);
      return rows([
        database('primary', primary),
        ...(replica ? [database('replica', replica)] : []),
        redis('redis', settings.redis, environment),
        ...(relay ? [redis('relay', relay.redis, environment)] : []),
        ...(await kubernetes(settings.kubernetes, environment)),
        ...urls.map(([option, url]) => overHttp(option, url, environment)),
        ...proxies(urls, environment),
      ]);
    },
  };
}

function rows(all: readonly Line[]): Checkup[] {
  const lacking = all.filter((one) => one.lacks !== undefined && !one.local);
  const within = all.filter((one) => one.lacks !== undefined && one.local);
  const fine = all.length - lacking.length - within.length;
  const named = within.map(({ what, where }) => `${what} (${where})`).join(', ');
  return [
    ...lacking.map(({ what, where, lacks, todo }) => {
      const answer = `${where}: ${lacks}`;
      return { area, what, verdict: 'warning' as const, answer, todo };
    }),
    ...(within.length > 0
      ? [{ area, what: 'on this machine', verdict: 'ok' as const, answer: `not encrypted or not verified: ${named}` }]
      : []),
    ...(fine > 0
      ? [{ area, what: lacking.length + within.length > 0 ? 'others' : 'all', verdict: 'ok' as const, answer: proven }]
      : []),
  ];
}

const proven = 'encrypted, and the server is verified';
const inClear = 'not encrypted';

function database(which: 'primary' | 'replica', server: Settings['database']['primary']): Line {
  const line = { what: which, where: whereOf(server), local: server.host.startsWith('/') || isLoopback(server.host) };
  const option = (name: string) => `set database.${which}.${name}`;
  if (server.host.startsWith('/')) return line;
  let attempts: ReturnType<typeof tlsAttempts>;
  try {
    attempts = tlsAttempts(server);
  } catch (error) {
    const lacks = `not verified: ${sanitize(error instanceof Error ? error.message : error, 200)}`;
    return { ...line, lacks, todo: option('sslRootCert') };
  }
  const verify = option('sslMode to verify-full');
  const [first, ...more] = attempts;
  if (attempts.includes(false)) {
    const may =
      more.length > 0 ? `sslMode ${server.sslMode} also connects without TLS` : `${inClear} (sslMode disable)`;
    return { ...line, lacks: may, todo: verify };
  }
  if (!first || first.rejectUnauthorized === false)
    return {
      ...line,
      lacks: 'encrypted, not verified: no CA configured',
      todo: `${verify}, and sslRootCert`,
    };
  // Anybody gets a certificate of a public authority, for a host of his own.
  if (first.checkServerIdentity && !first.ca)
    return { ...line, lacks: `encrypted, host not verified (sslMode ${server.sslMode})`, todo: verify };
  return line;
}

function redis(what: 'redis' | 'relay', settings: Settings['redis'], environment: NodeJS.ProcessEnv): Line {
  const line = { what, where: redisWhere(settings), local: isLoopback(new URL(settings.url).hostname) };
  if (redisByTls(settings)) return { ...line, ...unverified(environment) };
  const [url, tls] = what === 'redis' ? ['redis.url', 'redis.tls'] : ['incident.relay', 'incident.relayTls'];
  return { ...line, lacks: inClear, todo: `set ${url} to rediss://…, or ${tls} to require` };
}

async function kubernetes(settings: Settings['kubernetes'], environment: NodeJS.ProcessEnv): Promise<Line[]> {
  const target = await loadTarget(settings, environment);
  if (!target.ok) return [];
  const { name, server, skipTLSVerify } = target.value.cluster;
  const { protocol, host, hostname } = new URL(server);
  const line = { what: 'kubernetes', where: sanitize(host, 120), local: isLoopback(hostname) };
  const place = `of cluster ${sanitize(name, 80)} in the kubeconfig`;
  if (protocol !== 'https:') return [{ ...line, lacks: inClear, todo: `set server ${place} to https://…` }];
  if (!skipTLSVerify) return [{ ...line, ...unverified(environment) }];
  const todo = `set certificate-authority ${place}, without insecure-skip-tls-verify`;
  return [{ ...line, lacks: 'encrypted, not verified (insecure-skip-tls-verify)', todo }];
}

/** What is spoken to over HTTP, by its option. Without an endpoint of its own AWS is https. */
function addresses({ gateway, prometheus, evidence, backups, credentials, channels, admin }: Settings) {
  const { pagerDuty, slackAlerts, slackOps } = channels;
  const all: readonly [option: string, url: string | undefined][] = [
    ['gateway.url', gateway.url],
    ['prometheus.url', prometheus?.url],
    ['evidence.endpoint', evidence.endpoint],
    ['backups.rdsEndpoint', backups.rdsEndpoint],
    ['credentials.endpoint', credentials.endpoint],
    ['channels.pagerDuty.url', pagerDuty.routingKey && pagerDuty.url],
    ['channels.pagerDuty.apiUrl', pagerDuty.apiToken && pagerDuty.apiUrl],
    ['channels.slackAlerts.webhook', slackAlerts.webhook],
    ['channels.slackOps.webhook', slackOps.webhook],
    ...channels.webhooks.urls.map((url, at) => [`channels.webhooks.urls[${at}]`, url] satisfies [string, string]),
    ['admin.stagingHealthUrl', admin.stagingHealthUrl],
  ];
  return all.flatMap(([option, url]) => (url ? [[option, new URL(url)] as const] : []));
}

function overHttp(option: string, url: URL, environment: NodeJS.ProcessEnv): Line {
  const line = {
    what: option.replace(/\.(url|endpoint|webhook)$/, ''),
    where: url.host,
    local: isLoopback(url.hostname),
  };
  if (url.protocol === 'https:') return { ...line, ...unverified(environment) };
  return { ...line, lacks: inClear, todo: `set ${option} to https://…` };
}

/** Node's own switch, which applies to every connection without its own setting. */
function unverified(environment: NodeJS.ProcessEnv): Pick<Line, 'lacks' | 'todo'> {
  if (environment.NODE_TLS_REJECT_UNAUTHORIZED !== '0') return {};
  const todo = 'unset NODE_TLS_REJECT_UNAUTHORIZED; trust the CA with NODE_EXTRA_CA_CERTS=file';
  return { lacks: 'encrypted, not verified (NODE_TLS_REJECT_UNAUTHORIZED=0)', todo };
}

/** A proxy sees only where a connection leads, but its own login goes to it as the proxy's URL says. */
function proxies(urls: ReturnType<typeof addresses>, environment: NodeJS.ProcessEnv): Line[] {
  const found = new Map<string, Line>();
  for (const [, url] of urls) {
    const proxy = proxyFor(url, environment);
    if (!proxy?.username || proxy.protocol === 'https:') continue;
    const todo = 'set HTTPS_PROXY to https://…, or remove the login';
    const local = isLoopback(proxy.hostname);
    found.set(proxy.host, { what: 'proxy', where: proxy.host, local, lacks: 'its login is not encrypted', todo });
  }
  return [...found.values()];
}
