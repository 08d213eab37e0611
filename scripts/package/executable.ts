// One file that needs nothing: the packaged Node, with the bundle inside (Node's single executable application).
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { inject } from 'postject';
import { bundleOptions } from '../bundle/options.mjs';

const run = promisify(execFile);

/** Where Node looks whether something was put into it (`node --help` of the 24 line). */
const fuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

export const architectures = ['x64', 'arm64'] as const;
export type Architecture = (typeof architectures)[number];

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Writes what goes into the executable and says what it is: `id` names the build by its content. */
async function makeBlob(work: string, node: string): Promise<string> {
  const bundle = path.join(work, 'bundle');
  await mkdir(bundle, { recursive: true });
  const built = await build(bundleOptions({ outdir: bundle, packaged: true }));
  const parts = new Map<string, Uint8Array>(
    built.outputFiles.map(({ path: file, contents }) => [path.relative(bundle, file), contents]),
  );
  parts.set('package.json', Buffer.from('{"type":"module"}\n'));
  parts.set('import.cjs', Buffer.from('exports.importBundle = (url) => import(url);\n'));
  const files = [...parts]
    .map(([file, bytes]) => ({ file, hash: sha256(bytes) }))
    .sort((a, b) => (a.file < b.file ? -1 : 1));
  const id = sha256(Buffer.from(JSON.stringify(files))).slice(0, 16);
  await Promise.all([...parts].map(([file, bytes]) => writeFile(path.join(bundle, file), bytes)));
  const manifest = path.join(work, 'manifest.json');
  await writeFile(manifest, JSON.stringify({ id, files }));
  const blob = path.join(work, 'bundle.blob');
  const config = path.join(work, 'sea.json');
  // The blob holds the path of its main file as it is given: a relative one is the same wherever it is built.
  await copyFile('bin/packaged.cjs', path.join(work, 'packaged.cjs'));
  const assets = Object.fromEntries(files.map(({ file }) => [file, path.join(bundle, file)]));
  await writeFile(
    config,
    JSON.stringify({
      main: 'packaged.cjs',
      output: blob,
      disableExperimentalSEAWarning: true,
      // As in bin/bentham-cockpit.
      execArgv: ['--min-semi-space-size=2', '--max-semi-space-size=4'],
      assets: { ...assets, 'manifest.json': manifest },
    }),
  );
  await run(node, ['--experimental-sea-config', config], { cwd: work });
  return blob;
}

/** Node as npm packages it for this architecture, from the registry where it is not installed. */
async function nodeFor(architecture: Architecture, work: string): Promise<string> {
  const name = `node-linux-${architecture}`;
  const installed = path.resolve('node_modules', name, 'bin', 'node');
  if (await readFile(path.join(installed, '../../package.json')).catch(() => undefined)) return installed;
  const { optionalDependencies } = JSON.parse(await readFile('package.json', 'utf8'));
  const lock = JSON.parse(await readFile('package-lock.json', 'utf8'));
  const { stdout } = await run('npm', [
    'pack',
    '--silent',
    '--pack-destination',
    work,
    `${name}@${optionalDependencies[name]}`,
  ]);
  const archive = path.join(work, stdout.trim());
  const integrity = `sha512-${createHash('sha512')
    .update(await readFile(archive))
    .digest('base64')}`;
  if (lock.packages[`node_modules/${name}`]?.integrity !== integrity)
    throw new Error(`${name} is not what package-lock.json says: ${integrity}`);
  const unpacked = path.join(work, name);
  await mkdir(unpacked, { recursive: true });
  await run('tar', ['-xzf', archive, '-C', unpacked]);
  return path.join(unpacked, 'package', 'bin', 'node');
}

/** Makes the executables of these architectures in `out`; returns their paths. The same sources give the same bytes. */
export async function makeExecutables(
  out: string,
  work: string,
  wanted: readonly Architecture[],
): Promise<ReadonlyMap<Architecture, string>> {
  const here = await nodeFor(process.arch === 'arm64' ? 'arm64' : 'x64', work);
  const blob = await readFile(await makeBlob(work, here));
  const made = new Map<Architecture, string>();
  for (const architecture of wanted) {
    const file = path.join(out, `bentham-cockpit-linux-${architecture}`);
    await copyFile(await nodeFor(architecture, work), file);
    await inject(file, 'NODE_SEA_BLOB', blob, { sentinelFuse: fuse });
    await chmod(file, 0o755);
    made.set(architecture, file);
  }
  return made;
}
