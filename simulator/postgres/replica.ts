// A streaming replica from a base backup, as the manual's low-level API makes one; the package brings no pg_basebackup.
import { appendFile, chown, mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type pg from 'pg';
import { type Binaries, run } from './binaries.ts';

/** What a replica makes for itself, or gets from the stream. */
const left = ['postmaster.pid', 'postmaster.opts', 'pg_replslot', 'pg_wal'];

export type Upstream = { host: string; port: number; user: string; password: string; slot: string };

/** Copies a running primary's data directory into `to`, ready to be started as its replica. */
export async function copyAsReplica(
  client: pg.Client,
  { uid, gid }: Binaries,
  from: string,
  to: string,
  upstream: Upstream,
): Promise<void> {
  const own = async (file: string) => {
    if (uid !== undefined && gid !== undefined) await chown(file, uid, gid);
  };
  await client.query(`SELECT pg_backup_start('replica', true)`);
  await mkdir(to, { mode: 0o700 });
  const entries = (await readdir(from)).filter((name) => !left.includes(name));
  await run('cp', ['-a', ...entries.map((name) => path.join(from, name)), to]);
  const { rows } = await client.query<{ labelfile: string }>('SELECT labelfile FROM pg_backup_stop(false)');
  for (const name of ['pg_replslot', 'pg_wal', 'pg_wal/archive_status', 'pg_wal/summaries'])
    await mkdir(path.join(to, name), { mode: 0o700 });
  await writeFile(path.join(to, 'backup_label'), rows[0]?.labelfile ?? '');
  await writeFile(path.join(to, 'standby.signal'), '');
  for (const name of ['', 'pg_replslot', 'pg_wal', 'pg_wal/archive_status', 'pg_wal/summaries', 'backup_label'])
    await own(path.join(to, name));
  await own(path.join(to, 'standby.signal'));
  const { host, port, user, password, slot } = upstream;
  await appendFile(
    path.join(to, 'postgresql.auto.conf'),
    `primary_conninfo = 'host=${host} port=${port} user=${user} password=${password} application_name=replica'\n` +
      `primary_slot_name = '${slot}'\n`,
  );
}
