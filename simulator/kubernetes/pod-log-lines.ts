// The log lines of Bentham's containers: pino's JSON, and some lines that are not JSON.

import type { Pod } from './object.ts';
import type { PodFault } from './pod-faults.ts';

/** One line as pino writes it: level 10–60, time in epoch milliseconds, pid, hostname, then the fields. */
export function pino(hostname: string, at: number, level: number, fields: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ level, time: at, pid: 1, hostname, ...fields });
}

/** When a container starts. */
export function greeting(pod: Pod, at: number): string[] {
  const { name } = pod.metadata;
  const container = pod.spec.containers[0];
  return [
    `> ${container?.name ?? 'app'}@${container?.image.split(':')[1] ?? '0'} start`,
    '> node --enable-source-maps dist/main.js',
    pino(name, at, 30, { msg: 'starting', nodeVersion: 'v24.21.0' }),
    pino(name, at + 400, 30, { msg: 'connected to database', pool: 20 }),
    pino(name, at + 450, 30, { msg: 'connected to redis' }),
  ];
}

/** Before a container dies; a stack has its own lines, as an uncaught error prints it. */
export function lastWords(pod: Pod, fault: PodFault, at: number): string[] {
  return fault.lastWords.flatMap(({ level, msg, stack }) => [
    pino(pod.metadata.name, at, level, { msg }),
    ...(stack ? [stack, '', 'Node.js v24.21.0'] : []),
  ]);
}
