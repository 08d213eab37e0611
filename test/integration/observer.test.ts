// `--observe` writes nothing anywhere: a whole engine beside a journal in which there would be much to do.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { oneShotRunner } from '../../src/commands/run/one-shot.ts';
import { profiles } from '../../src/config/profiles.ts';
import { type Settings, settingsSchema } from '../../src/config/settings.ts';
import type { IncidentContext } from '../../src/core/incident/context.ts';
import type { Incident } from '../../src/core/incident/incident.ts';
import { Journal } from '../../src/data/journal/journal.ts';
import { createEngine } from '../../src/engine/engine.ts';
import { modulesFor } from '../../src/engine/modules.ts';
import type { Update } from '../../src/engine/protocol.ts';
import { eventually } from '../support/eventually.ts';

let root: string;
let directory: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'observer-'));
  directory = join(root, 'state', 'journal');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function settings(observe: boolean): Settings {
  const parsed = settingsSchema.parse({ profile: 'production', ...profiles.production });
  return { ...parsed, journal: { directory, name: 'ops2' }, environment: { ...parsed.environment, observe } };
}

/** Every file below, with all that a write would change. */
function tree(at = root): readonly string[] {
  return readdirSync(at, { recursive: true })
    .map(String)
    .toSorted()
    .map((name) => {
      const path = join(at, name);
      const { mode, ino, size, mtimeMs, ctimeMs } = statSync(path);
      const bytes = statSync(path).isFile() ? createHash('sha256').update(readFileSync(path)).digest('hex') : '';
      return [name, mode, ino, size, mtimeMs, ctimeMs, bytes].join(' ');
    });
}

/** An incident under way, an action whose cockpit was killed, and somebody who was here long ago. */
async function leftBehind(): Promise<void> {
  const writer = { user: 'ops1', name: 'ops1', host: 'bastion' };
  const one = new Journal({ place: { directory }, writer, environment: 'PRODUCTION' });
  await one.open();
  await one.append({ kind: 'opened', title: 'Outage', severity: 1, why: 'x' }, 'incident-1');
  await one.close();
  for (const name of ['locks', 'here']) mkdirSync(join(directory, name), { mode: 0o700 });
  const gone = spawnSync(process.execPath, ['-e', '']).pid;
  const lock = {
    run: 'DEAD',
    action: 'restart-deployment',
    object: 'deployment/api-gateway',
    by: 'ops1',
    at: Date.now(),
  };
  const proof = { target: { deployment: 'api-gateway' }, memo: {}, startedAt: Date.now() };
  const owner = { phase: 'started', calls: [], proof, pid: gone, born: '1', host: hostname() };
  writeFileSync(join(directory, 'locks', 'x.json'), JSON.stringify({ ...lock, ...owner }));
  writeFileSync(join(directory, 'here', 'old.json'), JSON.stringify({ session: 'old', host: 'elsewhere' }));
  utimesSync(join(directory, 'here', 'old.json'), 1e9, 1e9);
}

/** Runs the engine until it has told its world twice, and everything that a person may ask for was asked. */
async function observed(observe: boolean): Promise<{ incidentContext?: IncidentContext; incident?: Incident }> {
  const seen: { incidentContext?: IncidentContext; incident?: Incident; says: string[] } = { says: [] };
  const engine = createEngine({
    settings: settings(observe),
    sources: [],
    modules: modulesFor(settings(observe)),
  });
  const nows = new Set<number>();
  engine.subscribe(({ incidentContext, incident, now, said }: Update) => {
    if (incidentContext) seen.incidentContext = incidentContext;
    if (incident) seen.incident = incident;
    if (said) seen.says.push(said.says);
    if (now !== undefined) nows.add(now);
  });
  await eventually(() => expect(seen.incidentContext).toBeDefined());
  engine.send({ kind: 'arm', reason: 'to see' });
  engine.send({ kind: 'incident', what: { do: 'open', severity: 2, why: 'x' } });
  engine.send({ kind: 'incident', what: { do: 'note', text: 'x' } });
  engine.send({ kind: 'incident', what: { do: 'acknowledge' } });
  engine.send({ kind: 'incident', what: { do: 'control', why: 'x' } });
  engine.send({ kind: 'incident', what: { do: 'allow-unrecorded', why: 'x' } });
  const request = { tool: 'psql', server: 'primary', writes: false } as const;
  engine.send({ kind: 'shell', what: { do: 'open', turn: 't', request } });
  engine.send({ kind: 'shell', what: { do: 'forward', pod: 'api', port: 3000, local: 0 } });
  engine.send({ kind: 'shell', what: { do: 'go', turn: 't' } });
  engine.send({ kind: 'present' });
  await eventually(() => expect(seen.incidentContext?.said?.says).toBeDefined());
  const before = nows.size;
  await eventually(() => expect(nows.size).toBeGreaterThan(before + 1));
  await engine.stop();
  return seen;
}

test('an observer sees the incident and changes no file, mode or time', async () => {
  await leftBehind();
  const before = tree();
  const { incidentContext, incident } = await observed(true);
  expect(incident?.title).toBe('Outage');
  expect(incidentContext?.journal).toMatchObject({ unwritten: 0 });
  expect(tree()).toEqual(before);
});

test('without a journal an observer creates none', async () => {
  const { incidentContext } = await observed(true);
  expect(incidentContext?.journal.trouble).toBeUndefined();
  expect(existsSync(join(root, 'state'))).toBe(false);
});

test('a cockpit that does not observe changes the same tree: the test can fail', async () => {
  await leftBehind();
  const before = tree();
  await observed(false);
  expect(tree()).not.toEqual(before);
});

test('an observer’s command line writes nothing either', async () => {
  await leftBehind();
  const before = tree();
  const one = await oneShotRunner(settings(true), {
    patient: false,
    changed: () => undefined,
    logged: () => undefined,
    forbids: (recorder) => recorder.mayAct(true),
  });
  expect(one.recorder.mayAct(true)).toBe('this cockpit only observes');
  expect((await one.recorder.record({ kind: 'note', text: 'x' })).ok).toBe(false);
  await one.close();
  expect(tree()).toEqual(before);
});
