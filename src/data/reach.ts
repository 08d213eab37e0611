// Whether a server is reached from here, without a request: a connection, the handshake of TLS, and their end.
import { isIP, connect as tcp } from 'node:net';
import { connect as tls } from 'node:tls';
import { type Ms, second } from '../core/time.ts';
import { proxyFor } from './proxy.ts';
import type { Reach } from './shared-looks/own-check.ts';

/** Tries it now and then; undefined where a proxy is between, which would answer for the server. `timeout`: of each try. */
export function reachOf(url: URL, timeout: Ms): Reach | undefined {
  return proxyFor(url) ? undefined : { every: 30 * second, try: () => isReached(url, timeout) };
}

function isReached({ protocol, hostname, port }: URL, timeout: Ms): Promise<boolean> {
  const isTls = protocol === 'https:';
  const host = hostname.replace(/^\[|\]$/g, '');
  const to = { host, port: Number(port) || (isTls ? 443 : 80) };
  return new Promise((resolve) => {
    const socket = isTls ? tls({ ...to, servername: isIP(host) ? undefined : host }) : tcp(to);
    const end = (is: boolean) => {
      clearTimeout(timer);
      resolve(is);
      socket.destroy();
    };
    const timer = setTimeout(() => end(false), timeout);
    socket.on('error', () => end(false)).on('close', () => end(false));
    socket.once(isTls ? 'secureConnect' : 'connect', () => end(true));
  });
}
