// Secrets go over http:// in a guarded environment only where the configuration says so, or within this machine.
import type { Settings } from '../config/settings.ts';
import { isLoopback } from '../core/loopback.ts';
import type { Fault } from '../core/world/reading.ts';

/** What the configuration says of it. */
export type Guarding = { environment: Pick<Settings['environment'], 'guarded' | 'unencrypted'> };
type Unencrypted = Settings['environment']['unencrypted'][number];

/** Why a secret is kept from this URL; undefined where it may go. `secret`: what would be sent, in words. */
export function keptBack(
  { environment }: Guarding,
  connection: Unencrypted,
  url: URL,
  secret: string,
): Fault | undefined {
  if (url.protocol === 'https:' || isLoopback(url.hostname)) return undefined;
  if (!environment.guarded || environment.unencrypted.includes(connection)) return undefined;
  return {
    kind: 'unconfigured',
    where: url.host,
    what: `http:// is not encrypted: ${secret} not sent`,
    hint: `use https://; environment.unencrypted=${connection} sends it unencrypted`,
  };
}

/** The same, where only an error can be given. */
export class KeptBack extends Error {
  readonly fault: Fault;
  constructor(fault: Fault) {
    super(fault.what);
    this.fault = fault;
  }
}
