// How looks get to cockpits on other hosts: what the relay of a shared incident offers to sources.
import type { Settings } from '../../config/settings.ts';
import type { Ms } from '../../core/time.ts';
import type { Signer } from '../journal/signature.ts';
import type { RelayClient } from '../relay/connect.ts';

export type LookCarrier = {
  /** What all keys on the relay begin with. */
  root: string;
  /** An observer takes looks and tells none. */
  readOnly: boolean;
  /** By how much the relay's clock is ahead of this host's. */
  clock(): Ms;
  /** Who tells, and with what key; undefined while it has none. */
  self(): { session: string; name: string; host: string; signer: Signer } | undefined;
  /** How many share, this one among them. Cockpits that share files are of one host. */
  hosts(): number;
  /** Whether a key was admitted to an incident that is open and shared. */
  isAdmitted(key: string): boolean;
  /** Asks the relay; undefined where it does not answer soon, or refuses. Never throws. */
  ask<T>(what: (client: RelayClient) => Promise<T>): Promise<T | undefined>;
};

const carriers = new WeakMap<Settings['incident'], LookCarrier>();

/** From now on the sources of these settings share looks over this relay. */
export function carryLooks({ incident }: Pick<Settings, 'incident'>, carrier: LookCarrier): void {
  carriers.set(incident, carrier);
}

/** Undefined: no relay, or a command that takes part in no incident. */
export function carrierOf({ incident }: Pick<Settings, 'incident'>): LookCarrier | undefined {
  return carriers.get(incident);
}
