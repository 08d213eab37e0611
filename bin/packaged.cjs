// The launcher of the single executable (npm run package), in CommonJS as Node requires it there. It unpacks the bundle
// once into a private cache directory, checks every file against the manifest, and imports it. Without a directory that it
// can use, it unpacks into a temporary one and removes it at the end.
'use strict';
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const { createRequire, enableCompileCache } = require('node:module');
const { homedir, tmpdir } = require('node:os');
const path = require('node:path');
const { getAsset, getRawAsset } = require('node:sea');
const { pathToFileURL } = require('node:url');

const name = 'bentham-cockpit';
/** Its name, the build's identity and, for each file of the bundle, the SHA-256. */
const { id, files } = JSON.parse(getAsset('manifest.json', 'utf8'));
const uid = process.getuid?.();

/** Makes one directory. Not `recursive`: Node never returns from that below /proc, and a missing home stays missing. */
function make(directory) {
  try {
    fs.mkdirSync(directory, { mode: 0o700 });
  } catch {
    // It exists already, or it cannot be created.
  }
}

/** A directory of this user alone; made if it is missing. */
function own(directory) {
  try {
    make(directory);
    const found = fs.lstatSync(directory);
    if (!found.isDirectory() || found.uid !== (uid ?? found.uid) || (found.mode & 0o077) !== 0) return false;
    fs.accessSync(directory, fs.constants.W_OK | fs.constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** Whether every file is there, belongs to this user, and is what the manifest says. */
function isWhole(directory) {
  try {
    if (!own(directory)) return false;
    return files.every(({ file, hash }) => {
      const at = fs.openSync(path.join(directory, file), fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW);
      try {
        const found = fs.fstatSync(at);
        if (!found.isFile() || found.uid !== (uid ?? found.uid) || (found.mode & 0o022) !== 0) return false;
        return sha256(fs.readFileSync(at)) === hash;
      } finally {
        fs.closeSync(at);
      }
    });
  } catch {
    return false;
  }
}

function write(directory) {
  for (const { file } of files)
    fs.writeFileSync(path.join(directory, file), Buffer.from(getRawAsset(file)), { flag: 'wx', mode: 0o600 });
  // The nearest package.json decides how Node reads a .js file.
  return directory;
}

/** The bundle in the cache; undefined where the cache cannot be used. A start beside this one may be the first. */
function cached() {
  const home = process.env.HOME ?? homedir();
  const base = process.env.XDG_CACHE_HOME?.startsWith('/') ? process.env.XDG_CACHE_HOME : path.join(home, '.cache');
  const mine = path.join(base, name);
  const directory = path.join(mine, id);
  if (fs.existsSync(directory) && isWhole(directory)) return directory;
  // --observe writes nothing that stays.
  if (process.argv.includes('--observe')) return undefined;
  make(base);
  if (!own(mine)) return undefined;
  const draft = fs.mkdtempSync(path.join(mine, `unpacking-${process.pid}-`));
  try {
    write(draft);
    if (fs.existsSync(directory)) fs.renameSync(directory, `${draft}-damaged`);
    fs.renameSync(draft, directory);
  } catch (error) {
    // Another start was quicker.
    if (!isWhole(directory)) throw error;
  } finally {
    for (const left of [draft, `${draft}-damaged`]) fs.rmSync(left, { recursive: true, force: true });
  }
  removeOlder(mine);
  return isWhole(directory) ? directory : undefined;
}

/** Builds that were not used for thirty days, and what a start that was killed has unpacked. */
function removeOlder(mine) {
  const old = Date.now() - 30 * 24 * 3600 * 1000;
  for (const other of fs.readdirSync(mine)) {
    const at = path.join(mine, other);
    const [, pid] = /^unpacking-(\d+)-/.exec(other) ?? [];
    const isLeft = pid && !fs.existsSync(`/proc/${pid}`);
    if (isLeft || (other !== id && fs.lstatSync(at).mtimeMs < old)) fs.rmSync(at, { recursive: true, force: true });
  }
}

/** Unpacked for this run only; what a run left that was killed is removed by the next one. */
function temporary() {
  for (const base of ['/dev/shm', tmpdir()]) {
    try {
      for (const other of fs.readdirSync(base)) {
        const [, pid] = /^bentham-cockpit-run-(\d+)-/.exec(other) ?? [];
        const at = path.join(base, other);
        if (pid && fs.lstatSync(at).uid === uid && !fs.existsSync(`/proc/${pid}`))
          fs.rmSync(at, { recursive: true, force: true });
      }
      const directory = write(fs.mkdtempSync(path.join(base, `${name}-run-${process.pid}-`)));
      process.on('exit', () => fs.rmSync(directory, { recursive: true, force: true }));
      return directory;
    } catch {
      // Not there, not writable, or full.
    }
  }
  return undefined;
}

function place() {
  try {
    const directory = cached();
    if (directory) return { directory, stays: true };
  } catch {
    // A full disk, a home directory that is not there.
  }
  const directory = temporary();
  return directory && { directory, stays: false };
}

const found = place();
if (!found) {
  process.stderr.write(
    `${name}: needs a directory to unpack itself into: none of $XDG_CACHE_HOME, ~/.cache, /dev/shm and ${tmpdir()} is writable\n`,
  );
  process.exit(3);
}
const { directory, stays } = found;
// As in bin/bentham-cockpit.cjs: a hanging name server must not delay the journal.
process.env.UV_THREADPOOL_SIZE ??= '24';
if (stays && !process.argv.includes('--observe')) enableCompileCache?.(path.join(directory, 'compiled'));
// An executable's own import() knows Node's modules only.
const { importBundle } = createRequire(path.join(directory, 'package.json'))('./import.cjs');
importBundle(pathToFileURL(path.join(directory, 'cli.js')).href).catch((error) => {
  process.stderr.write(`${name}: ${error.stack ?? error}\n`);
  process.exit(3);
});
