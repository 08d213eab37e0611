// Names from outside as names of files in an archive: pods and containers as they are called, and nothing else.
import { createHash } from 'node:crypto';

/** Of Kubernetes, and of the journal's files; a name that is another kind gets a hash, so that no two become one. */
export function fileNameOf(name: string): string {
  if (/^[A-Za-z0-9_@-][A-Za-z0-9._@-]{0,252}$/.test(name)) return name;
  const plain = name.slice(0, 60).replace(/[^A-Za-z0-9_@-]+/g, '_');
  return `${plain}-${createHash('sha256').update(name).digest('hex').slice(0, 12)}`;
}

/** `logs/POD/CONTAINER.log`, as kubectl cluster-info dump lays them out; `previous`: before the last restart. */
export const logName = (pod: string, container: string, previous: boolean): string =>
  `logs/${fileNameOf(pod)}/${fileNameOf(container)}${previous ? '.previous' : ''}.log`;
