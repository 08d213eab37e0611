#!/usr/bin/env node
// The launcher, in CommonJS that any Node reads. If Node is too old, it restarts itself under the packaged one; then it
// turns on the compile cache and imports the bundle, or runs a script: of the screen, or of `status` and the looks.
'use strict';
const { existsSync, lstatSync, mkdirSync } = require('node:fs');
const { tmpdir } = require('node:os');
const path = require('node:path');

const oldestMajor = 22;
const root = path.join(__dirname, '..');
const bundle = path.join(root, 'dist', 'cli.js');
// The commands that look once and end have a script of their own.
const once = path.join(root, 'dist', 'once.cjs');
const screen = path.join(root, 'dist', 'screen.cjs');
const statusThread = path.join(root, 'dist', 'status-thread.cjs');
const looks = ['pods', 'sessions', 'statements', 'waits', 'keys', 'evidence', 'oncall', 'backups', 'study'];
const ofOneLook = new Set(['status', ...looks]);
const lifeline = 'BENTHAM_COCKPIT_LIFELINE';
// When the first process started, in milliseconds since 1970: --timeout counts from there.
const begun = 'BENTHAM_COCKPIT_BEGUN';
// Beside what bin/bentham-cockpit set for this process alone.
const allocator = 'BENTHAM_COCKPIT_ALLOCATOR';

function fail(message) {
  process.stderr.write(`bentham-cockpit: ${message}\n`);
  process.exit(3);
}

const isBroken = (error) => fail(error.stack ?? String(error));

function packagedNode() {
  const name = `node-${process.platform}-${process.arch}`;
  try {
    const file = require.resolve(`${name}/bin/node`, { paths: [root] });
    return existsSync(file) ? file : undefined;
  } catch {
    return undefined;
  }
}

// Node runs what it finds in its compile cache, so below a shared /tmp the cache has to belong to this user. --observe
// writes nothing, not even a cache.
function ownCache() {
  if (process.argv.includes('--observe')) return undefined;
  const place = path.join(tmpdir(), 'node-compile-cache');
  try {
    mkdirSync(place, { mode: 0o700 });
  } catch {
    // It exists already, or it cannot be created.
  }
  const found = lstatSync(place, { throwIfNoEntry: false });
  const isOwn = found?.isDirectory() && found.uid === (process.getuid?.() ?? found.uid) && (found.mode & 0o022) === 0;
  return isOwn ? place : undefined;
}

if (process.env[allocator])
  for (const name of [allocator, 'MALLOC_ARENA_MAX', 'MALLOC_TRIM_THRESHOLD_', 'MALLOC_MMAP_THRESHOLD_'])
    delete process.env[name];

if (!existsSync(bundle)) fail(`${bundle} is missing. Build it first: npm run build`);

if (Number(process.versions.node.split('.')[0]) < oldestMajor) {
  const node = packagedNode();
  if (!node)
    fail(
      `Node ${oldestMajor} or newer is required; this is ${process.version}, and no packaged Node for ` +
        `${process.platform}-${process.arch} is installed. Install Node ${oldestMajor}, or run npm ci without --omit=optional.`,
    );
  const { spawn } = require('node:child_process');
  const child = spawn(
    node,
    ['--min-semi-space-size=2', '--max-semi-space-size=4', __filename, ...process.argv.slice(2)],
    {
      // The fourth is a lifeline: it closes when this process ends, in any way.
      stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
      env: { ...process.env, [lifeline]: '3', [begun]: String(performance.timeOrigin) },
    },
  );
  // The terminal sends its signals to the whole group; signals to this process alone are passed on.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGCONT', 'SIGUSR2'])
    process.on(signal, () => signal !== 'SIGINT' && child.kill(signal));
  child.on('error', (error) => fail(`could not start ${node}: ${error.message}`));
  child.on('exit', (code, signal) => {
    if (!signal) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
} else {
  if (process.env[lifeline]) {
    delete process.env[lifeline];
    globalThis[Symbol.for(begun)] = Number(process.env[begun]);
    delete process.env[begun];
    const { Socket } = require('node:net');
    const line = new Socket({ fd: 3, readable: true, writable: false });
    line.on('error', () => {});
    line.on('close', () => process.kill(process.pid, 'SIGHUP'));
    line.resume();
    line.unref();
  }
  // Node resolves names and reads files in the same thread pool: a hanging name server must not delay the journal. The
  // pool has a thread for each backend, and some more.
  process.env.UV_THREADPOOL_SIZE ??= '24';
  const cache = ownCache();
  const [, , command] = process.argv;
  if (ofOneLook.has(command) && existsSync(once)) {
    const { runOnce, startThread } = require('./kept.cjs');
    if (command === 'status' && gainsByThread()) startThread(statusThread, cache);
    runOnce(once, command, cache).catch(isBroken);
  } else if (opensScreen(command) && existsSync(screen)) {
    require('./kept.cjs').runScreen(screen, cache).catch(isBroken);
  } else runBundle(cache);
}

/** The screen is what options alone open. What has no terminal prints the status, which its script does not have. */
function opensScreen(command = 'cockpit') {
  const { isatty } = require('node:tty');
  const isScreen = /^(?:cockpit|join|-.*[^-].*)$/.test(command);
  const onlyTells = process.argv.some((word) => /^(?:help|-h|--help|-V|--version)$/.test(word));
  return isScreen && !onlyTells && isatty(0) && isatty(1) && process.env.TERM !== 'dumb';
}

// Only beside another processor; and what does not look once starts none.
function gainsByThread() {
  const looksOnce = !process.argv.some((word) => /^(?:-h|--help|-w|--watch|--rollout(?:=.*)?)$/.test(word));
  return looksOnce && require('node:os').availableParallelism() > 1;
}

function runBundle(cache) {
  if (cache) require('node:module').enableCompileCache?.(cache);
  import(require('node:url').pathToFileURL(bundle).href).catch(isBroken);
}
