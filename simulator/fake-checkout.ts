// A stand-in of the Bentham checkout: package.json with the runbook's scripts, scripts/db-failover.sh, the manifests, and
// a small pnpm, since the real one may not be installed.
import { constants } from 'node:fs';
import { access, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { stringify } from 'yaml';
import type { Control } from './control-api.ts';
import { benthamSeeds, manifestOf, nextRelease } from './kubernetes/bentham.ts';
import { runbookLayout } from './kubernetes/layout.ts';
import type { Conditions } from './scenario.ts';

export type Checkout = {
  /** BENTHAM_ADMIN_DIRECTORY. */
  directory: string;
  /** BENTHAM_ADMIN_COMMAND: the small pnpm. */
  pnpm: string;
  /** BENTHAM_ADMIN_KUBECTL: the small kubectl, where the machine has none. */
  kubectl?: string;
};

const scripts = {
  'admin:apikey': 'node scripts/admin.mjs apikey',
  'admin:surface': 'node scripts/admin.mjs surface',
  'admin:sessions': 'node scripts/admin.mjs sessions',
  'test:surface': 'node scripts/admin.mjs test-surface',
  build: 'node scripts/admin.mjs build',
  test: 'node scripts/admin.mjs test',
};

// Sends the command to the drill, prints its answer and exits with its code. The environment of a command is clean: the
// drill's address is in a file that only its owner can read.
const admin = `import { readFileSync } from 'node:fs';
const { url, token } = JSON.parse(readFileSync(new URL('./drill.json', import.meta.url), 'utf8'));
const answer = await fetch(url, {
  method: 'POST',
  headers: { authorization: 'Bearer ' + token, 'content-type': 'application/json' },
  body: JSON.stringify(process.argv.slice(2)),
});
const { lines, exitCode } = await answer.json();
for (const line of lines) (exitCode === 0 ? process.stdout : process.stderr).write(line + '\\n');
process.exitCode = exitCode;
`;

// pnpm [run] [-s] SCRIPT ARGUMENTS…, for scripts that run node with a file.
const pnpm = `const { readFileSync } = require('node:fs');
const { spawn } = require('node:child_process');
const fail = (text) => { process.stderr.write(text + '\\n'); process.exit(1); };
let argv = process.argv.slice(2);
const silent = argv.some((one) => one === '-s' || one === '--silent');
while (argv[0] === 'run' || argv[0] === '-s' || argv[0] === '--silent') argv = argv.slice(1);
const [name, ...rest] = argv;
if (name === '--version' || name === '-v') { process.stdout.write('10.22.0\\n'); process.exit(0); }
let manifest;
try { manifest = JSON.parse(readFileSync('package.json', 'utf8')); }
catch { fail(' ERR_PNPM_NO_IMPORTER_MANIFEST_FOUND  No package.json was found in "' + process.cwd() + '".'); }
const script = name && manifest.scripts && manifest.scripts[name];
if (!script) fail(' ERR_PNPM_NO_SCRIPT  Missing script: ' + (name || ''));
if (!silent) process.stdout.write('\\n> ' + manifest.name + '@' + manifest.version + ' ' + name + ' ' + process.cwd() + '\\n> ' + script + '\\n\\n');
const child = spawn(process.execPath, script.split(' ').slice(1).concat(rest), { stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code) => {
  if (code) process.stderr.write(' ELIFECYCLE  Command failed with exit code ' + code + '.\\n');
  process.exit(code === null ? 1 : code);
});
`;

// Hands on what it was called with, and prints each line as it comes.
const kubectl = `const { createInterface } = require('node:readline');
const { Readable } = require('node:stream');
const { readFileSync } = require('node:fs');
const { url, token } = JSON.parse(readFileSync(__dirname + '/drill.json', 'utf8'));
const fail = (error) => { process.stderr.write('The connection to the drill was lost: ' + error.message + '\\n'); process.exit(3); };
const body = JSON.stringify({ argv: process.argv.slice(2), directory: process.cwd(), kubeconfig: process.env.KUBECONFIG || '' });
fetch(url, { method: 'POST', headers: { authorization: 'Bearer ' + token, 'content-type': 'application/json' }, body })
  .then(async (answer) => {
    for await (const text of createInterface({ input: Readable.fromWeb(answer.body) })) {
      const { line, exitCode } = JSON.parse(text);
      if (line !== undefined) process.stdout.write(line + '\\n');
      if (exitCode !== undefined) process.exitCode = exitCode;
    }
  })
  .catch(fail);
`;

const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

/** Whether a program is on a search path such as PATH. */
async function isOn(search: string | undefined, name: string): Promise<boolean> {
  const tries = (search ?? '')
    .split(path.delimiter)
    .map((place) => access(path.join(place || '.', name), constants.X_OK));
  return (await Promise.allSettled(tries)).some(({ status }) => status === 'fulfilled');
}

/** The platform's own checkout has neither the runbook's admin commands nor its scripts and manifests. */
const bareScripts = { build: scripts.build, test: scripts.test };

/** Writes it all below `root`; `bare`: without what only the runbook names. A machine without kubectl on `search` gets a small one. */
export async function writeCheckout(
  root: string,
  control: Pick<Control, 'url' | 'kubectlUrl' | 'token'>,
  conditions: Conditions,
  { bare = false, search = process.env.PATH }: { bare?: boolean; search?: string | undefined } = {},
): Promise<Checkout> {
  const directory = path.join(root, 'bentham');
  const bin = path.join(root, 'bin');
  const write = async (file: string, text: string, mode = 0o644) => {
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, text, { mode });
  };
  const node = quoted(process.execPath);
  await write(
    path.join(directory, 'package.json'),
    `${JSON.stringify({ name: 'bentham', version: '2026.11.3', private: true, scripts: bare ? bareScripts : scripts }, undefined, 2)}\n`,
  );
  await write(
    path.join(directory, 'scripts/drill.json'),
    JSON.stringify({ url: control.url, token: control.token }),
    0o600,
  );
  await write(path.join(directory, 'scripts/admin.mjs'), admin);
  if (!bare) await writeRunbookFiles(directory, write, conditions);
  await write(path.join(bin, 'pnpm.cjs'), pnpm);
  await write(path.join(bin, 'pnpm'), `#!/bin/sh\nexec ${node} "$(dirname "$0")/pnpm.cjs" "$@"\n`, 0o755);
  const pnpmFile = path.join(bin, 'pnpm');
  if (await isOn(search, 'kubectl')) return { directory, pnpm: pnpmFile };
  await write(path.join(bin, 'drill.json'), JSON.stringify({ url: control.kubectlUrl, token: control.token }), 0o600);
  await write(path.join(bin, 'kubectl.cjs'), kubectl);
  await write(path.join(bin, 'kubectl'), `#!/bin/sh\nexec ${node} "$(dirname "$0")/kubectl.cjs" "$@"\n`, 0o755);
  return { directory, pnpm: pnpmFile, kubectl: path.join(bin, 'kubectl') };
}

type Write = (file: string, text: string, mode?: number) => Promise<void>;

/** What the runbook names beside its admin commands: the failover script and the manifests. */
async function writeRunbookFiles(directory: string, write: Write, conditions: Conditions): Promise<void> {
  const node = quoted(process.execPath);
  await write(
    path.join(directory, 'scripts/db-failover.sh'),
    `#!/bin/sh\n# Promotes the replica to primary. Irreversible.\nset -eu\nexec ${node} "$(dirname "$0")/admin.mjs" failover "$@"\n`,
    0o755,
  );
  for (const [folder, namespace] of [
    ['staging', runbookLayout.staging],
    ['production', runbookLayout.production],
  ] as const) {
    for (const seed of benthamSeeds(conditions.deployments).filter((one) => one.namespace === namespace)) {
      const manifest = manifestOf(seed, nextRelease(seed));
      await write(path.join(directory, 'k8s', folder, `${seed.name}.yaml`), stringify(manifest));
    }
  }
}
