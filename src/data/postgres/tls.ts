// What libpq's sslmode means for a connection: which attempts are made, in which order, and what each one checks.

import { homedir } from 'node:os';
import path from 'node:path';
import { type ConnectionOptions, getCACertificates, rootCertificates } from 'node:tls';
import type { DatabaseServer } from '../../config/settings.ts';
import { isMissing, readBoundedSync, unreadable } from '../../disk/bounded-file.ts';

/** One way to connect: in clear (false), or by TLS with these checks. */
export type Attempt = false | ConnectionOptions;

/** Reads a file; undefined when it does not exist. Throws what else is wrong with it. */
export type ReadFile = (file: string) => Buffer | undefined;

/** A file that the settings name and that cannot be read. */
export class UnreadableFile extends Error {
  readonly option: string;
  constructor(option: string, why: string) {
    super(why);
    this.option = option;
  }
}

type TlsSettings = Pick<DatabaseServer, 'host' | 'sslMode' | 'sslRootCert' | 'sslCert' | 'sslKey'>;

/**
 * The attempts to make, in order (libpq, SSL Support). The authorities that Node knows are worth something together
 * with the host’s name only: `system` means `verify-full`, as there. `allow` and `prefer` check no certificate; `require` checks the
 * authority where a root certificate file exists; `verify-ca` checks the authority, `verify-full` the host name too.
 * Without a root certificate file these two trust the authorities that Node knows. A Unix socket has no TLS.
 */
export function tlsAttempts(server: TlsSettings, read: ReadFile = readExisting, home = homedir()): Attempt[] {
  if (server.sslMode === 'disable' || server.host.startsWith('/')) return [false];
  const usual = (file: string) => path.join(home, '.postgresql', file);
  const named = (option: 'sslRootCert' | 'sslCert' | 'sslKey', otherwise: string) => {
    const file = server[option];
    const text = tryRead(option, file ?? usual(otherwise), read);
    if (file && text === undefined) throw new UnreadableFile(option, `${file} does not exist`);
    return text;
  };
  const cert = named('sslCert', 'postgresql.crt');
  const key = cert && named('sslKey', 'postgresql.key');
  const own = cert && key ? { cert, key } : {};
  const unchecked: ConnectionOptions = { ...own, rejectUnauthorized: false };
  const system = server.sslRootCert === 'system';
  if (server.sslMode === 'allow' && !system) return [false, unchecked];
  if (server.sslMode === 'prefer' && !system) return [unchecked, false];

  const ca = system ? systemAuthorities() : named('sslRootCert', 'root.crt');
  const checked: ConnectionOptions = { ...own, ca, rejectUnauthorized: true };
  if (server.sslMode === 'require' && !ca) return [unchecked];
  if (server.sslMode === 'verify-full' || system) return [checked];
  return [{ ...checked, checkServerIdentity: () => undefined }];
}

function systemAuthorities(): string[] {
  return [...rootCertificates, ...getCACertificates('system')];
}

function tryRead(option: string, file: string, read: ReadFile): Buffer | undefined {
  try {
    return read(file);
  } catch (error) {
    throw new UnreadableFile(option, `${file} ${unreadable(error)}`);
  }
}

function readExisting(file: string): Buffer | undefined {
  try {
    return readBoundedSync(file);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
