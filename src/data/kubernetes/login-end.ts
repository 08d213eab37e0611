// Until when a login lasts by its own words: nobody is asked.
import { X509Certificate } from 'node:crypto';
import { type Instant, second } from '../../core/time.ts';

/** When a certificate (PEM) ends; undefined where that cannot be read. */
export function endOfCertificate(certificate: Buffer): Instant | undefined {
  try {
    const at = Date.parse(new X509Certificate(certificate).validTo);
    return Number.isNaN(at) ? undefined : at;
  } catch {
    return undefined;
  }
}

/** When a token ends that says so (RFC 7519, `exp`); undefined for any other. */
export function endOfToken(token: string): Instant | undefined {
  try {
    const { exp } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
    return typeof exp === 'number' ? exp * second : undefined;
  } catch {
    return undefined;
  }
}

/** What the server sees of a login. */
type Login = { tls: { cert?: Buffer }; headers: Readonly<Record<string, string | string[]>> };

/** Until when a login lasts; for ever, where it does not say. */
function endOfLogin({ headers, tls }: Login): Instant {
  const token = /^Bearer (.+)$/.exec(String(headers.authorization ?? ''))?.[1];
  const ends = [token ? endOfToken(token) : undefined, tls.cert && endOfCertificate(tls.cert)];
  return Math.min(...ends.map((end) => end ?? Number.POSITIVE_INFINITY));
}

/** Whether the server sees the same one. */
const isSame = (a: Login, b: Login): boolean =>
  a === b || (a.headers.authorization === b.headers.authorization && String(a.tls.cert) === String(b.tls.cert));

/** The login that the server took last. */
export class TakenLogin {
  #taken: { login: Login; end: Instant } | undefined;

  took(login: Login): void {
    if (this.#taken?.login !== login) this.#taken = { login, end: endOfLogin(login) };
  }

  wasRefused(): void {
    this.#taken = undefined;
  }

  /** Whether it is this one, and lasts. `now`: on the server's clock. */
  is(login: Login, now: Instant): boolean {
    return this.#taken !== undefined && isSame(this.#taken.login, login) && now < this.#taken.end;
  }
}
