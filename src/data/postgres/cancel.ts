// Asks a server to end what a session does, on a connection of its own.
import { once } from 'node:events';
import { connect as connectSocket, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { DatabaseServer } from '../../config/settings.ts';
import { type Ms, second } from '../../core/time.ts';
import type { Attempt } from './tls.ts';

/** How long the server may take to hang up on a request to cancel. */
const within: Ms = 3 * second;
const cancelCode = 80_877_102;
const tlsCode = 80_877_103;

/** What the client keeps of the session's start. */
type Keys = { processID?: number | null; secretKey?: number | null };

/**
 * CancelRequest (PostgreSQL documentation, 53.2.8): the keys that the server gave this session, which it answers by
 * hanging up. By TLS where the session has it: whoever reads the keys can cancel too.
 */
export async function cancelRequest(server: DatabaseServer, attempt: Attempt, session: object): Promise<void> {
  const { processID, secretKey } = session as Keys;
  if (processID == null || secretKey == null) throw new Error('the server sent no cancel key');
  const { host, port } = server;
  const socket = host.startsWith('/')
    ? connectSocket({ path: `${host}/.s.PGSQL.${port}` })
    : connectSocket({ host, port });
  const late = setTimeout(() => socket.destroy(new Error('no answer to the cancel request')), within);
  try {
    await once(socket, 'connect');
    const channel = attempt === false ? socket : await encrypted(socket, attempt, host);
    const closed = once(channel, 'close');
    channel.resume();
    // Not ended from here: a pooler drops the request of who hangs up before it was handed on.
    channel.write(message(cancelCode, processID, secretKey));
    await closed;
  } finally {
    clearTimeout(late);
    socket.destroy();
  }
}

async function encrypted(socket: Socket, attempt: Exclude<Attempt, false>, host: string): Promise<Socket> {
  socket.write(message(tlsCode));
  const [answer] = (await once(socket, 'data')) as [Buffer];
  // More than this one byte would come from an attacker in between.
  if (answer.toString('latin1') !== 'S') throw new Error('the server offers no TLS');
  const secure = connectTls({ ...attempt, socket, host, servername: isIP(host) ? undefined : host });
  await once(secure, 'secureConnect');
  return secure;
}

/** A message without a type: its length, then 32-bit numbers. */
function message(...numbers: readonly number[]): Buffer {
  const made = Buffer.alloc(4 + 4 * numbers.length);
  made.writeInt32BE(made.length, 0);
  for (const [index, number] of numbers.entries()) made.writeInt32BE(number, 4 + 4 * index);
  return made;
}
