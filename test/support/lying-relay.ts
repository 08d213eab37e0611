// A man in the middle who understands Redis: between a cockpit and its relay it drops commands, and changes answers.
import { createServer, type Server, type Socket, connect as tcp } from 'node:net';
import { type Resp, readResp, wordsOf, writeResp } from './resp.ts';

export type Lies = {
  /** Instead of sending a command on: its answer. Undefined: it is sent. */
  swallows?(words: readonly string[]): Resp | undefined;
  /** What is answered instead; undefined: nothing, for ever. */
  answers?(words: readonly string[], answer: Resp): Resp | undefined;
  /** Whether a command is sent a second time. */
  repeats?(words: readonly string[]): boolean;
};

type Waiting = { words: readonly string[]; answer?: string; isHidden?: boolean };

export class LyingRelay {
  /** What it does from now on. */
  lies: Lies = {};
  readonly #sockets = new Set<Socket>();
  #listener: Server | undefined;
  port = 0;

  static async before(port: number): Promise<LyingRelay> {
    const relay = new LyingRelay();
    const listener = createServer((client) => relay.#meet(client, tcp({ host: '127.0.0.1', port })));
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    const address = listener.address();
    if (address && typeof address === 'object') relay.port = address.port;
    relay.#listener = listener;
    return relay;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#listener?.close(resolve));
  }

  #meet(client: Socket, server: Socket): void {
    const waiting: Waiting[] = [];
    const tell = () => {
      for (let [first] = waiting; first?.answer !== undefined; [first] = waiting) {
        waiting.shift();
        if (!first.isHidden) client.write(first.answer, 'latin1');
      }
    };
    each(client, (command) => {
      const words = wordsOf(command);
      const answer = this.lies.swallows?.(words);
      waiting.push({ words, answer: answer && writeResp(answer) });
      if (answer) return tell();
      server.write(writeResp(command), 'latin1');
      if (!this.lies.repeats?.(words)) return;
      waiting.push({ words, isHidden: true });
      server.write(writeResp(command), 'latin1');
    });
    each(server, (answer) => {
      const first = waiting.find((one) => one.answer === undefined);
      if (!first) return;
      const told = this.lies.answers ? this.lies.answers(first.words, answer) : answer;
      first.answer = told ? writeResp(told) : '';
      tell();
    });
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
  }
}

function each(socket: Socket, take: (value: Resp) => void): void {
  let text = '';
  socket.setNoDelay(true);
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
    for (let read = readResp(text); read; read = readResp(text)) {
      text = text.slice(read.next);
      take(read.value);
    }
  });
}
