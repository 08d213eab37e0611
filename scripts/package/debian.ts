// The Debian package, made by Debian's own tool.
import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import about from '../../package.json' with { type: 'json' };
import { scripts } from '../../src/commands/completion/scripts.ts';
import { exampleConfiguration } from '../../src/config/example.ts';
import type { Architecture } from './executable.ts';
import { manualPage } from './manual-page.ts';

const run = promisify(execFile);

export const debianArchitecture: Readonly<Record<Architecture, string>> = { x64: 'amd64', arm64: 'arm64' };

/** For a status bar: writes the line to $XDG_RUNTIME_DIR twice a minute; each check asks the gateway's health. */
const service = `[Unit]
Description=Bentham's status as one line, in %t/bentham-cockpit.status
Documentation=man:bentham-cockpit(1)

[Service]
Type=oneshot
ExecStart=/usr/bin/bentham-cockpit status --line
StandardOutput=truncate:%t/bentham-cockpit.status
SuccessExitStatus=1 2 3
TimeoutStartSec=25
`;

const timer = `[Unit]
Description=Bentham's status as one line, twice a minute

[Timer]
OnActiveSec=1
OnUnitInactiveSec=30
AccuracySec=1

[Install]
WantedBy=timers.target
`;

const copyright = `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: bentham-cockpit

Files: *
Copyright: the Bentham team
License: proprietary
 Not for distribution. The executable contains Node.js and the packages that
 bill-of-materials.json names, each with its license.
`;

/** How a file of a package is stored. */
const zipped = (text: string): Buffer => {
  const bytes = gzipSync(text, { level: 9 });
  // The operating system that made it: the same everywhere.
  bytes[9] = 255;
  return bytes;
};

type Made = {
  executable: string;
  architecture: Architecture;
  bill: string;
  /** dpkg-deb's options; a test does not compress. */
  compression?: readonly string[];
};

/** Makes the package in `out` from an executable; returns its path. `epoch`: seconds since 1970 of every file in it. */
export async function makeDebianPackage(
  out: string,
  work: string,
  epoch: number,
  { executable, architecture, bill, compression = ['-Zxz', '-z6'] }: Made,
): Promise<string> {
  const root = path.join(work, `deb-${architecture}`);
  const put = async (file: string, contents: string | Buffer) => {
    const at = path.join(root, file);
    await mkdir(path.dirname(at), { recursive: true, mode: 0o755 });
    await writeFile(at, contents, { mode: 0o644 });
  };
  const share = 'usr/share';
  await put(`${share}/man/man1/bentham-cockpit.1.gz`, zipped(manualPage()));
  await put(`${share}/bash-completion/completions/bentham-cockpit`, scripts.bash);
  await put(`${share}/zsh/vendor-completions/_bentham-cockpit`, scripts.zsh);
  await put(`${share}/fish/vendor_completions.d/bentham-cockpit.fish`, scripts.fish);
  await put('usr/lib/systemd/user/bentham-cockpit-status.service', service);
  await put('usr/lib/systemd/user/bentham-cockpit-status.timer', timer);
  await put(`${share}/doc/bentham-cockpit/copyright`, copyright);
  await put(`${share}/doc/bentham-cockpit/changelog.gz`, zipped(await readFile('CHANGELOG.md', 'utf8')));
  await put(`${share}/doc/bentham-cockpit/bill-of-materials.json`, bill);
  await put(`${share}/doc/bentham-cockpit/examples/config.yaml`, exampleConfiguration());
  await put(`${share}/doc/bentham-cockpit/examples/commands.yaml`, await exampleCommands());
  await mkdir(path.join(root, 'usr/bin'), { recursive: true });
  const program = path.join(root, 'usr/bin/bentham-cockpit');
  await copyFile(executable, program);
  await chmod(program, 0o755);
  const size = Math.ceil((await bytesBelow(root)) / 1024);
  await put(
    'DEBIAN/control',
    `Package: bentham-cockpit
Version: ${about.version}
Architecture: ${debianArchitecture[architecture]}
Maintainer: the Bentham team <oncall@bentham.io>
Installed-Size: ${size}
Depends: libc6 (>= 2.28), libstdc++6, libgcc-s1
Recommends: ca-certificates
Suggests: kubernetes-client, tmux
Section: admin
Priority: optional
Description: screen for Bentham's on-call engineers
 Live panes for pods, health, metrics, surfaces and studies, the runbook's
 checklists, and its actions behind confirmations, recorded in a journal.
`,
  );
  const file = path.join(out, `bentham-cockpit_${about.version}_${debianArchitecture[architecture]}.deb`);
  await run('dpkg-deb', ['--root-owner-group', ...compression, '--build', root, file], {
    // One thread: the number of blocks, and so the bytes, do not depend on the machine.
    env: { ...process.env, SOURCE_DATE_EPOCH: String(epoch), DPKG_DEB_THREADS_MAX: '1' },
  });
  return file;
}

/** The examples of the manual, whose validity a test proves. */
async function exampleCommands(): Promise<string> {
  const manual = await readFile('docs/own-commands.md', 'utf8');
  const [, examples = ''] = /```yaml\n([\s\S]*?)```/.exec(manual) ?? [];
  return `# Commands of your own: copy what you need to ~/.config/bentham-cockpit/commands.yaml.\n${examples}`;
}

async function bytesBelow(root: string): Promise<number> {
  const names = await readdir(root, { recursive: true });
  const sizes = await Promise.all(names.map((name) => stat(path.join(root, name))));
  return sizes.reduce((sum, found) => sum + (found.isFile() ? found.size : 0), 0);
}
