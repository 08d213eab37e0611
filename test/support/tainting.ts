// Servers between the cockpit and its backends that speak the backend's protocol and put a hostile end to every text of
// every answer: whatever field there is, also one that nobody thought of, is covered.
import { once } from 'node:events';
import {
  createServer as createHttp,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { Agent, request } from 'undici';
import type { Hostile } from './hostile.ts';

export type Tainting = { port: number; stop(): Promise<void> };

async function listening(server: Server): Promise<Tainting> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** What a client needs as it is, to understand the rest of the answer. */
const structure =
  /^(kind|apiVersion|resourceVersion|continue|type|uid|level|namespace|timeZone|cluster)$|([tT]imestamp|Time|At|time)$/;
/** Names that the configuration asks for, numbers, dates and words that are no text. */
const needed = /^(api-gateway|orchestrator|executor|bentham-prod|bentham|True|False|[\d.:+-][\w.:+-]*|)$/;

/** Every text of a JSON value, and a property more in each set of labels or annotations. */
function taintJson(value: unknown, hostile: Hostile, key = ''): unknown {
  if (typeof value === 'string') return structure.test(key) || needed.test(value) ? value : hostile.taint(value);
  if (Array.isArray(value)) return value.map((one) => taintJson(one, hostile, key));
  if (typeof value !== 'object' || value === null) return value;
  const tainted = Object.entries(value).map(([name, one]) => [name, taintJson(one, hostile, name)]);
  if (/^(labels|annotations)$/.test(key)) tainted.push([hostile.string(), hostile.string()]);
  return Object.fromEntries(tainted);
}

/** A line of a log, with its time in front; what is JSON stays JSON. */
function taintLine(line: string, hostile: Hostile): string {
  const [, time = '', text = ''] = /^(\d{4}-\S+Z )?(.*)$/s.exec(line) ?? [];
  try {
    return time + JSON.stringify(taintJson(JSON.parse(text), hostile));
  } catch {
    return time + hostile.taint(text).replaceAll('\n', ' ');
  }
}

/** Text as XML may hold it: an escape as a reference, no other control. */
function xmlString(hostile: Hostile): string {
  const text = hostile.string().replace(/[&<>]/g, '');
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ud800-\udfff]/g, (c) =>
    c === '\u001b' ? '&#x1b;' : '',
  );
}

/** Numbers, dates, hashes, and names that the configuration asks for. */
const neededXml = /^(true|false|[\d.:TZ+-]+|"?[\da-f]{32}"?|&quot;.*|available|eu-west-1|bentham-[\w-]+)$/;

/** Every text of an answer in XML; of a key each second time its first part, which names the study. */
const taintXml = (text: string, hostile: Hostile) =>
  text.replace(/>([^<>\s][^<>]*)</g, (all, inside: string) => {
    if (neededXml.test(inside)) return all;
    const [first = '', ...rest] = inside.split('/');
    if (rest.length > 0 && hostile.chance()) return `>${first}${xmlString(hostile)}/${rest.join('/')}<`;
    return `>${inside}${xmlString(hostile)}<`;
  });

/** Before a server of HTTP: Kubernetes with its watches and logs, the gateway, AWS. */
export async function taintHttp(to: string, hostile: Hostile): Promise<Tainting> {
  const agent = new Agent({ connect: { rejectUnauthorized: false }, bodyTimeout: 0, headersTimeout: 0 });
  const answer = async (asked: IncomingMessage, response: ServerResponse) => {
    const over = new AbortController();
    response.on('close', () => over.abort());
    const {
      host: _,
      connection: __,
      'transfer-encoding': ___,
      'content-length': ____,
      expect: _____,
      ...headers
    } = asked.headers;
    const body = await readAll(asked);
    // Who asks for a name that was tainted means the one that it was.
    const url = (asked.url ?? '/').replace(/^[^?]*/, (way) => way.replace(/ZQ[^/]*/g, ''));
    const given = await request(new URL(url, to), {
      dispatcher: agent,
      method: (asked.method ?? 'GET') as 'GET',
      headers: { ...headers, host: new URL(to).host } as IncomingHttpHeaders,
      ...(body.length > 0 ? { body } : {}),
      signal: over.signal,
    });
    const type = String(given.headers['content-type'] ?? '');
    response.writeHead(given.statusCode, { 'content-type': type || 'text/plain' });
    const streams = /[?&](watch|follow)=(true|1)/.test(asked.url ?? '') || /\/log\?/.test(asked.url ?? '');
    if (!streams) {
      const text = (await readAll(given.body)).toString();
      if (type.includes('xml')) return response.end(taintXml(text, hostile));
      return response.end(type.includes('json') && text ? JSON.stringify(taintJson(JSON.parse(text), hostile)) : text);
    }
    let rest = '';
    for await (const chunk of given.body.setEncoding('utf8') as AsyncIterable<string>) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) response.write(`${taintLine(line, hostile)}\n`);
    }
    return response.end(rest);
  };
  const made = await listening(
    createHttp((asked, response) => void answer(asked, response).catch(() => response.destroy())),
  );
  return {
    port: made.port,
    async stop() {
      await made.stop();
      await agent.destroy();
    },
  };
}

async function readAll(from: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of from) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Hands what the client says on, and what the server answers through `rewrite`, which keeps what is not whole yet. */
function between(to: { host: string; port: number }, rewriter: () => (chunk: Buffer) => Buffer): Promise<Tainting> {
  const server = createServer((client) => {
    const backend = connect(to);
    const rewrite = rewriter();
    client.pipe(backend);
    backend.on('data', (chunk) => client.write(rewrite(chunk)));
    backend.on('close', () => client.destroy());
    backend.on('error', () => client.destroy());
    client.on('close', () => backend.destroy());
  });
  return listening(server);
}

/** Texts of Redis: the values of INFO that are no numbers, names of keys, errors. */
export function taintRedis(to: { host: string; port: number }, hostile: Hostile): Promise<Tainting> {
  const kept = /^(?!redis_version)\w+:[\d.]*$|^role:|^(#.*)?$|:(up|ok|yes|no)$/;
  const value = (line: string) => (kept.test(line) ? line : hostile.taint(line).replace(/[\r\n]/g, ''));
  const inside = (text: string) =>
    text.includes('redis_version') ? text.split('\r\n').map(value).join('\r\n') : hostile.taint(text);
  return between(to, () => {
    let rest = Buffer.alloc(0);
    return (chunk) => {
      rest = Buffer.concat([rest, chunk]);
      const out: Buffer[] = [];
      for (;;) {
        const end = rest.indexOf('\r\n');
        if (end < 0) return Buffer.concat(out);
        const head = rest.subarray(0, end).toString();
        const bulk = /^\$(\d+)$/.exec(head);
        if (!bulk) {
          const said = head.startsWith('-') ? hostile.taint(head).replace(/[\r\n]/g, '') : head;
          out.push(Buffer.from(`${said}\r\n`));
          rest = rest.subarray(end + 2);
          continue;
        }
        const until = end + 2 + Number(bulk[1]);
        if (rest.length < until + 2) return Buffer.concat(out);
        const text = rest.subarray(end + 2, until).toString();
        const tainted = Buffer.from(/^\d*$/.test(text) ? text : inside(text));
        out.push(Buffer.from(`$${tainted.length}\r\n`), tainted, Buffer.from('\r\n'));
        rest = rest.subarray(until + 2);
      }
    };
  });
}

/** Names of tables, columns and of one state, by which the cockpit asks for the rest. */
const catalogue =
  /^(r|public|study|studies|job|jobs|result|results|key|apiKey|api_keys|text|jsonb|failed|id|status|progress|name|permissions|revoked|[a-z]+(_[a-z]+)*_(id|at|count|message|limit))$/;

/** Types whose values are text: text, name, varchar, char, json and jsonb. Arrays are left alone. */
const texts = new Set([25, 19, 1043, 1042, 114, 3802]);

/**
 * Texts of PostgreSQL: every cell of a column of text, and the words of errors and notices. One that lies calls every
 * column a text.
 */
export function taintPostgres(
  to: { host: string; port: number },
  hostile: Hostile,
  { lies = false } = {},
): Promise<Tainting> {
  const ended = (text: string) => hostile.taint(text).replaceAll('\0', '');
  // What may be a state or a number is left as it is each second time, so that the rest of its row is looked at.
  const cell = (text: string): string => {
    if (catalogue.test(text) || text === '[]') return text;
    if (/^(\[[{"]|\{")/.test(text)) return JSON.stringify(inside(JSON.parse(text))).replaceAll('\\u0000', '');
    return /^[\d.:-]*$|^[a-z]{1,9}$/.test(text) && hostile.chance() ? text : ended(text);
  };
  // Rows that were asked for together come as JSON: their cells as those of columns.
  const inside = (value: unknown): unknown => {
    if (typeof value === 'string') return cell(value);
    if (typeof value === 'number' && lies) return cell(String(value));
    if (Array.isArray(value)) return value.map(inside);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, inside(one)]));
  };
  return between(to, () => {
    let rest = Buffer.alloc(0);
    let columns: boolean[] = [];
    return (chunk) => {
      rest = Buffer.concat([rest, chunk]);
      const out: Buffer[] = [];
      while (rest.length >= 5) {
        const size = 1 + rest.readInt32BE(1);
        if (rest.length < size) break;
        const type = String.fromCharCode(rest[0] ?? 0);
        const body = rest.subarray(5, size);
        rest = rest.subarray(size);
        if (type === 'T') columns = described(body, lies);
        const tainted =
          type === 'D' ? row(body, columns, cell) : type === 'E' || type === 'N' ? words(body, ended) : body;
        const head = Buffer.alloc(5);
        head.write(type, 'latin1');
        head.writeInt32BE(tainted.length + 4, 1);
        out.push(head, tainted);
      }
      return Buffer.concat(out);
    };
  });
}

const json = 114;

/** RowDescription: which columns are text in text format. */
function described(body: Buffer, lies: boolean): boolean[] {
  const found: boolean[] = [];
  let at = 2;
  for (let left = body.readInt16BE(0); left > 0; left -= 1) {
    at = body.indexOf(0, at) + 1;
    const oid = body.readInt32BE(at + 6);
    if (lies && oid !== json && body.readInt16BE(at + 16) === 0) body.writeInt32BE(25, at + 6);
    found.push(texts.has(body.readInt32BE(at + 6)) && body.readInt16BE(at + 16) === 0);
    at += 18;
  }
  return found;
}

/** DataRow with its texts rewritten. */
function row(body: Buffer, columns: readonly boolean[], rewrite: (text: string) => string): Buffer {
  const out = [body.subarray(0, 2)];
  let at = 2;
  for (let column = 0; column < body.readInt16BE(0); column += 1) {
    const size = body.readInt32BE(at);
    at += 4;
    const cell = size < 0 ? undefined : body.subarray(at, at + size);
    at += Math.max(0, size);
    const written = cell && columns[column] ? Buffer.from(rewrite(cell.toString())) : cell;
    const head = Buffer.alloc(4);
    head.writeInt32BE(written?.length ?? -1);
    out.push(head, written ?? Buffer.alloc(0));
  }
  return Buffer.concat(out);
}

/** ErrorResponse and NoticeResponse: all but what severity and code say. */
function words(body: Buffer, rewrite: (text: string) => string): Buffer {
  const fields = body
    .toString()
    .split('\0')
    .filter((field) => field !== '');
  return Buffer.from(`${fields.map((field) => (/^[SVC]/.test(field) ? field : rewrite(field))).join('\0')}\0\0`);
}
