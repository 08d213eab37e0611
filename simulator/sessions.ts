// The sessions that applications hold open on the database: their pools, and what a report forgot.
import type { Client } from 'pg';
import type { Cluster } from './postgres/cluster.ts';
import type { Conditions } from './scenario.ts';
import { type Ms, second } from './time.ts';

/** One turn of the drill's world. */
const turn: Ms = second;

/** Resolves at the next turn, or when it is over. */
export function nextTurn(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, turn);
    signal.addEventListener('abort', end);
  });
}

/** Each application's pool; idle most of the time. */
const pools = [
  ['api-gateway', 9],
  ['executor', 12],
] as const;

const forgotten = 'report-worker';

/** The pods of a deployment by their uids: a session lives in one of them, and ends with it. */
export type PodsOf = (deployment: string) => readonly string[];

/** Keeps the pools open, also after an outage, and the idle sessions until they are ended. */
export async function holdSessions(
  cluster: Cluster,
  conditions: Conditions,
  podsOf: PodsOf,
  signal: AbortSignal,
): Promise<void> {
  const open = new Map<Client, { name: string; pod: string | undefined }>();
  const count = (name: string) => [...open.values()].filter((one) => one.name === name).length;
  const endThoseOfGonePods = async (name: string, pods: readonly string[]) => {
    const orphans = [...open].filter(([, one]) => one.name === name && one.pod && !pods.includes(one.pod));
    await Promise.allSettled(orphans.map(([client]) => client.end()));
  };
  const fill = async (name: string, wanted: number, pods: readonly string[] = []) => {
    while (count(name) < wanted && !signal.aborted) {
      const client = await cluster.connect(name);
      open.set(client, { name, pod: pods[count(name) % pods.length] });
      client.once('end', () => {
        open.delete(client);
        if (name === forgotten && !signal.aborted) conditions.forgottenSessions -= 1;
      });
      if (name === forgotten) forget(client, count(name));
    }
  };
  while (!signal.aborted) {
    try {
      for (const [name, size] of pools) {
        const pods = podsOf(name);
        await endThoseOfGonePods(name, pods);
        await fill(name, size, pods);
      }
      await fill(forgotten, conditions.forgottenSessions);
    } catch {
      // Away, or no connection left: at the next turn.
    }
    await nextTurn(signal);
  }
  await Promise.allSettled([...open.keys()].map((client) => client.end()));
}

/** The first locks a study and goes to sleep; the next two wait for it; the others stay in their transactions. */
function forget(client: Client, number: number): void {
  const lock = `UPDATE studies SET updated_at = updated_at WHERE id = 'study_ghi789'`;
  const text = number <= 3 ? `BEGIN; ${lock}` : 'BEGIN; SELECT count(*) FROM tenants';
  // Those that wait do so until they are ended.
  client.query(text).catch(() => {});
}
