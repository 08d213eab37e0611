// Text that wants to be more than text, from pods, rows and logs, and pastes without end: through the real screen, and
// looked at where it arrives, in the bytes that the terminal gets.
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Drill } from '../../simulator/drill.ts';
import { drillOf } from '../support/drill.ts';
import { TerminalUnderTest } from '../support/terminal.ts';

/** Sets the title, clears, colours, writes the clipboard; 8-bit controls, bidi, zero-width, a DCS that never ends. */
const evil =
  'a\u001b]0;OWNED\u0007\u001b[2J\u001b[31mb\u001b]52;c;T1dORUQ=\u0007\u009b31m\u202ec\u202c\u200b\ufeff\u2066d\u2069' +
  '\u001b(0\u0008\u000e\r\u001bPe';
/** What is left of it. */
const tame = 'abc';
const endless = 'y'.repeat(100_000);
/** A quote that is never closed, and a row of backslashes: a backtracking pattern for secrets would never end. */
const bomb = `password="${'\\\\'.repeat(60)}`;

let drill: Drill;
let terminal: TerminalUnderTest;
const titles: string[] = [];

beforeAll(async () => {
  drill = await drillOf('calm');
  terminal = new TerminalUnderTest({
    columns: 150,
    rows: 44,
    environment: { ...drill.environment, BENTHAM_INTERVALS_SURFACES: '500', BENTHAM_INTERVALS_STUDIES: '500' },
  });
  terminal.emulator.onTitleChange((title) => titles.push(title));
  await terminal.shows(/ 11\/11 ready/);
});
afterAll(async () => {
  await terminal?.close();
  await drill?.stop();
});

/** Nothing of theirs reached the terminal as more than letters. */
function expectTame(): void {
  const { raw } = terminal;
  for (const sequence of [
    '\u001b]0;',
    '\u001b[2J\u001b[31m',
    '\u001b[31mb',
    '\u001b]52;c;T1dORUQ=',
    '\u001bP',
    '\u001b(0',
  ])
    expect(raw.includes(sequence), JSON.stringify(sequence)).toBe(false);
  const characters = /[\u0080-\u009f\u200b\u202a-\u202e\u2066-\u2069\ufeff\u0008\u000e]/u;
  expect(characters.exec(raw)?.[0]).toBe(undefined);
  expect(titles.filter((title) => title.includes('OWNED'))).toEqual([]);
  expect(titles).not.toEqual([]);
}

test('a pod with hostile text in every field', async () => {
  const [pod] = drill.kubernetes.podsOf('executor');
  if (!pod) throw new Error('the drill has no executor');
  drill.kubernetes.store.put('pods', {
    ...pod,
    metadata: { ...pod.metadata, uid: evil, name: `pod-${evil}`, ownerReferences: [], labels: { app: `app-${evil}` } },
    spec: {
      ...pod.spec,
      nodeName: `node-${evil}`,
      containers: pod.spec.containers.map((one) => ({ ...one, image: `image-${evil}` })),
    },
    status: { ...pod.status, phase: 'Failed', reason: `reason-${evil}`, message: `message-${evil}${endless}` },
  });
  await terminal.shows(`pod-${tame}`);
  await terminal.press('2', 'G').shows(/▌.*pod-abc/);
  await terminal.press('y').shows('copied');
  const copied = [...terminal.raw.matchAll(/\u001b\]52;c;([A-Za-z0-9+/=]*)\u0007/g)].map(([, text = '']) =>
    Buffer.from(text, 'base64').toString(),
  );
  expect(copied.at(-1)).toContain(tame);
  expect(copied.at(-1)).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  await terminal.press('enter').shows(`message-${tame}`);
  expectTame();
  await terminal.press('esc').shows('5 STUDIES');
});

test('a pod’s details: its containers, its node and its events', async () => {
  const [other] = drill.kubernetes.podsOf('orchestrator');
  if (!other) throw new Error('the drill has no orchestrator');
  const { name, namespace, uid } = other.metadata;
  drill.kubernetes.store.put('pods', {
    ...other,
    spec: {
      ...other.spec,
      containers: other.spec.containers.map((one) => ({ ...one, image: `image-${evil}` })),
    },
  });
  drill.kubernetes.store.put('events', {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: 'evil', namespace },
    involvedObject: { kind: 'Pod', name, namespace, uid },
    type: 'Warning',
    reason: `why-${evil}`,
    message: `event-${evil}${endless}`,
    count: 1,
    firstTimestamp: new Date().toISOString(),
    lastTimestamp: new Date().toISOString(),
  } as never);
  await terminal
    .press('2', '/')
    .type(name)
    .press('enter')
    .shows(new RegExp(`▌.*${name}`));
  await terminal.press('enter').shows(`image-${tame}`);
  await terminal.shows(`event-${tame}`);
  expectTame();
  await terminal.press('esc').shows(/ 1 of 1[12] +POD /);
  await terminal.press('esc').shows(/ 1[12]\/12 ready.* by health +POD /);
  await terminal.press('esc').shows('5 STUDIES');
});

test('rows of the database', async () => {
  const { PGHOST = '', PGPORT = '', PGUSER = '', PGPASSWORD = '', PGDATABASE = '' } = drill.environment;
  const client = new pg.Client({
    host: PGHOST,
    port: Number(PGPORT),
    user: PGUSER,
    password: PGPASSWORD,
    database: PGDATABASE,
  });
  await client.connect();
  await client.query(
    `INSERT INTO studies (id, tenant_id, name, status) SELECT $1, id, $1, 'executing' FROM tenants LIMIT 1`,
    [`study-${evil}`],
  );
  await client.query(
    `INSERT INTO jobs (study_id, surface_id, status, error_message)
     SELECT $1, $2, 'failed', $3 FROM generate_series(1, 500)`,
    [`study-${evil}`, `surface-${evil}`, `error-${evil}${endless}`],
  );
  await client.query(
    `INSERT INTO jobs (study_id, surface_id, status, error_message)
     SELECT $1, 'surface-bomb', 'failed', $2 FROM generate_series(1, 500)`,
    [`study-${evil}`, bomb],
  );
  await client.end();
  await terminal.shows(`surface-${tame}`);
  await terminal.shows('surface-bomb');
  await terminal.press('4', 'g', 'j', 'k', 'enter').shows(`error-${tame}`);
  expectTame();
  await terminal.press('esc').shows('5 STUDIES');
});

test('lines of a log', async () => {
  await terminal.press('1', 'l').shows(/\d streams/);
  const uid = drill.kubernetes.podsOf('orchestrator')[0]?.metadata.uid ?? '';
  const say = (text: string) => drill.kubernetes.logs.write(uid, text, Date.now());
  say(bomb);
  say(`raw-${evil.replace('\r', '')}${endless}`);
  say(JSON.stringify({ level: 50, msg: `json-${evil}${endless}`, studyId: evil, [evil]: evil }));
  await terminal.press('e').shows(`json-${tame}`);
  await terminal.press('G', 'k', 'enter').shows('msg');
  expectTame();
  await terminal.press('esc', 'e').shows(`raw-${tame}`);
  await terminal.press('W').settles();
  expectTame();
  await terminal.press('W', 'esc', 'esc').shows('5 STUDIES');
});

test('ten thousand pasted characters', async () => {
  const flood = `q${evil}y\r`.repeat(10_000 / evil.length);
  await terminal.paste(flood).shows('pasted text ignored: it is never read as keys');
  await terminal.press('2', '/').paste(flood).shows('qabc');
  await terminal.press('esc', 'esc').shows('5 STUDIES');
  await terminal.press(':').paste(flood).shows(': qabc');
  await terminal.press('esc').hides(': qabc');
  expectTame();
});

test('ten thousand pasted characters do not confirm', async () => {
  const revision = () => drill.kubernetes.store.get('deployments', 'bentham-prod', 'api-gateway')?.metadata.generation;
  const before = revision();
  await terminal.press('2', 'g', 'j', 'k', 'a').shows('Restart a deployment');
  await terminal.press('enter').shows('kubectl rollout restart deployment/');
  await terminal.paste(`y\r${'y'.repeat(10_000)}\ry`).shows('pasted text does not confirm');
  await terminal.shows('kubectl rollout restart deployment/');
  await terminal.press('esc').settles();
  expect(revision()).toBe(before);
  expectTame();
});
