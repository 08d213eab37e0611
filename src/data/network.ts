// What a failed connection means, in the on-call's words: shared by every backend that is asked over HTTP.

import { sanitize } from '../core/text/text.ts';
import { type Fault, type FaultKind, provesAway } from '../core/world/reading.ts';
import { ProxyTrouble } from './proxy.ts';

/** What went wrong below HTTP. `tls`: a server answered, but the TLS handshake or its verification failed. */
export type NetworkProblem = {
  kind: FaultKind;
  what: string;
  hint: string;
  tls: boolean;
  /** Of a certificate that is not trusted: what is wrong with it. */
  certificate?: CertificateProblem;
  /** It failed before anything could be said to the other side. */
  unsaid?: true;
};

export type CertificateProblem = 'expired' | 'authority' | 'host' | 'revoked';

const certificates: Record<string, [problem: CertificateProblem, what: string, hint: string]> = {
  CERT_HAS_EXPIRED: ['expired', 'certificate expired', 'renew the certificate'],
  CERT_NOT_YET_VALID: ['expired', 'certificate not valid yet', 'check the clocks of this machine and the server'],
  DEPTH_ZERO_SELF_SIGNED_CERT: ['authority', 'certificate self-signed', 'trust its CA: NODE_EXTRA_CA_CERTS=file'],
  SELF_SIGNED_CERT_IN_CHAIN: ['authority', 'certificate signed by an unknown CA', 'trust it: NODE_EXTRA_CA_CERTS=file'],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: [
    'authority',
    'certificate signed by an unknown CA',
    'trust it: NODE_EXTRA_CA_CERTS=file',
  ],
  UNABLE_TO_GET_ISSUER_CERT: ['authority', 'certificate signed by an unknown CA', 'trust it: NODE_EXTRA_CA_CERTS=file'],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: [
    'authority',
    'certificate signed by an unknown CA',
    'trust it: NODE_EXTRA_CA_CERTS=file',
  ],
  CERT_UNTRUSTED: ['authority', 'certificate signed by an unknown CA', 'trust it: NODE_EXTRA_CA_CERTS=file'],
  INVALID_CA: ['authority', 'a certificate in its chain is no CA', 'fix the chain that the server sends'],
  CERT_CHAIN_TOO_LONG: ['authority', 'certificate chain too long', 'fix the chain that the server sends'],
  CERT_SIGNATURE_FAILURE: ['authority', 'certificate with a wrong signature', 'compare it with its CA: not from it?'],
  INVALID_PURPOSE: ['host', 'certificate is not for servers', 'issue it with extendedKeyUsage serverAuth'],
  CERT_REVOKED: ['revoked', 'certificate revoked', 'renew the certificate'],
  ERR_TLS_CERT_ALTNAME_INVALID: [
    'host',
    'certificate is for another host',
    'compare the host name with the certificate',
  ],
};

const connection: Record<string, [kind: FaultKind, what: string, hint: string]> = {
  ECONNREFUSED: ['refused', 'connection refused', 'nothing listens there: check the server and the port'],
  ENOTFOUND: ['unreachable', 'unknown host name', 'check the name, DNS and the VPN'],
  EAI_AGAIN: ['unreachable', 'DNS lookup failed', 'check DNS and the VPN'],
  EHOSTUNREACH: ['unreachable', 'no route to the host', 'check the VPN and the network'],
  ENETUNREACH: ['unreachable', 'network unreachable', 'check the VPN and the network'],
  EADDRNOTAVAIL: ['unreachable', 'no local address available', 'check the network of this machine'],
  EACCES: ['unreachable', 'connection not permitted', 'check the firewall of this machine'],
  EPERM: ['unreachable', 'connection not permitted', 'check the firewall of this machine'],
  EMFILE: ['unreachable', 'this process has too many files open', 'raise ulimit -n'],
  ENFILE: ['unreachable', 'this machine has too many files open', 'close programs, or raise fs.file-max'],
  ENETDOWN: ['unreachable', 'the network of this machine is down', 'check the network of this machine'],
  EHOSTDOWN: ['unreachable', 'the host is down', 'check the host, then the VPN'],
  ECONNRESET: ['unreachable', 'connection reset', 'a proxy or the server closed it: try it by hand'],
  ECONNABORTED: ['unreachable', 'connection closed', 'a proxy or the server closed it: try it by hand'],
  EPIPE: ['unreachable', 'connection closed', 'a proxy or the server closed it: try it by hand'],
  ETIMEDOUT: ['timeout', 'connection timed out', 'the host is down or behind a firewall: check the VPN'],
  UND_ERR_SOCKET: [
    'unreachable',
    'connection closed without an answer',
    'a proxy or the server closed it: try it by hand',
  ],
  UND_ERR_CONNECT_TIMEOUT: ['timeout', 'connection timed out', 'the host is down or behind a firewall: check the VPN'],
  UND_ERR_HEADERS_TIMEOUT: ['timeout', 'no answer in time', 'the host is slow or frozen: try it by hand'],
  UND_ERR_BODY_TIMEOUT: ['timeout', 'incomplete answer', 'the host is slow or frozen: try it by hand'],
  UND_ERR_HEADERS_OVERFLOW: ['malformed', 'answer with oversized headers', 'check the port'],
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: ['malformed', 'answer shorter than announced', 'try it by hand'],
  UND_ERR_REQ_RETRY: ['unreachable', 'connection closed without an answer', 'try it by hand'],
};

/** What a server says in TLS before it hangs up (RFC 8446, section 6.2; OpenSSL's names). */
const alerts: readonly (readonly [name: string, what: string, hint: string])[] = [
  ['ALERT_CERTIFICATE_REQUIRED', 'the server requires a client certificate', 'configure one, or check which is sent'],
  ['ALERT_CERTIFICATE_EXPIRED', 'the server refuses the client certificate: expired', 'renew the client certificate'],
  ['ALERT_CERTIFICATE_REVOKED', 'the server refuses the client certificate: revoked', 'renew the client certificate'],
  [
    'ALERT_BAD_CERTIFICATE',
    'the server refuses the client certificate',
    'compare it with the CA that the server trusts',
  ],
  ['ALERT_UNKNOWN_CA', 'the server does not trust the CA of the client certificate', 'use one that its CA signed'],
  ['ALERT_PROTOCOL_VERSION', 'no TLS version in common', 'the server needs TLS 1.2 or later'],
  ['UNSUPPORTED_PROTOCOL', 'no TLS version in common', 'the server needs TLS 1.2 or later'],
  [
    'ALERT_UNRECOGNIZED_NAME',
    'the server does not know this host name',
    'check the name; the load balancer has no such host',
  ],
];

/** Nobody was reached: nothing can have been said. */
const beforeConnecting = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'EACCES',
  'EPERM',
  'EMFILE',
  'ENFILE',
  'ENETDOWN',
  'EHOSTDOWN',
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** Reads an error of undici, net or tls. Anything unknown is `unreachable`, with its own message. */
export function explainNetworkError(error: unknown): NetworkProblem {
  const chain = causes(error);
  const proxy = chain.find((e) => e instanceof ProxyTrouble);
  if (proxy) return explainProxyTrouble(proxy);
  const codes = chain.flatMap((e) => ('code' in e && typeof e.code === 'string' ? [e.code] : []));
  for (const code of codes) {
    const bad = certificates[code];
    if (bad) return { kind: 'malformed', certificate: bad[0], what: bad[1], hint: bad[2], tls: true, unsaid: true };
  }
  // AbortSignal.timeout: ours, not the system's.
  if (chain.some((e) => e.name === 'TimeoutError'))
    return {
      kind: 'timeout',
      what: 'no answer in time',
      hint: 'the host is slow or frozen: try it by hand',
      tls: false,
    };
  if (chain.some((e) => e.name === 'HTTPParserError' || ('code' in e && String(e.code).startsWith('HPE_'))))
    return {
      kind: 'malformed',
      what: 'answer is not HTTP',
      hint: 'check the port, and http or https',
      tls: false,
    };
  for (const code of codes) {
    if (code.startsWith('ERR_OSSL_'))
      return {
        kind: 'unconfigured',
        what: `certificate or key unusable (${code})`,
        hint: 'check the PEM files',
        tls: true,
      };
    if (code.endsWith('ALERT_NO_APPLICATION_PROTOCOL'))
      return { kind: 'malformed', what: 'speaks HTTP/2 only', hint: 'use a port with HTTP/1.1', tls: true };
    const alert = alerts.find(([name]) => code.endsWith(name));
    if (alert) return { kind: 'malformed', what: alert[1], hint: alert[2], tls: true };
    if (/^(ERR_SSL_|ERR_TLS_|EPROTO)/.test(code)) {
      const version = /wrong.version|packet length|http request/i.test(chain.map((e) => e.message).join(' '));
      return version
        ? { kind: 'malformed', what: 'does not speak TLS', hint: 'check the port, and http or https', tls: true }
        : { kind: 'malformed', what: `TLS failed (${code})`, hint: 'compare TLS versions and certificates', tls: true };
    }
    const known = connection[code];
    if (known)
      return {
        kind: known[0],
        what: known[1],
        hint: known[2],
        tls: false,
        unsaid: beforeConnecting.has(code) ? true : undefined,
      };
  }
  const what = sanitize(chain[0]?.message ?? error, 200) || 'connection failed';
  return { kind: 'unreachable', what, hint: 'try it by hand', tls: false };
}

/** The server behind the proxy did not answer: never `refused`. */
function explainProxyTrouble({ proxy, message, cause }: ProxyTrouble): NetworkProblem {
  const answered = /^Proxy response \((\d+)\)/.exec(message)?.[1];
  const hint = 'check HTTPS_PROXY, http_proxy and NO_PROXY (or proxy-url in the kubeconfig)';
  if (answered === '407') {
    const login = 'add user:password to HTTPS_PROXY, or the host to NO_PROXY';
    return { kind: 'forbidden', what: `proxy ${proxy} requires a login (407)`, hint: login, tls: false, unsaid: true };
  }
  if (answered)
    return { kind: 'unreachable', what: `proxy ${proxy} answered ${answered}`, hint, tls: false, unsaid: true };
  const { kind, what } = explainNetworkError(cause);
  return {
    kind: kind === 'refused' ? 'unreachable' : kind,
    what: `proxy ${proxy}: ${what}`,
    hint,
    tls: false,
    unsaid: true,
  };
}

/** The same, as a fault of `where`. */
export function networkFault(error: unknown, where: string): Fault {
  const { kind, what, hint } = explainNetworkError(error);
  const code = networkCode(error);
  return { kind, where, what, hint, code };
}

/**
 * The system's name for a failed connection: `ECONNREFUSED`. Where several addresses failed in different ways, one that
 * proves least, as a server is away only if it is at all of them. Behind a proxy nobody has been heard: none.
 */
export function networkCode(error: unknown): string | undefined {
  const chain = causes(error);
  if (chain.some((e) => e instanceof ProxyTrouble)) return undefined;
  // What stands above several attempts carries the code of the first.
  const codes = chain.flatMap((e) =>
    !(e instanceof AggregateError) && 'code' in e && typeof e.code === 'string' ? [sanitize(e.code, 60)] : [],
  );
  return codes.find((code) => !provesAway(code)) ?? codes[0];
}

/** An error with what caused it, and what several attempts (IPv6, IPv4) failed with. */
function causes(error: unknown): Error[] {
  const found: Error[] = [];
  const look = (e: unknown) => {
    if (!(e instanceof Error) || found.includes(e) || found.length > 16) return;
    found.push(e);
    if (e instanceof AggregateError) e.errors.forEach(look);
    look(e.cause);
  };
  look(error);
  return found;
}
