// Embedded Benthams, started as a user would; the rows of one run share the calm one.
import { spawn } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { privateDirectory } from '../../src/disk/private-directory.ts';
import { launcher } from './meter.ts';

export type Drill = { environment: Record<string, string>; stop(): Promise<void> };

export const startDrill = (...args: readonly string[]): Promise<Drill> => serve(args);

async function serve(args: readonly string[], more: Readonly<Record<string, string>> = {}): Promise<Drill> {
  const child = spawn(process.execPath, [launcher, 'drill', 'calm', '--serve', ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...more },
  });
  const environment: Record<string, string> = {};
  let rest = '';
  await new Promise<void>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the drill ended with ${code}`)));
    child.stdout.on('data', (data) => {
      const lines = `${rest}${data}`.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const [, name, value] = /^export ([A-Z0-9_]+)='(.*)'$/.exec(line) ?? [];
        if (name && value !== undefined) environment[name] = value.replaceAll(`'\\''`, `'`);
        if (line === 'ready') resolve();
      }
    });
  });
  const stop = () =>
    new Promise<void>((resolve) => {
      child.removeAllListeners('exit');
      child.once('exit', () => resolve());
      child.stdin.end();
    });
  return { environment, stop };
}

/** Requests since the start, of HTTP and of Redis. `aws`: S3 and RDS. */
export type Requests = { gateway: number; redis: number; kubernetes: number; aws: number };

const counter = fileURLToPath(new URL('count-requests.ts', import.meta.url));

/** A calm drill that counts what its servers are asked. */
export async function startCountedDrill(): Promise<Drill & { requests(): Requests }> {
  const directory = await privateDirectory('bench');
  const file = path.join(directory, 'requests');
  writeFileSync(file, '');
  const drill = await serve([], { NODE_OPTIONS: `--import ${counter}`, BENTHAM_BENCH_REQUESTS: file });
  const { BENTHAM_GATEWAY_URL, REDIS_URL, KUBECONFIG = '' } = drill.environment;
  const { AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL_RDS } = drill.environment;
  const portIn = (text = '') => /127\.0\.0\.1:(\d+)/.exec(text)?.[1];
  const ports = {
    gateway: [portIn(BENTHAM_GATEWAY_URL)],
    redis: [portIn(REDIS_URL)],
    kubernetes: [portIn(readFileSync(KUBECONFIG, 'utf8'))],
    aws: [portIn(AWS_ENDPOINT_URL_S3), portIn(AWS_ENDPOINT_URL_RDS)],
  };
  return {
    ...drill,
    requests() {
      const asked = readFileSync(file, 'utf8').split('\n');
      const of = (all: readonly (string | undefined)[]) => asked.filter((each) => all.includes(each)).length;
      return {
        gateway: of(ports.gateway),
        redis: of(ports.redis),
        kubernetes: of(ports.kubernetes),
        aws: of(ports.aws),
      };
    },
    async stop() {
      await drill.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

let calm: Promise<Drill> | undefined;

/** The calm drill of this run; `stopCalmDrill` ends it. */
export function calmDrill(): Promise<Drill> {
  calm ??= startDrill();
  return calm;
}

export async function stopCalmDrill(): Promise<void> {
  const drill = await calm?.catch(() => undefined);
  await drill?.stop();
}
