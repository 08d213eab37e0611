// The logs of pods as a node under fire gives them: as many lines as the reader takes, with cuts, a restart, and lines
// that want to be more than text. Line n of a pod is always the same, so that a log that is asked for again can be told.
import type { ServerResponse } from 'node:http';
import { ApiServer } from './api-server.ts';

/** So many lines carry the time of one millisecond: 50,000 a second. */
const perMillisecond = 50;
const hostileEvery = 500;

const hostile: readonly Buffer[] = [
  Buffer.from('\u001b]0;taken over\u0007\u001b[2J\u001b[999;1H\u001b[31mred \u202egnp.exe'),
  Buffer.from(`{"level":30,"msg":"${'x'.repeat(100_000)}"}`),
  Buffer.concat([Buffer.from('broken '), Buffer.from([0xff, 0xfe, 0xc3, 0x28, 0xed, 0xa0, 0x80, 0x00])]),
  Buffer.from('{"level":50,"msg":"half a line of JSON'),
  Buffer.from('TypeError: no such thing'),
];
const stack = ['    at ask (/app/dist/ask.js:1:1)', '    at main (/app/dist/main.js:2:2)'];

/** What one container said: lines `from` to `to`, and at its end perhaps why. */
type Instance = { from: number; to: number; lastWords?: string };

export class PouringPod {
  readonly name: string;
  restarts = 0;
  /** Lines of the present container sent on followed streams. */
  sent = 0;
  readonly #start = Date.now();
  #now: Instance;
  #before: Instance | undefined;
  readonly #streams = new Set<ServerResponse>();

  constructor(name: string, lines = Number.POSITIVE_INFINITY) {
    this.name = name;
    this.#now = { from: 0, to: lines };
  }

  get object() {
    const state = { running: { startedAt: new Date(this.#start - 3_600_000).toISOString() } };
    return {
      metadata: { name: this.name, uid: this.name, resourceVersion: '2' },
      spec: { containers: [{ name: 'main' }] },
      status: { phase: 'Running', containerStatuses: [{ name: 'main', restartCount: this.restarts, state }] },
    };
  }

  /** The number of the line that would come next. */
  get next(): number {
    return this.#now.from + this.sent;
  }

  /** Says nothing more from the line `to` on. */
  stopAt(to: number): void {
    this.#now.to = to;
  }

  /** Cuts what is open. */
  cut(): void {
    for (const stream of this.#streams) stream.destroy();
  }

  /** The container says `more` lines that nobody reads, and why it ends; the next one says `lines`. */
  restart(more: number, lastWords: string, lines: number): void {
    this.cut();
    const end = this.#now.to + more;
    this.#before = { from: this.#now.from, to: end, lastWords };
    this.#now = { from: end + 1, to: end + 1 + lines };
    this.restarts += 1;
    this.sent = 0;
  }

  async answer(url: URL, response: ServerResponse): Promise<void> {
    const { searchParams: query } = url;
    const previous = query.get('previous') === 'true';
    const instance = previous ? this.#before : this.#now;
    if (!instance) {
      const message = `previous terminated container "main" in pod "${this.name}" not found`;
      response.writeHead(400).end(JSON.stringify({ kind: 'Status', message, code: 400 }));
      return;
    }
    const since = Date.parse(query.get('sinceTime') ?? '');
    const asked = Number.isNaN(since) ? 0 : Math.max(0, (since - this.#start) * perMillisecond);
    this.#streams.add(response);
    response.on('close', () => this.#streams.delete(response));
    response.on('error', () => {});
    for (let at = Math.max(instance.from, Math.ceil(asked)); !response.destroyed; ) {
      const to = Math.min(at + 1000, instance.to);
      if (at >= to) {
        if (previous || instance !== this.#now) break;
        await new Promise((resolve) => setTimeout(resolve, 20));
        continue;
      }
      const bytes = Buffer.concat(Array.from({ length: to - at }, (_, i) => this.#line(at + i)));
      at = to;
      if (!previous) this.sent = Math.max(this.sent, at - instance.from);
      if (!response.write(bytes)) await drained(response);
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (instance.lastWords) response.write(`${this.#stamp(instance.to)} ${instance.lastWords}\n`);
    response.end();
  }

  #stamp(n: number): string {
    const ms = this.#start + Math.floor(n / perMillisecond);
    const nanos = String((n % perMillisecond) * 10_000).padStart(6, '0');
    return `${new Date(ms).toISOString().slice(0, -1)}${nanos}Z`;
  }

  #line(n: number): Buffer {
    const stamp = this.#stamp(n);
    if (n % hostileEvery !== 0) {
      const level = n % 100 === 7 ? 50 : 30;
      return Buffer.from(`${stamp} {"level":${level},"msg":"line ${n} of ${this.name}","reqId":"r-${n}"}\n`);
    }
    const text = hostile[(n / hostileEvery) % hostile.length] ?? Buffer.of();
    const rest = text.toString('latin1').startsWith('TypeError') ? stack.map((line) => `${stamp} ${line}\n`) : [];
    return Buffer.concat([Buffer.from(`${stamp} `), text, Buffer.from(`\n${rest.join('')}`)]);
  }
}

/** Resolves when it takes more, or is gone. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.on('drain', done).on('close', done);
  });
}

/** An API server that knows nothing but these pods and their logs. */
export class PouringServer extends ApiServer {
  readonly pods: readonly PouringPod[];
  readonly #watches = new Set<ServerResponse>();

  constructor(pods: readonly PouringPod[]) {
    super();
    this.pods = pods;
    this.handle = (url, response) => {
      const name = /\/pods\/([^/]+)\/log$/.exec(url.pathname)?.[1];
      const pod = pods.find((one) => one.name === name);
      if (pod) void pod.answer(url, response);
      else if (!url.pathname.endsWith('/pods')) response.writeHead(404).end('{}');
      else if (url.searchParams.get('watch') === 'true') {
        response.flushHeaders();
        this.#watches.add(response);
      } else response.end(JSON.stringify({ metadata: { resourceVersion: '1' }, items: pods.map((p) => p.object) }));
    };
  }

  /** Tells whoever watches how the pods are. */
  tell(): void {
    for (const { object } of this.pods)
      for (const watch of this.#watches) watch.write(`${JSON.stringify({ type: 'MODIFIED', object })}\n`);
  }
}
