// The server's side of a WebSocket (RFC 6455): the handshake and whole binary messages. No extensions.
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

export type WebSocket = {
  /** The subprotocol that was agreed. */
  protocol: string;
  send(data: Buffer): void;
  close(code?: number): void;
  onMessage(listener: (data: Buffer) => void): void;
  onClose(listener: () => void): void;
};

const longestMessage = 16 * 1024 * 1024;
const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** Whether a request wants to be a WebSocket. */
export const wantsWebSocket = ({ headers }: IncomingMessage): boolean =>
  headers.upgrade?.toLowerCase() === 'websocket' && typeof headers['sec-websocket-key'] === 'string';

/** Accepts with the first of `known` that the client offers; undefined, and refused, where it offers none. */
export function acceptWebSocket(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  known: readonly string[],
): WebSocket | undefined {
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((one) => one.trim());
  const protocol = known.find((one) => offered.includes(one));
  if (protocol === undefined) {
    refuseUpgrade(socket, 400, 'no known subprotocol');
    return undefined;
  }
  const key = request.headers['sec-websocket-key'] ?? '';
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  socket.write(
    [
      'HTTP/1.1 101 Switching Protocols',
      'Upgrade: websocket',
      'Connection: Upgrade',
      `Sec-WebSocket-Accept: ${accept}`,
      `Sec-WebSocket-Protocol: ${protocol}`,
      '\r\n',
    ].join('\r\n'),
  );
  return serve(socket, head, protocol);
}

/** Answers an upgrade with an error, as JSON where it is an object. */
export function refuseUpgrade(socket: Duplex, status: number, body: string | object): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const type = typeof body === 'string' ? 'text/plain' : 'application/json';
  const head = `HTTP/1.1 ${status} Refused\r\nContent-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(text)}\r\nConnection: close\r\n\r\n`;
  socket.end(head + text);
}

function serve(socket: Duplex, head: Buffer, protocol: string): WebSocket {
  const listeners: ((data: Buffer) => void)[] = [];
  let kept = head;
  let message: Buffer[] = [];
  let isClosed = false;
  const send = (opcode: number, data: Buffer) => {
    if (!isClosed && socket.writable) socket.write(Buffer.concat([headOf(opcode, data.length), data]));
  };
  const close = (code = 1000) => {
    if (isClosed) return;
    const reason = Buffer.alloc(2);
    reason.writeUInt16BE(code);
    send(opcodes.close, reason);
    isClosed = true;
    socket.end();
  };
  const take = ({ opcode, isLast, data }: Frame) => {
    if (opcode === opcodes.ping) return send(opcodes.pong, data);
    if (opcode === opcodes.close) return close();
    if (opcode === opcodes.pong) return;
    message.push(data);
    if (!isLast) return;
    const whole = Buffer.concat(message);
    message = [];
    for (const listener of listeners) listener(whole);
  };
  const read = (chunk: Buffer) => {
    kept = Buffer.concat([kept, chunk]);
    for (let frame = frameIn(kept); frame; frame = frameIn(kept)) {
      kept = kept.subarray(frame.size);
      take(frame);
    }
    if (kept.length > longestMessage) socket.destroy();
  };
  socket.on('data', read);
  socket.on('error', () => socket.destroy());
  setImmediate(() => read(Buffer.alloc(0)));
  return {
    protocol,
    send: (data) => send(opcodes.binary, data),
    close,
    onMessage: (listener) => void listeners.push(listener),
    onClose: (listener) => void socket.on('close', listener),
  };
}

function headOf(opcode: number, length: number): Buffer {
  if (length < 126) return Buffer.of(0x80 | opcode, length);
  const head = Buffer.alloc(length < 65_536 ? 4 : 10);
  head[0] = 0x80 | opcode;
  head[1] = length < 65_536 ? 126 : 127;
  if (length < 65_536) head.writeUInt16BE(length, 2);
  else head.writeBigUInt64BE(BigInt(length), 2);
  return head;
}

type Frame = { opcode: number; isLast: boolean; data: Buffer; size: number };

/** The first whole frame; undefined while there is none. A client's frames are masked. */
function frameIn(bytes: Buffer): Frame | undefined {
  const [first, second] = bytes;
  if (first === undefined || second === undefined) return undefined;
  const short = second & 0x7f;
  const at = short === 126 ? 4 : short === 127 ? 10 : 2;
  if (bytes.length < at + 4) return undefined;
  const length = short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short;
  const size = at + 4 + length;
  if (bytes.length < size) return undefined;
  const mask = bytes.subarray(at, at + 4);
  const data = Buffer.from(bytes.subarray(at + 4, size));
  for (let i = 0; i < data.length; i += 1) data[i] = (data[i] ?? 0) ^ (mask[i % 4] ?? 0);
  return { opcode: first & 0x0f, isLast: (first & 0x80) !== 0, data, size };
}
