// What the engine says to the screen about arming: a refusal, and an end, are never silent.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { profiles } from '../../src/config/profiles.ts';
import { scopeOf } from '../../src/config/scope.ts';
import { settingsSchema } from '../../src/config/settings.ts';
import { createEngine } from '../../src/engine/engine.ts';
import { Recorder } from '../../src/engine/incident/recorder.ts';
import type { Engine, Update } from '../../src/engine/protocol.ts';
import { runsModule } from '../../src/engine/runs/module.ts';
import { initialState, take } from '../../src/store.ts';

let engine: Engine | undefined;
let directory = '';
let disarmed = 0;
afterEach(async () => {
  await engine?.stop();
  const onDisk = readdirSync(directory)
    .filter((file) => file.endsWith('.jsonl'))
    .flatMap((file) => readFileSync(path.join(directory, file), 'utf8').split('\n'));
  // What was armed and disarmed is on the disk when the engine has ended, and nothing is written after.
  expect(onDisk.filter((line) => line.includes('"disarmed"'))).toHaveLength(disarmed);
  rmSync(directory, { recursive: true, force: true });
});

function begin(environment: object) {
  directory = mkdtempSync(path.join(tmpdir(), 'bentham-arming-'));
  const given = { profile: 'production', ...profiles.production };
  const settings = {
    ...settingsSchema.parse({ ...given, environment: { ...given.environment, ...environment } }),
    journal: { directory, name: 'ops1' },
  };
  let state = initialState(scopeOf(settings), Date.now());
  const seen: Update[] = [];
  engine = createEngine({ settings, sources: [], modules: [runsModule(new Recorder(settings))] });
  engine.subscribe((update) => {
    seen.push(update);
    state = take(state, update);
  });
  const until = async (says: string) => {
    while (state.ui.notice?.says !== says) await new Promise((next) => setImmediate(next));
    return state;
  };
  return { engine, until };
}

test('arming that is refused names the reason', async () => {
  const { engine: one, until } = begin({ readOnly: true });
  one.send({ kind: 'arm', reason: 'a test' });
  expect((await until('not armed: started with --read-only')).arming.state).toBe('locked');
});

test('the end of arming is shown with its reason', async () => {
  const { engine: one, until } = begin({});
  one.send({ kind: 'arm', reason: ' ' });
  await until('not armed: a reason is required (recorded in the journal)');
  one.send({ kind: 'arm', reason: 'a test' });
  one.send({ kind: 'disarm' });
  disarmed = 1;
  expect((await until('read-only again: disarmed by hand')).arming).toEqual({ state: 'read-only' });
});
