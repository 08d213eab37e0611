#!/usr/bin/env node
// The launcher. Plain CommonJS that any Node reads: where the Node on PATH is too old it starts itself again under
// the packaged one, turns on the compile cache and imports the bundle.
'use strict';
const { existsSync, lstatSync, mkdirSync } = require('node:fs');
const { tmpdir } = require('node:os');
const path = require('node:path');

const oldestMajor = 22;
const root = path.join(__dirname, '..');
const bundle = path.join(root, 'dist', 'cli.js');
const lifeline = 'BENTHAM_COCKPIT_LIFELINE';
// When whoever waits began to wait, in milliseconds since 1970: for --timeout.
const begun = 'BENTHAM_COCKPIT_BEGUN';

function fail(message) {
  process.stderr.write(`bentham-cockpit: ${message}\n`);
  process.exit(3);
}

function packagedNode() {
  const name = `node-${process.platform}-${process.arch}`;
  try {
    const file = require.resolve(`${name}/bin/node`, { paths: [root] });
    return existsSync(file) ? file : undefined;
  } catch {
    return undefined;
  }
}

// Node runs what it finds in its compile cache: below a /tmp that all share, it has to be this user's own. Whoever only
// observes writes nothing, no cache either.
function ownCache() {
  if (process.argv.includes('--observe')) return undefined;
  const place = path.join(tmpdir(), 'node-compile-cache');
  try {
    mkdirSync(place, { mode: 0o700 });
  } catch {
    // It is there already, or it cannot be.
  }
  const found = lstatSync(place, { throwIfNoEntry: false });
  const isOwn = found?.isDirectory() && found.uid === (process.getuid?.() ?? found.uid) && (found.mode & 0o022) === 0;
  return isOwn ? place : undefined;
}

if (!existsSync(bundle)) fail(`${bundle} is missing. Build it first: npm run build`);

if (Number(process.versions.node.split('.')[0]) < oldestMajor) {
  const node = packagedNode();
  if (!node)
    fail(
      `needs Node ${oldestMajor} or newer; this is ${process.version}, and no packaged Node for ` +
        `${process.platform}-${process.arch} is installed. Install Node ${oldestMajor}, or run npm ci without --omit=optional.`,
    );
  const { spawn } = require('node:child_process');
  const child = spawn(node, [__filename, ...process.argv.slice(2)], {
    // The fourth is a lifeline: it ends with this process, whatever ends it.
    stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
    env: { ...process.env, [lifeline]: '3', [begun]: String(performance.timeOrigin) },
  });
  // The terminal sends its signals to the whole group; the ones sent to this process alone are handed on.
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
  // Names are looked up and files are read by the same few threads: a name server that hangs must not hold up the
  // journal. As many as there are backends, and some to spare.
  process.env.UV_THREADPOOL_SIZE ??= '24';
  const cache = ownCache();
  if (cache) require('node:module').enableCompileCache?.(cache);
  import(require('node:url').pathToFileURL(bundle).href).catch((error) => fail(error.stack ?? String(error)));
}
