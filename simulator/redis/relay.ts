// The drill's relay for a war room: redis-server, where it is installed; else the drill's own.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../postgres/server.ts';
import { startRelayServer } from './relay-server.ts';

export type Relay = { port: number; password: string; stop(): Promise<void> };

/** Attempts to reach it, each after a tenth of a second. */
const attempts = 100;

/** Starts it in a directory of the drill; throws what it said if it does not start. */
export async function startRelay(drill: string): Promise<Relay> {
  const password = randomBytes(12).toString('hex');
  try {
    return await startRedisServer(drill, password);
  } catch (error) {
    if (!(error instanceof NotInstalled)) throw error;
    await rm(path.join(drill, 'relay'), { recursive: true });
    return { ...(await startRelayServer({ password })), password };
  }
}

class NotInstalled extends Error {}

async function startRedisServer(drill: string, password: string): Promise<Relay> {
  const directory = path.join(drill, 'relay');
  await mkdir(directory, { mode: 0o700 });
  const port = await freePort();
  // By standard input: others on this host see a program's arguments. The environment names the directory for the reaper;
  // a process that changes its title would overwrite it.
  const child = spawn('redis-server', ['-'], {
    cwd: directory,
    env: { PATH: process.env.PATH, BENTHAM_DRILL_DIRECTORY: `${directory}/` },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  let said = '';
  child.stdout.on('data', (data) => {
    said = (said + data).slice(-500);
  });
  const failed = new Promise<never>((_, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'ENOENT' ? new NotInstalled() : new Error(`redis-server did not start: ${error.message}`)),
    );
    child.once('exit', () => reject(new Error(`redis-server ended: ${said.trim()}`)));
  });
  failed.catch(() => {});
  child.stdin.on('error', () => {});
  const options = {
    bind: '127.0.0.1',
    port,
    dir: directory,
    save: '""',
    requirepass: password,
    'set-proc-title': 'no',
  };
  child.stdin.end(
    Object.entries(options)
      .map(([name, value]) => `${name} ${value}\n`)
      .join(''),
  );
  await Promise.race([failed, answers(port)]);
  return { port, password, stop: () => ended(child) };
}

async function answers(port: number): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const socket = connect({ host: '127.0.0.1', port });
    try {
      await once(socket, 'connect');
      return;
    } catch (error) {
      if (attempt === attempts) throw error;
      await sleep(100);
    } finally {
      socket.destroy();
    }
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  await exit;
}
