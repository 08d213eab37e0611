// The smallest SOCKS5 server (RFC 1928) that hands connections on; it counts them, and may want a login (RFC 1929).
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

export class Socks {
  /** The hosts and ports that were asked for. */
  readonly asked: string[] = [];
  readonly #login: string | undefined;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(login?: string) {
    this.#login = login;
    this.#server = createServer((socket) => {
      this.#keep(socket);
      void this.#serve(socket).catch(() => socket.destroy());
    });
  }

  async start(): Promise<string> {
    await new Promise<void>((done) => this.#server.listen(0, '127.0.0.1', done));
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async end(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((done) => this.#server.close(done));
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => {}).on('close', () => this.#sockets.delete(socket));
  }

  async #serve(socket: Socket): Promise<void> {
    const next = () => new Promise<Buffer>((resolve) => socket.once('data', resolve));
    await next();
    socket.write(Buffer.from([5, this.#login ? 2 : 0]));
    let request = await next();
    if (this.#login) {
      const name = request.subarray(2, 2 + (request[1] ?? 0)).toString();
      const secret = request.subarray(3 + name.length).toString();
      socket.write(Buffer.from([1, `${name}:${secret}` === this.#login ? 0 : 1]));
      request = await next();
    }
    const named = request[3] === 3;
    const host = named ? request.subarray(5, 5 + (request[4] ?? 0)).toString() : request.subarray(4, 8).join('.');
    const port = request.readUInt16BE(request.length - 2);
    this.asked.push(`${host}:${port}`);
    const through = connect(port, '127.0.0.1');
    this.#keep(through);
    through.once('connect', () => {
      socket.write(Buffer.from([5, 0, 0, 1, 127, 0, 0, 1, 0, 0]));
      socket.pipe(through).pipe(socket);
    });
    through.once('error', () => socket.end(Buffer.from([5, 5, 0, 1, 0, 0, 0, 0, 0, 0])));
  }
}
