// What a drill's PagerDuty and Slack received: the proof that a message went where it should.
import { request } from 'undici';
import * as z from 'zod';
import type { Arrived } from '../../core/incident/context.ts';
import { sanitize } from '../../core/text/text.ts';
import { type Ms, second } from '../../core/time.ts';
import { timeLimit } from '../time-limit.ts';

const patience: Ms = second;

const messages = z.array(
  z.object({
    at: z.number(),
    channel: z.string(),
    body: z.looseObject({
      text: z.string().optional(),
      event_action: z.string().optional(),
      dedup_key: z.string().optional(),
      payload: z.looseObject({ summary: z.string(), severity: z.string() }).optional(),
    }),
  }),
);

/** Oldest first; undefined while the drill's receivers do not answer. Never throws. */
export async function readReceived(url: string): Promise<readonly Arrived[] | undefined> {
  const limit = timeLimit(patience);
  try {
    const answer = await request(url, { signal: limit.signal });
    return messages.parse(await answer.body.json()).map(({ at, channel, body }) => {
      const { text = '', event_action: action, dedup_key: key, payload } = body;
      return {
        at,
        channel: sanitize(channel, 40),
        says: sanitize(action ? [action, payload?.severity, payload?.summary].filter(Boolean).join(': ') : text, 2000),
        key: key ? sanitize(key, 255) : undefined,
      };
    });
  } catch {
    return undefined;
  } finally {
    limit.end();
  }
}
