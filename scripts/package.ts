// Makes what is installed elsewhere, in packages/: single executables, Debian packages, an image's definition, the bill of
// materials, and the sums of all of them. The same commit gives the same bytes.
//   npm run package              for linux-x64 and linux-arm64
//   npm run package x64          for one of them
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { privateDirectory } from '../src/disk/private-directory.ts';
import { commitOf } from './bundle/options.mjs';
import { billOfMaterials } from './package/bill-of-materials.ts';
import { makeDebianPackage } from './package/debian.ts';
import { type Architecture, architectures, makeExecutables } from './package/executable.ts';
import { containerfile } from './package/image.ts';

const run = promisify(execFile);
const out = path.resolve('packages');

function isArchitecture(text: string): text is Architecture {
  return (architectures as readonly string[]).includes(text);
}

// The modes in the packages are those of their files, whatever the shell is set to.
process.umask(0o022);

const asked = process.argv.slice(2);
const unknown = asked.find((word) => !isArchitecture(word));
if (unknown !== undefined) throw new Error(`no architecture ${unknown}: ${architectures.join(', ')}`);
const wanted = asked.length > 0 ? asked.filter(isArchitecture) : architectures;

const work = await privateDirectory('package');
try {
  await rm(out, { recursive: true, force: true });
  await mkdir(out);
  const { stdout } = await run('git', ['log', '-1', '--format=%ct']).catch(() => ({ stdout: '0' }));
  const epoch = Number(process.env.SOURCE_DATE_EPOCH ?? stdout.trim());
  const commit = commitOf();
  const bill = await billOfMaterials(commit, epoch);
  await writeFile(path.join(out, 'bill-of-materials.json'), bill);
  await writeFile(path.join(out, 'Containerfile'), containerfile(commit, epoch));
  const hasDpkg = await run('dpkg-deb', ['--version']).then(
    () => true,
    () => false,
  );
  if (!hasDpkg) process.stderr.write('dpkg-deb is not installed: no Debian packages\n');
  for (const [architecture, executable] of await makeExecutables(out, work, wanted))
    if (hasDpkg) await makeDebianPackage(out, work, epoch, { executable, architecture, bill });
  const sums: string[] = [];
  for (const file of (await readdir(out)).sort()) {
    const hash = createHash('sha256')
      .update(await readFile(path.join(out, file)))
      .digest('hex');
    sums.push(`${hash}  ${file}\n`);
  }
  await writeFile(path.join(out, 'SHA256SUMS'), sums.join(''));
  process.stdout.write(sums.join(''));
} finally {
  await rm(work, { recursive: true, force: true });
}
