// Real Redis servers for tests, and what the cockpit finds of one.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'vitest';
import { freePort } from '../../simulator/postgres/server.ts';
import { evaluate } from '../../src/core/health/evaluate.ts';
import { evaluateMetric, metric } from '../../src/core/health/metrics.ts';
import { askRedisOnce } from '../../src/data/redis/source.ts';
import { redis as redisEvidence } from '../../src/runbook/evidence.ts';
import { bound } from './bound.ts';
import { eventually } from './eventually.ts';
import { live, world } from './world.ts';

export const installed = spawnSync('redis-server', ['--version']).status === 0;

/** Bytes of an answer of redis-cli. */
const maxBuffer = 64 * 1024 * 1024;

const running: { child: ChildProcess; home: string }[] = [];

/** Ends the servers that were started; belongs in afterEach. */
export async function endRedis(): Promise<void> {
  for (const { child, home } of running.splice(0)) {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await ended;
    rmSync(home, { recursive: true, force: true });
  }
}

/** Starts a server, with a directory of its own for what it saves. */
export async function started(...more: string[]) {
  const home = mkdtempSync(path.join(tmpdir(), 'bentham-redis-'));
  const saves = path.join(home, 'saves');
  mkdirSync(saves);
  return serve(home, saves, await freePort(), more);
}

async function serve(home: string, saves: string, port: number, more: readonly string[]) {
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', saves, '--save', '3600 1', ...more];
  const child = bound(spawn('redis-server', args, { stdio: 'ignore', cwd: home }));
  running.push({ child, home });
  const cli = (...words: string[]) => {
    const { stdout, stderr } = spawnSync('redis-cli', ['-p', String(port), ...words], { encoding: 'utf8', maxBuffer });
    return stdout || stderr;
  };
  await eventually(() => expect(cli('ping')).toMatch(/PONG|LOADING|MASTERDOWN/));
  const look = async (login: { username?: string; password?: string } = {}) => {
    const at = { url: `redis://127.0.0.1:${port}`, tls: 'disable' as const, ...login };
    const outcome = await askRedisOnce(at, 5000, AbortSignal.timeout(60_000));
    if (!outcome.ok) throw new Error(JSON.stringify(outcome.fault));
    const seen = world({ readings: { redis: live<'redis'>(outcome.value) } });
    const found = evaluate(seen).find(({ id }) => id === 'redis');
    return {
      verdict: found?.verdict,
      rule: found?.rule,
      says: found?.says,
      evidence: redisEvidence(seen).state,
      memory: evaluateMetric(metric('redisMemory'), seen),
      value: outcome.value,
    };
  };
  /** Saves, ends, and starts again with other options. */
  const restart = async (...again: string[]) => {
    const [ending] = running.splice(0, 1);
    const ended = new Promise((resolve) => ending?.child.once('exit', resolve));
    cli('shutdown', 'save');
    // It may have been ended by force.
    if (ending?.child.exitCode === null && ending.child.signalCode === null) await ended;
    return serve(home, saves, port, again);
  };
  const signal = (name: NodeJS.Signals) => child.kill(name);
  return { cli, look, saves, port, restart, signal };
}
