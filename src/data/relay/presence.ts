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

export type RelayPresence = Omit<Presence, 'at' | 'driving'>;

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
});

const setOf = ({ root }: RelayOptions): string => `${root}:here`;
const keyOf = ({ root }: RelayOptions, session: string): string => `${root}:here:${session}`;

/** Says that this cockpit is here, for the next ten seconds. */
export async function renewPresence(client: RelayClient, options: RelayOptions, self: RelayPresence): Promise<void> {
  const set = setOf(options);
  await client.set(keyOf(options, self.session), JSON.stringify(safe(self, 200)), 'PX', gone);
  await client.sadd(set, self.session);
  await client.pexpire(set, options.keeps.time);
}

export async function endPresence(client: RelayClient, options: RelayOptions, session: string): Promise<void> {
  await client.del(keyOf(options, session));
  await client.srem(setOf(options), session);
}

/** Who else is here, and the sessions that do not answer any more and did not say that they left. */
export type OthersHere = { here: readonly RelayPresence[]; silent: readonly string[] };

/** Everybody else. Whoever leaves is out of the set; of those that ended without a word only the newest stay there. */
export async function othersHere(client: RelayClient, options: RelayOptions, own: string): Promise<OthersHere> {
  const sessions = (await client.smembers(setOf(options)))
    .filter((one) => one !== own && ulidText.test(one))
    .sort()
    .slice(-most);
  if (sessions.length === 0) return { here: [], silent: [] };
  const texts = await client.mget(...sessions.map((one) => keyOf(options, one)));
  const silent = sessions.filter((_, at) => texts[at] === null);
  const forgotten = silent.slice(0, -mostSilent);
  if (forgotten.length > 0 && !options.readOnly) await client.srem(setOf(options), ...forgotten);
  const here = texts.flatMap((text, at): RelayPresence[] => {
    const one = readRecord(text, written);
    return one && one.session === sessions[at] ? [one] : [];
  });
  return { here, silent: silent.slice(-mostSilent) };
}
