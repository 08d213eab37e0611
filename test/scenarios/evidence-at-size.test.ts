// A bucket of a hundred thousand objects through the real screen: it says that it asks, can be left meanwhile, and one
// comes back to where one stood.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type S3, startS3 } from '../../simulator/s3/s3.ts';
import { nowhere, TerminalUnderTest } from '../support/terminal.ts';

const home = mkdtempSync(path.join(tmpdir(), 'bentham-evidence-'));
let s3: S3;
let terminal: TerminalUnderTest;

beforeAll(async () => {
  s3 = await startS3({ objects: 100_000 });
  terminal = new TerminalUnderTest({
    environment: {
      ...nowhere(home),
      AWS_ENDPOINT_URL: s3.url,
      AWS_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: s3.accessKeyId,
      AWS_SECRET_ACCESS_KEY: s3.secretAccessKey,
    },
  });
});
afterAll(async () => {
  await terminal?.close();
  await s3?.stop();
  rmSync(home, { recursive: true, force: true });
});

const open = async () => {
  await terminal.type(':').shows('commands');
  await terminal.type('evidence').settles();
  await terminal.press('enter').shows('EVIDENCE');
};

test('a long list shows its progress, can be left meanwhile, and keeps the selected row', async () => {
  await terminal.shows('1 HEALTH');
  // It goes with the last page.
  await Promise.all([terminal.shows(/EVIDENCE[\s\S]*loading …/), open()]);
  await terminal.press('esc').shows('1 HEALTH');
  await open();
  await terminal.shows(/\d\d\d \d\d\d objects/, 60_000);
  expect(terminal.text).toMatch(/▌\S+/);
  await terminal.press('G').shows(/ (\d+)\/\1\b/);
  await terminal.press('k', 'k', 'k').settles();
  const [stood] = /▌(\S+)/.exec(terminal.text) ?? [];
  expect(stood).toBeDefined();
  await terminal.press('enter').shows(/VERSIONS|versions/);
  await terminal.press('esc').shows(stood ?? '');
  // The filter finds one of them by its name, and lets go of it again.
  const name = (stood ?? '').slice(1);
  await terminal.type(`/${name}`).shows(new RegExp(`/${name}`));
  await terminal.press('enter').shows(/1 of \d+/);
  await terminal.press('esc').shows(stood ?? '');
});
