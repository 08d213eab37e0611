import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { DatabaseServer } from '../../src/config/settings.ts';
import { BudgetedQuery } from '../../src/data/postgres/budgeted-query.ts';
import { postgresFault } from '../../src/data/postgres/faults.ts';
import { inSchema, tablesFrom } from '../../src/data/postgres/queries/columns.ts';
import { surfaces } from '../../src/data/postgres/queries/surfaces.ts';
import { Session } from '../../src/data/postgres/session.ts';
import { completionFrom } from '../../src/data/postgres/studies.ts';
import { tooManyJobs } from '../../src/data/postgres/tables.ts';
import { tlsAttempts } from '../../src/data/postgres/tls.ts';

const somewhere: DatabaseServer = { host: 'db', port: 5432, database: 'bentham', user: 'bentham', sslMode: 'prefer' };

const open: { server: Server; sockets: Set<Socket> }[] = [];
afterEach(async () => {
  for (const { server, sockets } of open.splice(0)) {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
});

/** A server on loopback that is no PostgreSQL. */
async function listener(talk: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    talk(socket);
  });
  open.push({ server, sockets });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function faultOf(port: number, sslMode: DatabaseServer['sslMode'] = 'prefer', within = 3000) {
  const session = new Session({ ...somewhere, host: '127.0.0.1', port, sslMode });
  const outcome = await session.read(AbortSignal.timeout(within), within, (ask) => ask('SELECT 1'));
  await session.close();
  if (outcome.ok) throw new Error('it answered');
  return outcome.fault;
}

const error = (code: string, message: string) => Object.assign(new Error(message), { code, severity: 'FATAL' });

test('messages in an impossible order become a readable fault', () => {
  const confused = new TypeError('(intermediate value).at is not a function');
  expect(postgresFault(confused, somewhere)).toMatchObject({
    kind: 'malformed',
    what: 'not a PostgreSQL answer',
  });
});

test('a server’s text is sanitized', () => {
  const fault = postgresFault(error('XX000', 'boom \u001b[31mred\u001b[0m password=hunter2'), somewhere);
  expect(fault.what).toBe('boom red password=••• (XX000)');
});

test.each(['disable', 'prefer', 'require'] as const)('a server that speaks HTTP is malformed (%s)', async (mode) => {
  const port = await listener((socket) => {
    socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  });
  expect(await faultOf(port, mode)).toMatchObject({ kind: 'malformed', where: `127.0.0.1:${port}` });
});

test('garbage after a valid start is malformed, and ends only the connection', async () => {
  const garbage = Buffer.from('R\0\0\0\x08\0\0\0\0T\0\0\0\x06\x7f\xff', 'latin1');
  const port = await listener((socket) => socket.once('data', () => socket.write(garbage)));
  expect((await faultOf(port, 'disable')).kind).toBe('malformed');
});

test('a server that hangs up, one that never answers, and none at all', async () => {
  const rude = await listener((socket) => socket.once('data', () => socket.destroy()));
  expect((await faultOf(rude)).kind).toBe('unreachable');
  const silent = await listener(() => {});
  const session = new Session({ ...somewhere, host: '127.0.0.1', port: silent });
  const outcome = session.read(AbortSignal.timeout(100), 100, (ask) => ask('SELECT 1'));
  await expect(outcome).resolves.toMatchObject({ ok: false });
  const { server } = open[0] ?? {};
  await new Promise((resolve) => server?.close(resolve));
  open.shift();
  expect(await faultOf(rude)).toMatchObject({ kind: 'refused', what: 'connection refused' });
});

test('a refusal instead of an answer to the TLS request is reported', async () => {
  const port = await listener((socket) =>
    socket.once('data', () => socket.end('EFATAL:  sorry, too many clients\n\0')),
  );
  expect((await faultOf(port)).what).toContain('FATAL');
});

test('sslmode means what libpq means', () => {
  const none = () => undefined;
  const root = (file: string) => (file.endsWith('root.crt') ? Buffer.from('CA') : undefined);
  const shape = (sslMode: DatabaseServer['sslMode'], read: (file: string) => Buffer | undefined) =>
    tlsAttempts({ ...somewhere, sslMode }, read, '/home/ops').map((attempt) =>
      attempt === false
        ? 'clear'
        : attempt.rejectUnauthorized
          ? attempt.checkServerIdentity
            ? 'authority'
            : 'full'
          : 'tls',
    );
  expect(shape('disable', none)).toEqual(['clear']);
  expect(shape('allow', none)).toEqual(['clear', 'tls']);
  expect(shape('prefer', root)).toEqual(['tls', 'clear']);
  expect(shape('require', none)).toEqual(['tls']);
  expect(shape('require', root)).toEqual(['authority']);
  expect(shape('verify-ca', root)).toEqual(['authority']);
  expect(shape('verify-full', root)).toEqual(['full']);
  expect(tlsAttempts({ ...somewhere, host: '/run/postgresql', sslMode: 'require' }, none)).toEqual([false]);
  expect(() => tlsAttempts({ ...somewhere, sslMode: 'require', sslRootCert: '/no/such' }, none)).toThrow('/no/such');
});

test('all cockpits together spend a six hundredth of a core on dear reads; where they time out, estimates answer', async () => {
  let now = 0;
  let exact = 0;
  let late = false;
  const budget = { cockpits: 1 };
  const dear = new BudgetedQuery<number>(budget, () => now);
  const read = () =>
    dear.read(
      async () => {
        now += 20;
        exact += 1;
        if (late) throw error('57014', 'canceling statement due to statement timeout');
        return exact;
      },
      async () => -1,
    );
  expect(await read()).toMatchObject({ value: 1, exact: true });
  // The first answer may have been slow, as at a start.
  now += 4999;
  expect(await read()).toMatchObject({ value: 1, exact: true });
  now += 1;
  expect(await read()).toMatchObject({ value: 2, exact: true });
  now += 11_999;
  expect(await read()).toMatchObject({ value: 2, exact: true });
  now += 1;
  // Three read from the server now: each of them a third as often.
  budget.cockpits = 3;
  expect(await read()).toMatchObject({ value: 3, exact: true });
  now += 35_999;
  expect(await read()).toMatchObject({ value: 3, exact: true });
  // A person looks for what came of an action.
  dear.renew();
  expect(await read()).toMatchObject({ value: 4, exact: true });
  dear.renew();
  expect(await read()).toMatchObject({ value: 4, exact: true });
  late = true;
  now += 36_000;
  expect(await read()).toMatchObject({ value: -1, exact: false });
  now += 170_000;
  expect(await read()).toMatchObject({ value: -1, exact: false });
  expect(exact).toBe(5);
  // The second time in a row it rests for twice as long.
  now += 10_000;
  expect(await read()).toMatchObject({ value: -1, exact: false });
  expect(exact).toBe(6);
  now += 350_000;
  expect(await read()).toMatchObject({ value: -1, exact: false });
  late = false;
  now += 10_000;
  expect(await read()).toMatchObject({ value: 7, exact: true });
});

test('an answer is a minute old at most, however dear; after one in time, a late one rests for the first time again', async () => {
  let now = 0;
  let exact = 0;
  let estimated = 0;
  let fails = '';
  const dear = new BudgetedQuery<number>({ cockpits: 100 }, () => now);
  const read = () =>
    dear.read(
      async () => {
        now += 1000;
        exact += 1;
        if (fails !== '') throw error(fails, 'no');
        return exact;
      },
      async () => {
        estimated += 1;
        return -1;
      },
    );
  for (let n = 1; n <= 8; n += 1) {
    expect(await read()).toMatchObject({ value: n, exact: true });
    now += 60_000;
  }
  for (let n = 0; n < 2; n += 1) {
    fails = '57014';
    expect(await read()).toMatchObject({ value: -1, exact: false });
    now += 179_999;
    const before = exact;
    await read();
    expect(exact).toBe(before);
    fails = '';
    now += 60_000;
    expect((await read()).exact).toBe(true);
    now += 60_000;
  }
  // What was refused is no estimate.
  const before = estimated;
  fails = '42501';
  await expect(read()).rejects.toMatchObject({ code: '42501' });
  expect(estimated).toBe(before);
});

test('a schema name cannot inject SQL', () => {
  const jobs = inSchema('x"; DROP TABLE jobs; --', 'jobs');
  expect(jobs).toBe('"x""; DROP TABLE jobs; --"."jobs"');
  expect(surfaces(tablesFrom('x"; DROP TABLE jobs; --', []))).toContain(`FROM ${jobs}`);
});

test('an invalid completion percentage is ignored', () => {
  expect([null, '', 'soon', '45', '45.5', '140', '-3'].map(completionFrom)).toEqual([
    undefined,
    undefined,
    undefined,
    45,
    45.5,
    100,
    0,
  ]);
});

test('one slow answer makes no figure old', async () => {
  let now = 0;
  let took = 10;
  let count = 0;
  const dear = new BudgetedQuery<number>({ cockpits: 1 }, () => now);
  const read = async () => {
    const exact = async () => {
      now += took;
      count += 1;
      return count;
    };
    return (await dear.read(exact, exact)).value;
  };
  for (const [span, next] of [
    [0, 10],
    [5000, 2000],
    // The quicker of the last two counts: 600 times 10 ms, also after one that took 2000.
    [6000, 2000],
    [6000, 10],
    // Twice in a row it was slow: a minute at most.
    [60_000, 10],
    [6000, 10],
  ] as const) {
    if (span > 0) {
      now += span - 1;
      const before = count;
      expect(await read()).toBe(before);
      now += 1;
    }
    await read();
    took = next;
  }
  expect(count).toBe(6);
});

test('the longer the table of jobs, the fewer reads of all of it are worth their answer', () => {
  const worth = (pages: number) =>
    [true, false].map((sampled) => !tooManyJobs(tablesFrom('public', [], {}, pages), { sampled }));
  expect([0, 25_000, 25_001, 60_000, 60_001].map(worth)).toEqual([
    [true, true],
    [true, true],
    [false, true],
    [false, true],
    [false, false],
  ]);
});
