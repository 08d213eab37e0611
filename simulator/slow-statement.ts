// A statement that became slow: the gateway counts a study's requests in a table whose index a migration has dropped.
// The API is as slow as that statement, until an index on the study's id exists again.
import type { Client } from 'pg';
import type { Cluster } from './postgres/cluster.ts';
import { type Conditions, healthy } from './scenario.ts';
import { nextTurn } from './sessions.ts';
import type { Ms } from './time.ts';

/** How long the database works for it in each turn, of a second, however fast this machine is, */
const busyFor: Ms = 300;
/** and its calls then, at most: with the index they take hardly any time. */
const mostCalls = 40;
/** The median response time without the index. */
const slow: Ms = 820;

const countRequests = `SELECT count(*) FROM request_log WHERE study_id = $1 AND at > now() - interval '1 hour'`;

const indexed = `
SELECT EXISTS (
  SELECT FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
  WHERE i.indrelid = 'request_log'::regclass AND i.indisvalid AND a.attname = 'study_id') AS found`;

/** Runs the gateway's statement, and keeps the API as slow as it is. Ends with the signal. */
export async function runSlowStatement(cluster: Cluster, conditions: Conditions, signal: AbortSignal): Promise<void> {
  if (!conditions.slowStatement) return;
  let client: Client | undefined;
  while (!signal.aborted) {
    try {
      client ??= await cluster.connect('api-gateway');
      const { rows: found } = await client.query<{ found: boolean }>(indexed);
      conditions.gateway.latency = found[0]?.found ? healthy.gateway.latency : slow;
      const until = performance.now() + busyFor;
      for (let call = 0; call < mostCalls && performance.now() < until && !signal.aborted; call += 1)
        await client.query(countRequests, [`study_${Math.random().toString(16).slice(2, 8)}`]);
    } catch {
      // Restarted or failed over: a new session at the next turn.
      const gone = client;
      client = undefined;
      await gone?.end().catch(() => {});
    }
    await nextTurn(signal);
  }
  await client?.end().catch(() => {});
}
