// Runs a script of dist/ with the code that was kept of it: `status` and the looks (once.cjs), and the screen (screen.cjs),
// whose start is mostly code that is compiled. Node's compile cache keeps of a module what it compiled before it ran; of a
// script V8 gives what has run, too, and that is kept here.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const { Script } = require('node:vm');
const { isMainThread, SHARE_ENV, Worker, workerData } = require('node:worker_threads');
const { crc32 } = require('node:zlib');

const second = 1000;
const hour = 3600 * second;
/** Kept code that nobody has used for so long, of a build before, is removed. */
const longUnused = 7 * 24 * hour;
/** When the screen's code is kept: its first data are there, and V8 has not forgotten yet what only a start runs. */
const screenStands = 5 * second;
/** Bytes of the checksum behind the code. */
const sumSize = 4;

/** Under this name src/commands/status/worker-client.ts finds the thread. */
const thread = Symbol.for('BENTHAM_COCKPIT_THREAD');

/**
 * Starts the thread that asks Kubernetes for `status`, before anything else is loaded. Where none can be started, the
 * first thread asks itself.
 * @param {string} file the script of the thread
 * @param {string | undefined} cache as for `runOnce`
 */
exports.startThread = function startThread(file, cache) {
  try {
    const worker = new Worker(__filename, { workerData: { file, cache }, env: SHARE_ENV });
    // Why it ended is of no use: who listens to it sees that it did, and asks itself.
    worker.on('error', () => {});
    globalThis[thread] = worker;
  } catch {
    // No more threads, or no memory for one.
  }
};

/**
 * Runs what looks once and ends; what it ran is kept then.
 * @param {string} file the script; its last line names its content
 * @param {string} command whose code is kept apart: each runs other parts
 * @param {string | undefined} cache a directory of this user alone, or none
 */
exports.runOnce = function runOnce(file, command, cache) {
  const { script, place, size, age } = load(file, command, cache);
  // What was kept is part of what is kept next: a run that came further adds to it.
  if (place && !(age < hour)) process.once('exit', () => keep(script, place, size));
  return run(script, file);
};

/**
 * Runs the screen. Its code is kept while it runs, where none is: at its end V8 has forgotten what only a start runs, and
 * what people did since would be read at each start.
 * @param {string} file as for `runOnce`
 * @param {string | undefined} cache as for `runOnce`
 */
exports.runScreen = function runScreen(file, cache) {
  const { script, place, size } = load(file, 'screen', cache);
  if (place && size === 0) setTimeout(() => keep(script, place, size), screenStands).unref();
  return run(script, file);
};

/**
 * The script, compiled as far as code of it was kept, of `size` bytes and `age` in ms; 0 and none where there is none.
 * `place`: where it is kept.
 */
function load(file, name, cache) {
  const text = fs.readFileSync(file, 'latin1');
  const kept = `bentham-cockpit-${name}-${process.version}-${process.arch}-${text.slice(-32)}`;
  const place = cache && path.join(cache, kept);
  const before = place && readKept(place);
  const script = new Script(text, { filename: file, cachedData: before?.code });
  const isGood = before !== undefined && !script.cachedDataRejected;
  return { script, place, size: isGood ? before.code.length : 0, age: isGood ? before.age : undefined };
}

const run = (script, file) => script.runInThisContext()(require, { url: pathToFileURL(file).href });

/** The code that was kept, and its age in ms; undefined where there is none. V8 would run what a disk has garbled. */
function readKept(place) {
  try {
    const bytes = fs.readFileSync(place);
    const code = bytes.subarray(0, -sumSize);
    if (bytes.readUInt32LE(code.length) !== crc32(code)) return undefined;
    return { code, age: Math.abs(Date.now() - fs.statSync(place).mtimeMs) };
  } catch {
    return undefined;
  }
}

/** Keeps the code if it is more than `size` bytes. To fail is no error: the next run compiles what it needs. */
function keep(script, place, size) {
  const half = `${place}.${process.pid}`;
  try {
    const code = script.createCachedData();
    if (code.length <= size) return fs.utimesSync(place, new Date(), new Date());
    const sum = Buffer.alloc(sumSize);
    sum.writeUInt32LE(crc32(code));
    fs.writeFileSync(half, Buffer.concat([code, sum]), { mode: 0o600, flag: 'wx' });
    fs.renameSync(half, place);
    removeUnused(place);
  } catch {
    fs.rmSync(half, { force: true });
  }
}

/** Of the same command, of other builds or other versions of Node. */
function removeUnused(place) {
  const [prefix] = /^bentham-cockpit-.*?-(?=v\d)/.exec(path.basename(place)) ?? [];
  for (const name of fs.readdirSync(path.dirname(place))) {
    const file = path.join(path.dirname(place), name);
    if (prefix && name.startsWith(prefix) && Date.now() - fs.statSync(file).mtimeMs > longUnused) fs.rmSync(file);
  }
}

if (!isMainThread) exports.runOnce(workerData.file, 'status-thread', workerData.cache);
