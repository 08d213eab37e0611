// Runs dist/once.cjs: `status` and the looks, whose time is mostly code that is compiled. Node's compile cache keeps of a
// module what it compiled before it ran; of a script V8 gives what has run, too, and that is kept here.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { Script } = require('node:vm');
const { isMainThread, SHARE_ENV, Worker, workerData } = require('node:worker_threads');
const { crc32 } = require('node:zlib');

const hour = 3_600_000;
/** Kept code that nobody has used for so long, of a build before, is removed. */
const longUnused = 7 * 24 * hour;
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
 * @param {string} file the script; its last line names its content
 * @param {string} command whose code is kept apart: each runs other parts
 * @param {string | undefined} cache a directory of this user alone, or none
 */
exports.runOnce = function runOnce(file, command, cache) {
  const text = fs.readFileSync(file, 'latin1');
  const prefix = `bentham-cockpit-${command}-`;
  const kept = cache && path.join(cache, `${prefix}${process.version}-${process.arch}-${text.slice(-32)}`);
  const before = kept && readKept(kept);
  const head = '(function (require, module, exports) {';
  const script = new Script(`${head}${text}\n})`, {
    filename: file,
    columnOffset: -head.length,
    cachedData: before?.code,
  });
  const isGood = before !== undefined && !script.cachedDataRejected;
  // What was kept is part of what is kept next: a run that came further adds to it.
  if (kept && !(isGood && before.age < hour))
    process.once('exit', () => keep(script, kept, isGood ? before.code.length : 0, prefix));
  const module = { exports: {} };
  script.runInThisContext()(require, module, module.exports);
};

/** The code that was kept, and its age in ms; undefined where there is none. V8 would run what a disk has garbled. */
function readKept(kept) {
  try {
    const bytes = fs.readFileSync(kept);
    const code = bytes.subarray(0, -sumSize);
    if (bytes.readUInt32LE(code.length) !== crc32(code)) return undefined;
    return { code, age: Math.abs(Date.now() - fs.statSync(kept).mtimeMs) };
  } catch {
    return undefined;
  }
}

/** Keeps the code if it is more than `size` bytes. To fail is no error: the next run compiles what it needs. */
function keep(script, kept, size, prefix) {
  const half = `${kept}.${process.pid}`;
  try {
    const code = script.createCachedData();
    if (code.length <= size) return fs.utimesSync(kept, new Date(), new Date());
    const sum = Buffer.alloc(sumSize);
    sum.writeUInt32LE(crc32(code));
    fs.writeFileSync(half, Buffer.concat([code, sum]), { mode: 0o600, flag: 'wx' });
    fs.renameSync(half, kept);
    removeUnused(path.dirname(kept), prefix);
  } catch {
    fs.rmSync(half, { force: true });
  }
}

function removeUnused(place, prefix) {
  for (const name of fs.readdirSync(place)) {
    const file = path.join(place, name);
    if (name.startsWith(prefix) && Date.now() - fs.statSync(file).mtimeMs > longUnused) fs.rmSync(file);
  }
}

if (!isMainThread) exports.runOnce(workerData.file, 'status-thread', workerData.cache);
