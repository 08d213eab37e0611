// Deleted evidence: one action restores a whole study, and only verified objects count.
import { execFile } from 'node:child_process';
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Drill } from '../../simulator/drill.ts';
import { resultText } from '../../src/commands/run/text.ts';
import type { Run } from '../../src/core/actions/run.ts';
import { printable, stripControl } from '../../src/core/text/text.ts';
import { byUtf8 } from '../../src/core/text/utf8-order.ts';
import { deletedEvidence } from '../../src/data/aws/deleted-evidence.ts';
import { type Acting, acting } from '../support/acting.ts';
import { drillOf, launcher } from '../support/drill.ts';

const Bucket = 'bentham-evidence';
let drill: Drill;
let cockpit: Acting;
let s3: S3Client;

beforeAll(async () => {
  drill = await drillOf('calm');
  const of = (name: string) => drill.environment[name] ?? '';
  // The SDK takes its login from the process.
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) vi.stubEnv(name, of(name));
  s3 = new S3Client({ endpoint: of('AWS_ENDPOINT_URL_S3'), region: of('AWS_REGION'), forcePathStyle: true });
  cockpit = await acting(drill.environment);
});
afterAll(async () => {
  s3?.destroy();
  await cockpit?.stop();
  await drill?.stop();
  vi.unstubAllEnvs();
});

const put = (Key: string, Body: string) => s3.send(new PutObjectCommand({ Bucket, Key, Body }));
const drop = (Key: string) => s3.send(new DeleteObjectCommand({ Bucket, Key }));
const textOf = async (Key: string) => (await s3.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToString();
const restored = async (prefix: string) => {
  const run = await cockpit.plan('restore-deleted-evidence', { prefix });
  expect(run, `${run.says} ${run.hint}`).toMatchObject({ phase: 'planned' });
  return cockpit.confirm(run);
};

test('a study whose objects are all deleted is restored by its prefix, each object with its newest content', async () => {
  const names = ['a.png', 'deep/b c+d%.png', 'é.png'];
  for (const name of names) {
    await put(`study_gone/${name}`, `old ${name}`);
    await put(`study_gone/${name}`, `new ${name}`);
    await drop(`study_gone/${name}`);
  }
  await put('study_gone/kept.png', 'kept');
  const run = await cockpit.plan('restore-deleted-evidence', { prefix: 'study_gone/' });
  expect(run.plan?.impact.slice(0, 1)).toEqual([
    expect.stringMatching(/^Restores 3 deleted objects .* under study_gone\//),
  ]);
  expect(run.plan?.impact[2]).toBe('1 object that exists there is not touched.');
  expect(run.plan?.calls).toHaveLength(1);
  expect(await cockpit.confirm(run)).toMatchObject({
    outcome: 'verified',
    says: 'all 3 are listed with their content',
  });
  for (const name of names) expect(await textOf(`study_gone/${name}`)).toBe(`new ${name}`);
  expect(await textOf('study_gone/kept.png')).toBe('kept');
  expect(await cockpit.plan('restore-deleted-evidence', { prefix: 'study_gone/' })).toMatchObject({
    outcome: 'refused',
    says: 'nothing under study_gone/ is deleted: 4 objects',
  });
});

test('what the cleanup deleted comes back, and the cleanup offers it', async () => {
  const cleanup = await cockpit.plan('cleanup-evidence', { prefix: 'study_old123/' });
  const done = await cockpit.confirm(cleanup);
  expect(done).toMatchObject({ outcome: 'verified' });
  expect(done.next).toEqual([
    expect.objectContaining({ action: 'restore-deleted-evidence', target: { prefix: 'study_old123/' } }),
  ]);
  expect(await restored('study_old123/')).toMatchObject({ outcome: 'verified' });
});

test('objects that changed between plan and confirmation are not restored unseen', async () => {
  await put('study_moved/a', 'a');
  await drop('study_moved/a');
  const run = await cockpit.plan('restore-deleted-evidence', { prefix: 'study_moved/' });
  await put('study_moved/a', 'written again');
  const after = await cockpit.confirm(run);
  expect(after.outcome ?? after.notice).toMatch(/refused|moved/);
  expect(await textOf('study_moved/a')).toBe('written again');
});

test('a prefix that nobody knows is refused, with those that are like it', async () => {
  expect(await cockpit.plan('restore-deleted-evidence', { prefix: 'study_abc124/' })).toMatchObject({
    outcome: 'refused',
    hint: expect.stringMatching(/did you mean study_abc123\/\?/),
  });
});

test('an object with other content than was deleted is not taken for restored', async () => {
  await put('study_other/a', 'as it was');
  await drop('study_other/a');
  await put('study_other/a', 'something else');
  expect(await deletedEvidence(cockpit.settings, { prefix: 'study_other/', most: 10 })).toMatchObject({
    value: { deleted: [], live: 1, restored: 0, differs: ['study_other/a'] },
  });
});

/** Keys as positions, of which each is last in some page: what a shell, a program, a terminal or a trim would change. */
const positions = [
  '-rf --help',
  `it's "two words" $(touch pwned) \`id\` $HOME a!b`,
  '%s\\n% ~*?[x]{a,b}#&;|<> ends in a blank ',
  'token=hunter2hunter2',
  '🚑 👍🏽 🇩🇪 e\u0301',
  'line\nend\n',
  '\u001b]0;owned\u0007\u001b[2J \u202egpj',
  'x'.repeat(1024 - 'study_odd/'.length),
].map((name) => `study_odd/${name}`);

test('the printed next command resumes behind any key, as a shell reads it, and shows no escape', {
  timeout: 180_000,
}, async () => {
  for (const key of positions) {
    await put(key, key);
    await drop(key);
  }
  const keys = positions.toSorted(byUtf8);
  const speakable = keys.filter((key) => key === stripControl(key, 2000));
  for (const [at, after] of keys.entries()) {
    const next = { action: 'restore-deleted-evidence', target: { prefix: 'study_odd/', after }, says: '' } as const;
    const told = printable(resultText({ outcome: 'verified', next: [next] } as unknown as Run));
    const command = told.slice(told.indexOf('bentham-cockpit'));
    const line = `bentham-cockpit() { '${process.execPath}' '${launcher}' "$@"; }; ${command} --dry-run`;
    const env = { ...process.env, ...drill.environment };
    const says = await new Promise<string>((resolve) => {
      execFile('bash', ['-c', line], { env }, (_, stdout, stderr) => resolve(`${stdout}${stderr}`));
    });
    const behind = keys.slice(at + 1).filter((key) => speakable.includes(key)).length;
    expect(says, command).toContain(behind === 0 ? 'behind study_odd/' : `Restores ${behind} deleted object`);
    expect(says, command).toContain(stripControl(after, 80));
    expect(printable(says), command).toBe(says);
  }
});
