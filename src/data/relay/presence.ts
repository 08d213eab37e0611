// Who is connected, on the relay: a key for each cockpit that ends by itself, and a set of their sessions.
import * as z from 'zod';
import type { Presence } from '../../core/incident/context.ts';
import { type Ms, second } from '../../core/time.ts';
import { keyId } from '../journal/event-schema.ts';
import { ulidText } from '../journal/plausible.ts';
import { safe } from '../journal/sanitize-entry.ts';
import type { RelayClient, RelayOptions } from './connect.ts';
import { readRecord } from './record.ts';

/** Not renewed for so long: gone. */
const gone: Ms = 10 * second;
/** Cockpits that are shown; a relay may answer with any number. */
const most = 100;
/** Of those that ended without a word, so many are remembered. */
const mostSilent = 20;

/** `place`: the same for cockpits that share files; absent where an older version wrote it. */
export type RelayPresence = Omit<Presence, 'at' | 'driving'> & { place?: string };

const short = z.string().max(200);
const written = z.object({
  session: z.string().regex(ulidText),
  user: short.default(''),
  name: short.default(''),
  host: short.default(''),
  key: z.string().regex(keyId).optional(),
  observing: z.boolean().default(false),
  incident: short.optional(),
  screen: short.optional(),
  place: short.optional(),
});

const setOf = ({ root }: RelayOptions): string => `${root}:here`;
const keyOf = ({ root }: RelayOptions, session: string): string => `${root}:here:${session}`;

export async function endPresence(client: RelayClient, options: RelayOptions, session: string): Promise<void> {
  await client.del(keyOf(options, session));
  await client.srem(setOf(options), session);
}

/** Who else is here, and the sessions that do not answer any more and did not say that they left. */
export type OthersHere = { here: readonly RelayPresence[]; silent: readonly string[] };

/**
 * Says that this cockpit is here, for the next ten seconds, and tells who else is. Whoever leaves is out of the set; of
 * those that ended without a word only the newest stay there. `renews`: the set is kept for longer, too.
 */
export async function meet(
  client: RelayClient,
  options: RelayOptions,
  self: RelayPresence,
  renews: boolean,
): Promise<OthersHere> {
  const { readOnly, keeps } = options;
  const set = setOf(options);
  if (!readOnly) await client.set(keyOf(options, self.session), JSON.stringify(safe(self, 200)), 'PX', gone);
  const listed = await client.smembers(set);
  if (!readOnly && (renews || !listed.includes(self.session))) {
    await client.sadd(set, self.session);
    await client.pexpire(set, keeps.time);
  }
  const sessions = listed
    .filter((one) => one !== self.session && ulidText.test(one))
    .sort()
    .slice(-most);
  if (sessions.length === 0) return { here: [], silent: [] };
  const texts = await client.mget(...sessions.map((one) => keyOf(options, one)));
  const silent = sessions.filter((_, at) => texts[at] === null);
  const forgotten = silent.slice(0, -mostSilent);
  if (forgotten.length > 0 && !readOnly) await client.srem(set, ...forgotten);
  const here = texts.flatMap((text, at): RelayPresence[] => {
    const one = readRecord(text, written);
    return one && one.session === sessions[at] ? [one] : [];
  });
  return { here, silent: silent.slice(-mostSilent) };
}
