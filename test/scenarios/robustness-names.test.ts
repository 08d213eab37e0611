// A name server that hangs: the system's look-ups keep their threads for as long as it is asked again and again, and
// the program ends in its time all the same.
import { execFile, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { launcher } from '../support/drill.ts';

/** A resolv.conf of one's own takes a mount namespace, and so root. */
const may = process.getuid?.() === 0 && spawnSync('unshare', ['-m', 'true']).status === 0;

test.runIf(may)(
  'status ends before a second request, and names the hosts that were not found',
  async () => {
    const home = mkdtempSync(path.join(tmpdir(), 'bentham-names-'));
    const asked: string[] = [];
    const server = createSocket('udp4', (query) => asked.push(query.toString('hex')));
    await new Promise<void>((done) => server.bind(53, '127.0.0.77', done));
    const file = path.join(home, 'resolv.conf');
    writeFileSync(file, 'nameserver 127.0.0.77\noptions timeout:20 attempts:3\n');
    const script = `mount --bind '${file}' /etc/resolv.conf && exec '${process.execPath}' '${launcher}' status --timeout 3`;
    const env = { PATH: process.env.PATH ?? '', HOME: home, AWS_REGION: 'eu-west-1' };
    const ended = await new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) =>
      execFile('unshare', ['-m', 'sh', '-c', script], { env }, (error, stdout, stderr) =>
        resolve({ code: error?.code ?? 0, stdout, stderr }),
      ),
    );
    server.close();
    rmSync(home, { recursive: true, force: true });
    expect(ended).toMatchObject({ code: 3, stderr: '' });
    expect(ended.stdout).toMatch(/\? primary +(timed out|no answer)/);
    expect(ended.stdout).toMatch(/\? redis +(timed out|no answer)/);
    expect(asked.length).toBeGreaterThan(0);
    expect(new Set(asked).size).toBe(asked.length);
  },
  90_000,
);

test.runIf(!may)('skipped without root and a mount namespace: a hanging name server', () => {
  expect(may).toBe(false);
});
