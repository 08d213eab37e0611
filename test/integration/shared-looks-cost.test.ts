// What cockpits of one user on one host cost PostgreSQL together, as the server counts it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { settingsSchema } from '../../src/config/settings.ts';
import { openSessions, sessionsFor } from '../../src/data/postgres/sessions.ts';
import { postgresSources } from '../../src/data/postgres/sources.ts';
import type { SourceUpdate } from '../../src/data/source.ts';
import { type CountedServer, startCountedServer } from '../support/counted-server.ts';
import { eventually } from '../support/eventually.ts';

let server: CountedServer;
beforeAll(async () => {
  server = await startCountedServer();
});
afterAll(() => server?.stop());

function cockpit(directory: string) {
  const login = { host: '127.0.0.1', port: server.port, sslMode: 'disable', user: 'bentham', password: 'bentham' };
  const settings = settingsSchema.parse({
    profile: 'test',
    environment: { name: 'TEST', guarded: false },
    kubernetes: { namespace: 'x' },
    gateway: { url: 'http://127.0.0.1:1' },
    database: { primary: login, replica: login },
    redis: { url: 'redis://127.0.0.1:1' },
    intervals: { database: 1000, studies: 1000, surfaces: 1500, timeout: 2000 },
    journal: { directory },
  });
  const over = new AbortController();
  const news: SourceUpdate[] = [];
  const running = postgresSources(settings, { shared: true }).map((one) => one.start((n) => news.push(n), over.signal));
  const of = (fact: string) => news.filter((one) => one.fact === fact && 'value' in one);
  return {
    of,
    /** It has a connection of its own, though others ask. */
    canAct: () => openSessions(settings.database, 'primary').length > 0,
    /** Among how many cockpits it divides what dear reads may cost. */
    divisor: () => sessionsFor(settings).budget.cockpits,
    async end() {
      over.abort();
      await Promise.all(running.map(({ ended }) => ended));
    },
  };
}

const facts = ['primary', 'replica', 'studies', 'surfaces'];

/** Statements for each look at the primary that one cockpit shows while `count` of them look at the same. */
async function statementsPerLook(count: number) {
  const journal = mkdtempSync(join(tmpdir(), 'bentham-looks-'));
  const all = Array.from({ length: count }, () => cockpit(journal));
  const told = (each: number) =>
    eventually(() => {
      for (const { of } of all) for (const fact of facts) expect(of(fact).length, fact).toBeGreaterThanOrEqual(each);
    });
  const looks = () => all[0]?.of('primary').length ?? 0;
  try {
    await told(2);
    await server.reset();
    const before = looks();
    await told(8);
    const { calls } = await server.counted();
    for (const { canAct } of all) expect(canAct()).toBe(true);
    for (const { divisor } of all) expect(divisor()).toBeGreaterThanOrEqual(count);
    const last = all.map(({ of }) => facts.map((fact) => of(fact).at(-1)));
    return { statements: calls / (looks() - before), last };
  } finally {
    await Promise.all(all.map(({ end }) => end()));
    rmSync(journal, { recursive: true });
  }
}

test('five cockpits cost the database less than twice what one does', async () => {
  const one = await statementsPerLook(1);
  const five = await statementsPerLook(5);
  expect(five.statements).toBeLessThan(one.statements * 2);
  expect(one.statements).toBeGreaterThan(4);
  // Each fact was asked by one of them, and the others show what it was told.
  for (const [i, fact] of facts.entries()) {
    const isTold = five.last.filter((each) => {
      const newest = each[i];
      return newest && 'from' in newest && newest.from.includes('process');
    });
    expect(isTold.length, fact).toBe(4);
  }
});
