// PagerDuty, as an acknowledgement needs it.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export class PagerDuty {
  /** The pages that were acknowledged, in the order in which they were. */
  readonly acknowledged: string[] = [];
  /** Called before it answers. */
  before: () => Promise<unknown> = async () => {};
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => {
      let body = '';
      request.on('data', (data) => {
        body += data;
      });
      request.once('end', async () => {
        this.acknowledged.push(String(JSON.parse(body).dedup_key));
        await this.before();
        response.writeHead(202).end('{"status":"success"}');
      });
    });
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v2/enqueue`;
  }

  async end(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }
}
