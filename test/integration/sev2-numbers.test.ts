// The numbers in SEV2's steps are those of the statements that its steps show, run on a real server.
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findBinaries } from '../../simulator/postgres/binaries.ts';
import { freePort, initCluster, type Server, startServer } from '../../simulator/postgres/server.ts';
import { type Guarded, guardedDirectory } from '../../simulator/reaper.ts';
import type { DatabaseServer } from '../../src/config/settings.ts';
import { nothingKnown } from '../../src/core/incident/checklist.ts';
import { formatCount } from '../../src/core/text/format.ts';
import { formOf } from '../../src/core/world/world.ts';
import { Session } from '../../src/data/postgres/session.ts';
import { newStudiesMemory, readStudies } from '../../src/data/postgres/studies.ts';
import { newSurfacesMemory, readSurfaces } from '../../src/data/postgres/surfaces.ts';
import type { Result } from '../../src/data/source.ts';
import { findStep } from '../../src/runbook/checklists.ts';
import { failuresByMessage, failuresBySurface } from '../../src/runbook/statements.ts';
import { forms } from '../support/platform-forms.ts';
import { live, world } from '../support/world.ts';

const root = { user: 'postgres', password: 'root' };
let guarded: Guarded;
let server: Server;
let port: number;
const there = (): DatabaseServer => ({ host: '127.0.0.1', port, database: 'postgres', sslMode: 'disable', ...root });

beforeAll(async () => {
  guarded = await guardedDirectory();
  port = await freePort();
  const data = path.join(guarded.directory, 'sev2');
  const binaries = await findBinaries(guarded.directory);
  await initCluster(binaries, data, root);
  server = await startServer(binaries, data, port, root);
});
afterAll(async () => {
  await server?.stop('fast');
  await guarded?.end();
});

async function sql(schema: string, text: string): Promise<Record<string, string>[]> {
  const client = new pg.Client({ ...there(), ssl: false, options: `-c search_path=${schema},public -c timezone=UTC` });
  await client.connect();
  try {
    return (await client.query(text)).rows as Record<string, string>[];
  } finally {
    await client.end();
  }
}

function good<T>(outcome: Result<T>): T {
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.fault));
  return outcome.value;
}

async function look(schema: string) {
  const session = new Session(there());
  const soon = AbortSignal.timeout(30_000);
  const studies = good(await readStudies(session, schema, 20_000, newStudiesMemory(), soon));
  const surfaces = good(await readSurfaces(session, schema, 20_000, newSurfacesMemory(), soon));
  await session.close();
  return world({ readings: { studies: live<'studies'>(studies), surfaces: live<'surfaces'>(surfaces) } });
}

const evidence = (id: string, of: ReturnType<typeof world>) => findStep(id)?.step.evidence?.(of, nothingKnown) ?? [];

test.each(forms)('$name', async ({ schema, create }) => {
  await sql(schema, create);
  const seen = await look(schema);
  const bySurface = await sql(schema, failuresBySurface(formOf(seen)));
  expect(bySurface.length).toBeGreaterThan(0);
  const lines = evidence('sev2/failure-patterns', seen);
  for (const row of bySurface) {
    const [surface] = Object.values(row);
    const { failures, affected_studies: studies } = row;
    const line = lines.find(({ subject }) => subject === surface)?.because;
    expect(line).toMatch(new RegExp(`(^|, )${failures} failures? in ${studies} stud(y|ies)$`));
  }
  const byMessage = await sql(schema, failuresByMessage(formOf(seen)));
  const messages = evidence('sev2/error-messages', seen).map(({ subject, because }) => `${subject} ${because}`);
  for (const row of byMessage) {
    const [message, count] = Object.values(row);
    if (message === null || message === undefined) continue;
    expect(messages.join('\n')).toContain(`${formatCount(Number(count))} × “${message}”`);
  }
});

test('a job that was created before the hour and failed in it is in neither', async () => {
  await sql(
    'old',
    `CREATE SCHEMA old;
     CREATE TABLE old.studies (id text, tenant_id text, status text, progress jsonb, created_at timestamptz, updated_at timestamptz);
     CREATE TABLE old.jobs (id int, study_id text, surface_id text, status text, error_message text, attempt_count int,
       created_at timestamptz, updated_at timestamptz, completed_at timestamptz);
     INSERT INTO old.studies VALUES ('s1', 't', 'executing', '{}', now() - interval '3 hours', now());
     INSERT INTO old.jobs SELECT n, 's1', 'openai-api', 'failed', 'Rate limited', 1,
       now() - CASE WHEN n <= 7 THEN interval '2 hours' ELSE interval '5 minutes' END, now(), now() FROM generate_series(1, 10) n`,
  );
  const seen = await look('old');
  expect(await sql('old', failuresBySurface(formOf(seen)))).toEqual([
    { surface_id: 'openai-api', failures: '3', affected_studies: '1' },
  ]);
  const [, line] = evidence('sev2/failure-patterns', seen);
  expect(line).toMatchObject({ subject: 'openai-api', state: 'fail', because: '100 %, 3 failures in 1 study' });
  const [message] = evidence('sev2/error-messages', seen);
  expect(message).toMatchObject({ subject: '3 ×', because: expect.stringContaining('“Rate limited”') });
});
