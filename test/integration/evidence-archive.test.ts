// An archive of long logs: killed at any moment it continues, each line is there once, and whatever is changed in it
// afterwards is found.
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  appendFileSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { PreserveCall } from '../../src/core/actions/call.ts';
import { redactedLine, redactedValue } from '../../src/core/preserve/redacted.ts';
import type { CallResult, ExecutionContext } from '../../src/data/call-result.ts';
import { preserve } from '../../src/data/preserve/execute.ts';
import { logName } from '../../src/data/preserve/names.ts';
import { archivePlace } from '../../src/data/preserve/place.ts';
import { verifyArchive } from '../../src/data/preserve/verify.ts';
import { isArchiveName, tar, tarHeader } from '../../src/disk/tar.ts';
import { BadTar, Untar } from '../../src/disk/untar.ts';
import { LongLogs, longLine } from '../support/long-logs.ts';

const lines = 30_000;
const pods = ['gateway-1', 'executor-2'];
const root = mkdtempSync(path.join(tmpdir(), 'bentham-archive-'));
let server: LongLogs;
let directory: string;

beforeEach(async () => {
  server = new LongLogs(pods, lines);
  await server.api.start();
  directory = mkdtempSync(path.join(root, 'x-'));
});
afterEach(() => server.api.end());
afterAll(() => rmSync(root, { recursive: true, force: true }));

const callOf = (more: Partial<PreserveCall> = {}): PreserveCall => ({
  tool: 'preserve',
  archive: path.join(directory, 'evidence-test-1.tar.gz'),
  content: 'redacted',
  mostBytes: 1e9,
  within: 120_000,
  aboutBytes: 1e6,
  ...more,
});

function run(call: PreserveCall, stop = new AbortController(), world?: ExecutionContext['world']): Promise<CallResult> {
  const context: Partial<ExecutionContext> = {
    world,
    settings: server.api.settings({ journal: { directory } }),
    signal: stop.signal,
    tell: () => {},
    progress: () => {},
  };
  return preserve(call, context as ExecutionContext);
}

/** Stops it while both logs are being read, so many bytes into each. */
async function stopped(call: PreserveCall, bytes: number): Promise<CallResult> {
  server.holdAfter = bytes;
  const stop = new AbortController();
  const done = run(call, stop);
  await expect.poll(() => server.held).toBe(pods.length);
  stop.abort();
  server.holdAfter = Number.POSITIVE_INFINITY;
  return done;
}

/** The files of an archive by GNU tar: others have to be able to read it. */
function unpack(archive: string): string {
  const into = mkdtempSync(path.join(root, 'u-'));
  execFileSync('tar', ['-xzf', archive, '-C', into]);
  return path.join(into, path.basename(archive, '.tar.gz'));
}

const expected = (pod: string) => Array.from({ length: lines }, (_, line) => longLine(pod, line)).join('');

describe('an archive', () => {
  test('has every line once, with hashes that sha256sum confirms', async () => {
    expect(await run(callOf())).toMatchObject({ outcome: 'done' });
    const { archive } = callOf();
    const files = unpack(archive);
    for (const pod of pods) expect(readFileSync(path.join(files, `logs/${pod}/main.log`), 'utf8')).toBe(expected(pod));
    execFileSync('sha256sum', ['-c', '--quiet', 'SHA256SUMS'], { cwd: files });
    expect(await verifyArchive(archive)).toMatchObject({ problems: [], manifest: { content: 'redacted' } });
    const sha256 = createHash('sha256').update(readFileSync(archive)).digest('hex');
    expect(readFileSync(`${archive}.sha256`, 'utf8')).toBe(`${sha256}  evidence-test-1.tar.gz\n`);
    expect(lstatSync(archive).mode & 0o777).toBe(0o600);
    expect(readdirSync(directory).filter((name) => name.endsWith('.partial'))).toEqual([]);
  });

  test('does not wait for a look at the platform after a stop', async () => {
    const stop = new AbortController();
    const silent = () => {
      stop.abort();
      return new Promise<never>(() => undefined);
    };
    expect(await run(callOf(), stop, silent)).toMatchObject({ outcome: 'failed', hint: 'run it again to continue' });
    expect(await run(callOf())).toMatchObject({ outcome: 'done' });
  });

  test('continues after a stop, from the last line on', async () => {
    const { archive } = callOf();
    expect(await stopped(callOf(), 500_000)).toMatchObject({ outcome: 'failed', hint: 'run it again to continue' });
    expect(() => lstatSync(archive)).toThrow();
    const settings = server.api.settings({ journal: { directory } });
    const of = { content: 'redacted' as const, since: undefined, incident: undefined };
    const place = await archivePlace(settings, directory, of);
    expect(place).toMatchObject({ ok: true, value: { unfinished: { name: 'evidence-test-1' } } });
    // Of another incident, or whole, it is another archive.
    for (const other of [{ incident: 'x' }, { content: 'whole' as const }, { since: 1 }])
      expect(await archivePlace(settings, directory, { ...of, ...other })).toMatchObject({
        value: { unfinished: undefined },
      });
    const before = server.api.asked.length;
    expect(await run(callOf())).toMatchObject({ outcome: 'done' });
    const resumed = server.api.asked.slice(before).filter((url) => url.searchParams.has('sinceTime'));
    expect(resumed.length).toBeGreaterThan(0);
    const files = unpack(archive);
    for (const pod of pods) expect(readFileSync(path.join(files, `logs/${pod}/main.log`), 'utf8')).toBe(expected(pod));
    expect(await verifyArchive(archive)).toMatchObject({ problems: [] });
  });

  test('continues where a kill cut its files at any byte', async () => {
    const { archive } = callOf();
    const partial = archive.replace('.tar.gz', '.partial');
    await stopped(callOf(), 1_000_000);
    // What was written behind the last line of the list was not on the disk yet.
    appendFileSync(path.join(partial, 'archive.tar.gz'), Buffer.alloc(3000, 7));
    appendFileSync(path.join(partial, 'progress.jsonl'), '{"kind":"file","name":"logs/gate');
    for (const part of readdirSync(partial).filter((name) => name.startsWith('part-')))
      appendFileSync(path.join(partial, part), Buffer.alloc(100, 9));
    expect(await run(callOf())).toMatchObject({ outcome: 'done' });
    const files = unpack(archive);
    for (const pod of pods) expect(readFileSync(path.join(files, `logs/${pod}/main.log`), 'utf8')).toBe(expected(pod));
    expect(await verifyArchive(archive)).toMatchObject({ problems: [] });
  });

  test('continues through connections that are cut', async () => {
    server.cutAfter = 700_000;
    const done = run(callOf());
    await expect
      .poll(() => server.api.asked.filter((url) => url.searchParams.has('sinceTime')).length)
      .toBeGreaterThan(2);
    server.cutAfter = Number.POSITIVE_INFINITY;
    expect(await done).toMatchObject({ outcome: 'done' });
    const files = unpack(callOf().archive);
    for (const pod of pods) expect(readFileSync(path.join(files, `logs/${pod}/main.log`), 'utf8')).toBe(expected(pod));
  }, 60_000);

  test('keeps within its size, and names what is not whole', async () => {
    await run(callOf({ mostBytes: 1_000_000 }));
    const { archive } = callOf();
    const report = await verifyArchive(archive);
    expect(report.problems).toEqual([]);
    expect(report.contentBytes).toBeLessThan(1_100_000);
    expect(report.manifest?.complete).toBe(false);
    expect(report.manifest?.partial.map(({ partial }) => partial)).toContain('the size limit was reached');
  });

  test('of a pod that is gone has what was read of it', async () => {
    await stopped(callOf(), 500_000);
    const gone = new LongLogs([], lines);
    const asked = server.api.handle;
    server.api.handle = (url, response, request) =>
      /\/pods$/.test(url.pathname) ? gone.api.handle(url, response, request) : asked(url, response, request);
    expect(await run(callOf())).toMatchObject({ outcome: 'done' });
    const report = await verifyArchive(callOf().archive);
    expect(report.problems).toEqual([]);
    expect(report.manifest?.partial.length).toBeGreaterThan(0);
    await gone.api.end();
  });

  test('of a server that names a pod twice has its log once', async () => {
    const pod = { metadata: { name: 'gateway-1' }, spec: { containers: [{ name: 'main' }, { name: 'main' }] } };
    const running = { ...pod, status: { containerStatuses: [{ name: 'main', state: { running: {} } }] } };
    const asked = server.api.handle;
    server.api.handle = (url, response, request) =>
      /\/pods$/.test(url.pathname)
        ? response.end(JSON.stringify({ items: [running, running, running] }))
        : asked(url, response, request);
    expect(await run(callOf())).toMatchObject({ outcome: 'done' });
    const { archive } = callOf();
    expect(await verifyArchive(archive)).toMatchObject({ problems: [] });
    expect(readFileSync(path.join(unpack(archive), 'logs/gateway-1/main.log'), 'utf8')).toBe(expected('gateway-1'));
  });

  test('of a server whose lists never end is not waited for', async () => {
    let pages = 0;
    const asked = server.api.handle;
    server.api.handle = (url, response, request) => {
      if (!/\/(events|services)$/.test(url.pathname)) return asked(url, response, request);
      pages += 1;
      const next = url.pathname.endsWith('events') ? 'again' : String(pages);
      response.end(JSON.stringify({ items: [], metadata: { continue: next } }));
    };
    expect(await run(callOf())).toMatchObject({ outcome: 'done' });
    const { manifest } = await verifyArchive(callOf().archive);
    expect(manifest?.missing.filter((one) => one.name.startsWith('kubernetes/'))).toMatchObject([
      { name: 'kubernetes/events.json', why: expect.stringContaining('again and again') as string },
      { name: 'kubernetes/services.json', why: 'more than 2000 pages of services' },
    ]);
  }, 60_000);

  test('of a line without end is bounded, and says that it is cut', async () => {
    const stamp = (at: number) => `2026-11-29T00:00:0${at}.000000000Z`;
    const long = `password=hunter2 ${'x'.repeat(5 * 1024 * 1024)} ${stamp(1)} y`;
    const raw = `${stamp(0)} before\n${stamp(1)} ${long}\n${stamp(2)} behind\n`;
    const asked = server.api.handle;
    server.api.handle = (url, response, request) =>
      url.pathname.endsWith('/log') ? response.end(raw) : asked(url, response, request);
    await run(callOf({ content: 'whole' }));
    expect(readFileSync(path.join(unpack(callOf().archive), 'logs/gateway-1/main.log'), 'utf8')).toBe(raw);
    const redacted = callOf({ archive: path.join(directory, 'evidence-test-2.tar.gz') });
    await run(redacted);
    const saved = readFileSync(path.join(unpack(redacted.archive), 'logs/gateway-1/main.log'), 'utf8');
    expect(saved.split('\n')).toMatchObject([
      `${stamp(0)} before`,
      expect.stringMatching(/ … \[cut\]$/) as string,
      `${stamp(2)} behind`,
      '',
    ]);
    expect(saved).not.toContain('hunter2');
    const { manifest } = await verifyArchive(redacted.archive);
    expect(manifest?.complete).toBe(false);
    expect(manifest?.partial[0]?.partial).toBe('lines of more than 1 MiB are cut');
  });

  test('is not written through links, into what others can write, or over a file', async () => {
    const open = path.join(directory, 'open');
    mkdirSync(open);
    execFileSync('chmod', ['777', open]);
    expect(await run(callOf({ archive: path.join(open, 'evidence-a.tar.gz') }))).toMatchObject({ outcome: 'failed' });
    symlinkSync(tmpdir(), path.join(directory, 'evidence-b.partial'));
    expect(await run(callOf({ archive: path.join(directory, 'evidence-b.tar.gz') }))).toMatchObject({
      outcome: 'failed',
      says: expect.stringContaining('symbolic link') as string,
    });
    writeFileSync(path.join(directory, 'evidence-c.tar.gz'), 'mine');
    await run(callOf({ archive: path.join(directory, 'evidence-c.tar.gz') }));
    expect(readFileSync(path.join(directory, 'evidence-c.tar.gz'), 'utf8')).toBe('mine');
  });
});

describe('a check', () => {
  const changed = async (change: (tarred: Buffer) => Buffer) => {
    await run(callOf());
    const { archive } = callOf();
    writeFileSync(archive, gzipSync(change(gunzipSync(readFileSync(archive)))));
    return (await verifyArchive(archive)).problems.map(({ kind }) => kind);
  };

  test('finds a changed byte', async () => {
    const flip = (tarred: Buffer) => {
      const at = tarred.indexOf('request completed');
      tarred.write('R', at);
      return tarred;
    };
    expect(await changed(flip)).toEqual(['changed']);
  });

  test('finds a file that was added', async () => {
    const added = (tarred: Buffer) =>
      Buffer.concat([tar([{ name: 'x/evil', content: Buffer.from('1') }], 0).subarray(0, 1024), tarred]);
    expect(await changed(added)).toEqual(['unlisted']);
  });

  test('finds that it was cut off, and data behind its end', async () => {
    await run(callOf());
    const { archive } = callOf();
    const whole = readFileSync(archive);
    appendFileSync(archive, gzipSync('more'));
    expect((await verifyArchive(archive)).problems).not.toEqual([]);
    writeFileSync(archive, whole);
    truncateSync(archive, whole.length - 500);
    expect((await verifyArchive(archive)).problems).not.toEqual([]);
    writeFileSync(archive, 'no archive');
    expect((await verifyArchive(archive)).problems.map(({ kind }) => kind)).toContain('not-an-archive');
  });

  test('reads no header that lies', () => {
    const reader = { file() {}, content() {}, end() {} };
    const header = tarHeader('a', 10, 0);
    header.write('7', 0);
    expect(() => new Untar(reader).push(header)).toThrow(BadTar);
    const link = Buffer.from(tarHeader('a', 0, 0));
    link.write('2', 156);
    link.write(`${(0o10000).toString(8)}`, 148);
    expect(() => new Untar(reader).push(link)).toThrow(BadTar);
  });
});

describe('a check of an archive that somebody made', () => {
  const name = 'evidence-x-1';
  const sha256 = (content: Buffer) => createHash('sha256').update(content).digest('hex');
  type Made = { files: Record<string, string>; says?: object; listed?: readonly object[]; without?: string };

  /** Everything in it agrees with its manifest, but for what a test wants. */
  const made = async ({ files, says = {}, listed, without }: Made) => {
    const contents = Object.entries(files).map(([file, text]) => ({ name: file, content: Buffer.from(text) }));
    const list =
      listed ??
      contents.map(({ name: file, content }) => ({ name: file, bytes: content.length, sha256: sha256(content) }));
    const manifest = {
      ...{ version: 1, program: 'x', name, begun: 'x', ended: 'x', environment: 'x', content: 'redacted' },
      ...{ continued: 0, complete: true, files: list, missing: [], ...says },
    };
    const sums = list.map((one) => `${Reflect.get(one, 'sha256')}  ${Reflect.get(one, 'name')}\n`).join('');
    const all = [
      ...contents,
      { name: 'manifest.json', content: Buffer.from(JSON.stringify(manifest)) },
      { name: 'SHA256SUMS', content: Buffer.from(sums) },
    ].filter((one) => one.name !== without);
    return checked(Buffer.concat(all.flatMap((one) => member(`${name}/${one.name}`, one.content))));
  };
  const member = (file: string, content: Buffer) => [
    headerOf(file, content.length),
    content,
    Buffer.alloc((512 - (content.length % 512)) % 512),
  ];
  /** Names that our own writer refuses, too. */
  const headerOf = (file: string, size: number) => {
    const header = Buffer.from(tarHeader('x'.repeat(Math.min(100, file.length)), size, 0));
    header.write(file, 0, 100, 'latin1');
    return summed(header);
  };
  const summed = (header: Buffer) => {
    header.fill(' ', 148, 156);
    const sum = header.reduce((all, byte) => all + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 8, 'latin1');
    return header;
  };
  const checked = async (tarred: Buffer) => {
    const file = path.join(directory, 'made.tar.gz');
    writeFileSync(file, gzipSync(Buffer.concat([tarred, Buffer.alloc(1024)])));
    const report = await verifyArchive(file);
    return { report, kinds: report.problems.map(({ kind }) => kind) };
  };

  test('is fine where all of it agrees', async () => {
    expect((await made({ files: { a: '1', 'b/c': '2' } })).kinds).toEqual([]);
  });

  test.each(['../../evil', '/etc/cron.d/evil', 'a/../../evil', 'a//b', './a', 'a\u001b[2J', 'a b'])(
    'names a file that is called %j',
    async (file) => {
      const { report, kinds } = await made({ files: { [file]: '1' } });
      expect(kinds).toContain('unsafe-name');
      expect(JSON.stringify(report)).not.toContain('\\u001b');
    },
  );

  test('a directory that leads elsewhere', async () => {
    const { kinds } = await made({ files: {}, says: { name: '..' } });
    expect(kinds).toContain('unlisted');
  });

  test('a manifest that calls itself complete', async () => {
    const missing = await made({ files: { a: '1' }, says: { missing: [{ name: 'logs/', why: 'x' }] } });
    expect(missing.report.manifest?.complete).toBe(false);
    const partial = { name: 'a', bytes: 1, sha256: sha256(Buffer.from('1')), partial: 'x' };
    expect((await made({ files: { a: '1' }, listed: [partial] })).report.manifest?.complete).toBe(false);
  });

  test('a manifest that lists a file twice, and sums that are gone', async () => {
    const one = { name: 'a', bytes: 1, sha256: sha256(Buffer.from('1')) };
    expect((await made({ files: { a: '1' }, listed: [{ ...one, bytes: 2 }, one] })).kinds).toEqual(['duplicate']);
    expect((await made({ files: { a: '1' }, without: 'SHA256SUMS' })).kinds).toEqual(['missing']);
  });

  test.each([
    ['a size in a pax header', '11 size=9\n'.replace('11', '10')],
    ['a link in a pax header', '14 linkpath=x\n'],
    ['two records in a pax header', '11 path=ab\n11 path=cd\n'],
    ['a pax header of another length', '99 path=ab\n'],
  ])('%s, which tar would follow, ends it', async (_, record) => {
    const content = Buffer.from(record);
    const header = headerOf('PaxHeader', content.length);
    header.write('x', 156);
    const pax = [summed(header), content, Buffer.alloc(512 - content.length)];
    const { kinds } = await checked(Buffer.concat([...pax, ...member(`${name}/a`, Buffer.from('1'))]));
    expect(kinds).toContain('not-an-archive');
  });

  test('a header of another dialect ends it', async () => {
    const header = headerOf(`${name}/a`, 0);
    header.write('ustar  \0', 257, 8, 'latin1');
    expect((await checked(summed(header))).kinds).toContain('not-an-archive');
  });

  test('a bomb is read in little memory', async () => {
    const zeros = Buffer.alloc(64 * 1024 * 1024);
    const packed = gzipSync(zeros);
    const file = path.join(directory, 'bomb.tar.gz');
    writeFileSync(file, Buffer.concat([gzipSync(headerOf('x/zeros', 4 * zeros.length)), ...Array(4).fill(packed)]));
    const before = process.memoryUsage().rss;
    const { contentBytes, problems } = await verifyArchive(file);
    expect(contentBytes).toBe(4 * zeros.length);
    expect(problems.map(({ kind }) => kind)).toEqual(['truncated', 'no-manifest']);
    expect(process.memoryUsage().rss - before).toBeLessThan(3 * zeros.length);
  }, 60_000);
});

describe('names', () => {
  test('longer than a header keeps are read by tar', () => {
    const name = `x/${'p'.repeat(253)}/${'c'.repeat(63)}.previous.log`;
    const file = path.join(directory, 'long.tar');
    writeFileSync(file, tar([{ name, content: Buffer.from('hello') }], Date.now()));
    expect(execFileSync('tar', ['-tf', file], { encoding: 'utf8' }).trim()).toBe(name);
    const found: string[] = [];
    new Untar({ file: (read) => found.push(read), content() {}, end() {} }).push(readFileSync(file));
    expect(found).toEqual([name]);
  });

  test.each(['../../etc/passwd', '-rf', '..', '.', 'a/b', 'a\nb', '\u202eb', ''])('of pods lead nowhere: %j', (pod) => {
    const name = logName(pod, pod, false);
    expect(isArchiveName(name)).toBe(true);
    expect(name.split('/')).toHaveLength(3);
  });
});

describe('redacted', () => {
  test('a variable that is named like a secret, options, and what kubectl keeps', () => {
    const value = {
      metadata: { annotations: { 'kubectl.kubernetes.io/last-applied-configuration': 'x' }, managedFields: [1] },
      env: [
        { name: 'DB_PASSWORD', value: 'hunter2' },
        { name: 'NODE_ENV', value: 'production' },
      ],
      args: ['--password', 'hunter2', '--port', '80'],
      url: 'postgres://u:hunter2@h/db',
    };
    const text = JSON.stringify(redactedValue(value));
    expect(text).not.toContain('hunter2');
    expect(text).toContain('production');
    expect(text).toContain('--port","80"');
    expect(text).not.toContain('last-applied');
  });

  test('a private key over many lines, and nothing behind it', () => {
    const key = ['-----BEGIN RSA PRIVATE KEY-----', 'A'.repeat(64), 'B'.repeat(64), '-----END RSA PRIVATE KEY-----'];
    const line = redactedLine();
    const text = ['before', ...key, 'behind: the request failed'].map(line).join('\n');
    expect(text).not.toMatch(/AAAA|BBBB/);
    expect(text).toMatch(/^before\n(?:.*\n)*behind: the request failed$/);
  });

  test('whole is byte for byte', async () => {
    const raw = Buffer.concat([
      Buffer.from('2026-11-29T00:00:00.000000000Z password=hunter2 \u001b[31m'),
      Buffer.from([0xff, 0xfe, 0x80]),
      Buffer.from('\n2026-11-29T00:00:01.000000000Z no end'),
    ]);
    const asked = server.api.handle;
    server.api.handle = (url, response, request) =>
      url.pathname.endsWith('/log') ? response.end(raw) : asked(url, response, request);
    await run(callOf({ content: 'whole' }));
    const saved = readFileSync(path.join(unpack(callOf().archive), 'logs/gateway-1/main.log'));
    expect(saved.equals(Buffer.concat([raw, Buffer.from('\n')]))).toBe(true);
    const redacted = callOf({ archive: path.join(directory, 'evidence-test-2.tar.gz') });
    await run(redacted);
    expect(readFileSync(path.join(unpack(redacted.archive), 'logs/gateway-1/main.log'), 'utf8')).not.toContain(
      'hunter2',
    );
  });
});

test('a large file that is no archive is read to its end: it is said what it is, with its hash', async () => {
  const file = path.join(directory, 'other.tar.gz');
  // More than is read at once, and nothing that can be packed.
  const bytes = gzipSync(randomBytes(4 * 1024 * 1024));
  writeFileSync(file, bytes);
  expect(await verifyArchive(file)).toMatchObject({
    problems: [{ kind: 'not-an-archive' }, { kind: 'no-manifest' }],
    sha256: createHash('sha256').update(bytes).digest('hex'),
  });
});
