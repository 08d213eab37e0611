// The options of a shared incident: the Redis that carries it, and for how long.
import * as z from 'zod';

/** Entries of one incident that a relay may be told to keep. */
export const mostKept = 100_000;

const text = z.string().min(1);

/** The section `incident`. Secrets never come from flags. */
export const incident = z
  .object({
    relay: z
      .url({ protocol: /^rediss?$/, error: 'a redis:// or rediss:// URL' })
      .optional()
      .describe(
        'Redis that several cockpits share an incident through; its password in BENTHAM_INCIDENT_RELAY_PASSWORD',
      ),
    relayTls: z
      .enum(['require', 'disable'])
      .optional()
      .describe('TLS for a redis:// relay; a guarded environment uses require, unless set to disable'),
    relayUsername: text.optional().describe('ACL user of the relay (default: the default user)'),
    relayPassword: z.string().optional().meta({ secret: true }).describe('password of the relay'),
    relayCaFile: text.meta({ path: true }).optional().describe('CA certificate file for TLS to the relay'),
    relaySentinel: text.optional().describe('the relay URL is a Sentinel: name of its master'),
    relayCluster: z.boolean().default(false).describe('the relay URL is a node of a Redis Cluster'),
    prefix: z
      .string()
      .regex(/^[\w.:-]{1,60}$/, 'letters, digits and . : _ -')
      .default('bentham')
      .describe('prefix of the keys on the relay'),
    retentionHours: z
      .number()
      .int()
      .min(1)
      .max(8760)
      .default(168)
      .describe('hours that an incident stays on the relay after its last entry'),
    retentionEntries: z
      .number()
      .int()
      .min(1000)
      .max(mostKept)
      .default(20_000)
      .describe(
        'entries of one incident on the relay, the most of any host; the oldest are dropped, journals keep them',
      ),
  })
  .refine(
    ({ relay, relayTls }) => !(relay?.startsWith('rediss:') && relayTls === 'disable'),
    'incident.relayTls=disable contradicts a rediss:// URL: change one of them',
  )
  .prefault({})
  .describe('incidents of several people on several hosts');
