// Whether a server is reached from here, for less than a look: a connection, the handshake of TLS or, where there is none, an
// answer to a request for nothing, and their end.
import { isIP, type Socket, connect as tcp } from 'node:net';
import { connect as tls } from 'node:tls';
import { type Ms, second } from '../core/time.ts';
import { proxyFor } from './proxy.ts';
import type { Reach } from './shared-looks/own-check.ts';

/** Without TLS the listener may be the near end of a tunnel that is frozen: only words prove the way. So often they are asked for. */
const wordsEvery: Ms = 40 * second;
/** All who share ask for them together at most so often: a gateway may count them among its probes. */
const wordsApart: Ms = 3 * second;

/** Tries it now and then; undefined where a proxy is between, which would answer for the server. `timeout`: of each try. */
export function reachOf(url: URL, timeout: Ms): Reach | undefined {
  if (proxyFor(url)) return undefined;
  const every = (sharing: number) =>
    url.protocol === 'https:' ? 30 * second : Math.max(wordsEvery, sharing * wordsApart);
  return { every, try: () => isReached(url, timeout) };
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
    if (isTls) socket.once('secureConnect', () => end(true));
    else asksForWords(socket, hostname, end);
  });
}

/** RFC 9110, 9.3.7: `OPTIONS *` is to HTTP what a ping is; whatever the answer says, it came from there. */
function asksForWords(socket: Socket, host: string, end: (is: boolean) => void): void {
  socket.write(`OPTIONS * HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: bentham-cockpit\r\nConnection: close\r\n\r\n`);
  socket.once('data', (begins) => end(begins.toString('latin1').startsWith('HTTP/')));
}
