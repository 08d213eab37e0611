// Lists over a slow line: a page that does not come to its end in time is asked for again, smaller.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openCluster } from '../../src/data/kubernetes/client.ts';
import { listPages } from '../../src/data/kubernetes/list-pages.ts';
import { ApiServer } from '../support/api-server.ts';

let server: ApiServer;
/** The size of each page that was asked for. */
let asked: number[] = [];
/** Pages of more do not come to their end. */
let most = 200;
const there = 300;

beforeEach(async () => {
  asked = [];
  most = 200;
  server = new ApiServer();
  server.handle = ({ searchParams }, response) => {
    const limit = Number(searchParams.get('limit'));
    const from = Number(searchParams.get('continue') ?? 0);
    asked.push(limit);
    const until = Math.min(there, from + limit);
    const items = Array.from({ length: until - from }, (_, at) => ({ metadata: { name: `p${from + at}` } }));
    const metadata = { resourceVersion: '7', ...(until < there ? { continue: String(until) } : {}) };
    const text = JSON.stringify({ kind: 'PodList', metadata, items });
    if (limit > most) response.write(text.slice(0, -10));
    else response.end(text);
  };
  await server.start();
});
afterEach(() => server.end());

async function listed() {
  const opened = await openCluster(server.settings().kubernetes);
  if (!opened.ok) throw new Error(opened.fault.what);
  const [names, faults]: [string[], string[]] = [[], []];
  const answer = await listPages<{ metadata: { name: string } }, string>(
    opened.value,
    { path: '/api/v1/namespaces/bentham/pods', noun: 'pods', pageTime: 500 },
    {
      begin: () => void names.splice(0),
      read: ({ metadata }) => metadata.name,
      member: (name) => void names.push(name),
      failed: ({ what }) => void faults.push(what),
    },
    new AbortController().signal,
    new AbortController().signal,
  );
  await opened.value.close();
  return { answer, names, faults };
}

test('a page too large for its line is asked for in quarters, and so are those behind it', async () => {
  const { answer, names, faults } = await listed();
  expect(answer).toEqual({ ok: true, value: '7' });
  expect(names).toEqual(Array.from({ length: there }, (_, at) => `p${at}`));
  expect(asked).toEqual([500, 125, 125, 125]);
  expect(faults).toEqual([]);
});

test('where no page comes to its end the list fails, and said so before', async () => {
  most = 0;
  const { answer, faults } = await listed();
  expect(answer).toMatchObject({ ok: false, fault: { kind: 'timeout' } });
  expect(asked).toEqual([500, 125, 31, 20]);
  expect(faults).toHaveLength(2);
});
