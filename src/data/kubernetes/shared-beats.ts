// Heartbeats, shared: of the cockpits of one user on one host that reach the same API server by the same means one asks,
// the others are told. Hosts of one incident tell each other that it lives; each proves its own way there, which its watches
// need, and asks it itself now and then. What only one of them may not (401) is said to that one alone, and a login that is
// not sure to be taken (login-end.ts) lets nobody be told.
import * as z from 'zod';
import type { Settings } from '../../config/settings.ts';
import { type Ms, minute, second } from '../../core/time.ts';
import { proxyFor } from '../proxy.ts';
import type { LookCheck } from '../shared-looks/own-check.ts';
import { amount, type Parts, word } from '../shared-looks/schemas.ts';
import { shareLooks } from '../shared-looks/shared-looks.ts';
import type { Sharing } from '../source.ts';
import type { KubeTarget } from './kubeconfig.ts';

/** What an API server answers to a heartbeat. */
export type Pulse = {
  /** '' where it keeps that to itself. */
  version: string;
  latency: Ms;
  /** Its clock less this host's, in whole seconds. */
  clockOffset: Ms;
};

export const pulse: z.ZodType<Pulse> = z.strictObject({
  version: word,
  latency: amount,
  clockOffset: amount,
} satisfies Parts<Pulse>);

/** This host's own heartbeats are at most so far apart: one that is refused its login says so by then. */
const ownWithin: Ms = 1.5 * minute;

/** `patience`: how late an answer of others on this host is waited for. Undefined where nothing can be shared. */
export function shareBeats(
  settings: Settings,
  target: KubeTarget,
  { every, patience, way }: { every: Ms; patience: Ms; way: LookCheck<Pulse>['way'] },
): Sharing<Pulse> | undefined {
  return shareLooks(settings, {
    fact: 'cluster',
    parts: wayTo(target),
    value: pulse,
    every,
    timeout: settings.intervals.timeout,
    patience,
    check: {
      within: ownWithin,
      way,
      patience: second,
      verdict: ({ version }) => version,
      // A login is this person's; what proves that the server lives is the same for all.
      parts: [target.cluster.server, target.cluster.caData],
      here: (told, { clockOffset }) => ({ ...told, clockOffset }),
    },
  });
}

/** Which API server, by what way, as whom: cockpits that have the same share. Only a hash of it may be written. */
export function wayTo({ context, cluster, user }: KubeTarget): readonly unknown[] {
  const { password: _, ...login } = user;
  const { NODE_EXTRA_CA_CERTS, NODE_TLS_REJECT_UNAUTHORIZED } = process.env;
  const way = [cluster.proxyUrl ?? proxyFor(new URL(cluster.server))?.href];
  return [context, cluster, login, way, NODE_EXTRA_CA_CERTS, NODE_TLS_REJECT_UNAUTHORIZED];
}
