// What every command loads and makes before it does anything: counted, as times differ from machine to machine.
import { Script } from 'node:vm';
import { build } from 'esbuild';
import { afterEach, expect, test, vi } from 'vitest';
import { asScript, bundleOptions, scriptNamed } from '../../scripts/bundle/options.mjs';

afterEach(() => {
  vi.restoreAllMocks();
  vi.resetModules();
});

const packageOf = /^node_modules\/((?:@[^/]+\/)?[^/]+)/;

const built = await build(bundleOptions({ outdir: 'out' }));
const { outputs } = built.metafile;

/** The modules of chunks and of all that they import statically: what is loaded with them. */
function loadedWith(chunks: readonly string[]): string[] {
  const files = new Set(chunks);
  for (const file of files)
    for (const { path, kind } of outputs[file]?.imports ?? [])
      if (kind === 'import-statement' && outputs[path]) files.add(path);
  return [...files].flatMap((file) => Object.keys(outputs[file]?.inputs ?? {}));
}

const chunksOf = (...modules: readonly string[]): string[] =>
  Object.keys(outputs).filter((file) => modules.some((module) => outputs[file]?.inputs[module]));

test('a start loads one package for its words, and four for the width of a text', () => {
  const modules = loadedWith(['out/cli.js']);
  const packages = new Set(modules.flatMap((module) => packageOf.exec(module)?.[1] ?? []));
  expect([...packages].sort()).toEqual([
    'ansi-regex',
    'commander',
    'get-east-asian-width',
    'string-width',
    'strip-ansi',
  ]);
  // The schema of all options, what is made of it, and whoever talks to a backend: when a command runs.
  expect(modules).toContain('src/config/flags.ts');
  expect(
    modules.filter((module) => /^src\/(config\/(settings|options|load)\.ts|data|engine|actions|screens)/.test(module)),
  ).toEqual([]);
});

test('one look loads of undici what a request needs, and neither what ioredis prints nor the screen', () => {
  const sources = ['kubernetes/sources', 'gateway/source', 'postgres/sources', 'redis/source', 'aws/backups'];
  const look = chunksOf('src/commands/status/look.ts', ...sources.map((source) => `src/data/${source}.ts`));
  const modules = loadedWith(look);
  expect(modules).toContain('node_modules/undici/lib/dispatcher/client-h1.js');
  expect(loadedWith(chunksOf('src/data/redis/client.ts'))).toContain('node_modules/ioredis/built/Redis.js');
  const spared =
    /undici\/(index\.js|lib\/(milo|mock|cache|interceptor|web\/(fetch\/index|websocket|cache|cookies)))|debug\/src|\/(ink|react|client-node\/dist\/gen)\//;
  expect(modules.filter((module) => spared.test(module))).toEqual([]);
});

const [looks, thread, screen] = await Promise.all([
  scriptNamed(build, 'once'),
  scriptNamed(build, 'status-thread'),
  scriptNamed(build, 'screen'),
]);

/** The modules of a script; what is imported and not used takes no byte. */
const modulesOf = ({ metafile }: typeof looks) =>
  Object.values(metafile.outputs).flatMap(({ inputs }) =>
    Object.keys(inputs).filter((module) => (inputs[module]?.bytesInOutput ?? 0) > 0),
  );

test('the script of status and the looks has all that they load, and nothing of other commands', () => {
  const modules = modulesOf(looks);
  const sources = ['kubernetes/sources', 'gateway/source', 'postgres/sources', 'redis/source', 'aws/backups'];
  expect(modules).toEqual(expect.arrayContaining(sources.map((source) => `src/data/${source}.ts`)));
  expect(modules).toContain('src/commands/look/run.ts');
  expect(modules.filter((module) => /\/(ink|react|yoga-layout)\/|^src\/screens\//.test(module))).toEqual([]);
});

test('the script of the screen has all that opens it, and nothing that asks a backend', () => {
  const modules = modulesOf(screen);
  const opened = loadedWith(chunksOf('src/commands/cockpit/run.ts', 'src/config/load.ts', 'src/actions/index.ts'));
  expect(opened.length).toBeGreaterThan(300);
  const known = Object.keys(screen.metafile.inputs);
  expect(opened.filter((module) => !known.includes(module) && /^src\//.test(module))).toEqual([]);
  expect(modules.filter((module) => /\/(ioredis|pg|undici|client-node|client-s3)\//.test(module))).toEqual([]);
});

test('a script is ASCII, imports nothing, and is named by its content', () => {
  for (const { contents } of [looks, thread, screen]) {
    expect(contents.length).toBeGreaterThan(1_000_000);
    expect(contents.every((byte) => byte < 0x80)).toBe(true);
    // Neither an import nor import.meta can be in one; it awaits.
    new Script(contents.toString('latin1'));
    // The name of the kept code: of another script another.
    expect(contents.subarray(-32)).not.toEqual(asScript(`${contents.toString('latin1')} `).subarray(-32));
  }
});

test('a script has nothing of a package that nobody uses', () => {
  // Of RDS these are loaded on demand: within one file esbuild would keep all of it.
  const text = looks.contents.toString('latin1');
  expect(text).toContain('DescribeDBClusterSnapshotsCommand');
  expect(text).not.toContain('CreateDBClusterParameterGroup');
});

test('a character beyond ASCII means the same in the script', async () => {
  const said = 'importMeta.said = [/^[•…]+$/.test("…•"), /^(?:🚨|💥)$/u.test("💥"), /µs/.test("µs"), "…"]';
  const meta = { said: [] };
  await new Script(asScript(said).toString('latin1')).runInThisContext()(undefined, meta);
  expect(meta.said).toEqual([true, true, true, '…']);
  expect(() => asScript('/\\•/')).toThrow('behind a backslash');
});

test('what is imported on demand has the names that are asked for', () => {
  // esbuild gives a package in CommonJS nothing but `default`.
  const onDemand = Object.values(outputs).flatMap(({ imports }) =>
    imports.flatMap(({ path, kind }) => (kind === 'dynamic-import' ? (outputs[path] ?? []) : [])),
  );
  expect(onDemand.find(({ exports }) => exports.includes('WebSocket'))?.entryPoint).toBe(
    'scripts/bundle/undici-whole.mjs',
  );
  const packages = onDemand.filter(({ entryPoint }) => entryPoint !== undefined && !entryPoint.startsWith('src/'));
  expect(packages.length).toBeGreaterThan(3);
  expect(packages.filter(({ exports }) => exports.join() === 'default').map(({ entryPoint }) => entryPoint)).toEqual(
    [],
  );
});

/** The packages of these entries and of all that they import; `lazily`: also of what they load when it is needed. */
function packagesOf(entries: readonly string[], lazily: boolean): ReadonlySet<string> {
  const files = new Set(Object.keys(outputs).filter((file) => entries.includes(outputs[file]?.entryPoint ?? '')));
  expect(files.size).toBe(entries.length);
  for (const file of files)
    for (const { path, kind } of outputs[file]?.imports ?? [])
      if ((lazily || kind === 'import-statement') && outputs[path]) files.add(path);
  const modules = [...files].flatMap((file) => Object.keys(outputs[file]?.inputs ?? {}));
  return new Set(modules.flatMap((module) => packageOf.exec(module)?.[1] ?? []));
}

// Each thread has a heap of its own: what both load is there twice, in each of twenty cockpits.
test('the engine’s thread never loads what draws, and the screen’s nothing that asks a backend', () => {
  const drawing = ['commander', 'fuzzysort', 'ink', 'ink-table', 'react', 'react-reconciler', 'yoga-layout', 'zustand'];
  const asking = ['@aws-sdk/client-s3', '@kubernetes/client-node', 'ioredis', 'pg', 'undici'];
  const screen = packagesOf(['src/cli.ts', 'src/commands/cockpit/run.ts', 'src/config/load.ts'], false);
  const engine = packagesOf(['src/engine/worker.ts'], true);
  expect(drawing.filter((each) => engine.has(each))).toEqual([]);
  expect(asking.filter((each) => screen.has(each))).toEqual([]);
  expect([drawing.filter((each) => !screen.has(each)), asking.filter((each) => !engine.has(each))]).toEqual([[], []]);
});

// Every cockpit looks at its start which actions cannot run from this machine.
test('whether a program is there is told without what runs one', () => {
  expect(packagesOf(['src/data/tools/preflight.ts'], true)).toContain('execa');
  expect(packagesOf(['src/data/tools/there.ts'], true)).not.toContain('execa');
});

test('the engine’s thread loads neither the client of Redis nor what follows logs before it asks them itself', () => {
  const sources = ['kubernetes/sources', 'gateway/source', 'postgres/sources', 'redis/source'];
  const modules = loadedWith(['out/worker.js', ...chunksOf(...sources.map((source) => `src/data/${source}.ts`))]);
  expect(modules).toContain('src/data/gateway/traffic.ts');
  expect(modules).toContain('src/data/redis/source.ts');
  const spared =
    /^(node_modules\/(@?ioredis|re2js)\/|src\/(data\/gateway\/(traffic-follower|access-log)|engine\/logs)\.ts)/;
  expect(modules.filter((module) => spared.test(module))).toEqual([]);
});

test('no import of node:http makes Node compile the undici that it carries', () => {
  const imports = Object.values(outputs).flatMap((chunk) =>
    chunk.imports.filter(({ path }) => /^(node:)?http$/.test(path)),
  );
  expect(imports.length).toBeGreaterThan(0);
  expect(imports.filter(({ kind }) => kind !== 'require-call')).toEqual([]);
});

test('a segmenter is made once, and only when a text is cut whose characters differ in width', async () => {
  // The package makes one of its own; the bundle loads it on demand.
  await import('string-width');
  const made = vi.spyOn(Intl, 'Segmenter');
  const { fit, fitMiddle, sanitize } = await import('../../src/core/text/text.ts');
  expect([fit('calm', 8), fitMiddle('calm', 8), sanitize('calm')]).toEqual(['calm    ', 'calm', 'calm']);
  expect(made).toHaveBeenCalledTimes(0);
  expect([fit('executor', 4), fit('● p95 ┤⣿⣿', 8)]).toEqual(['exe…', '● p95 ┤…']);
  expect(made).toHaveBeenCalledTimes(0);
  expect([fitMiddle('executor', 5), fit('日本語', 4)]).toEqual(['e…tor', '日… ']);
  expect(made).toHaveBeenCalledTimes(1);
});

test('no large chunk has a character beyond Latin-1: V8 would keep all of it in two bytes a character', () => {
  // esbuild escapes those of texts, not those of regular expressions.
  const large = built.outputFiles.filter(({ contents }) => contents.length > 100_000);
  expect(large.length).toBeGreaterThan(5);
  const wide = large.flatMap(({ path, text }) => {
    const [found] = /.{0,40}[^\u0000-\u00ff]/.exec(text) ?? [];
    return found === undefined ? [] : [[path.split('/').at(-1), found]];
  });
  expect(wide).toEqual([]);
});
