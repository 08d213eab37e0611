// OpenID Connect as kubectl does it: the ID token for as long as it lasts, then another one for the refresh token.
// client-node's own never gets one (docs/adr/0002-own-watch.md).
import { request } from 'undici';
import { isLoopback } from '../../core/loopback.ts';
import { sanitize } from '../../core/text/text.ts';
import { type Ms, second } from '../../core/time.ts';
import { explainNetworkError } from '../network.ts';
import { dispatcherFor } from '../proxy.ts';
import { pem } from './credential-files.ts';
import { CredentialsError, loginRequired } from './credentials-error.ts';
import { endOfToken } from './login-end.ts';

type Tokens = { id: string; refresh: string };
type Bag = { readonly [key: string]: unknown };

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Allowance for clock differences and network delay, as in client-go. */
const early: Ms = 10 * second;
const longestAnswer = 1 << 20;
const hint = 'log in by hand: run kubectl once';

/**
 * The ID token of a user. What the issuer gave last is kept for as long as this is: it may take a refresh token once
 * only. `config` is the auth-provider's in the kubeconfig.
 */
export function identityOf(config: Bag, timeout: Ms = 30 * second): () => Promise<string> {
  let held: Tokens = { id: text(config['id-token']), refresh: text(config['refresh-token']) };
  return async () => {
    if (isOver(held.id)) held = await renewed(config, held.refresh, AbortSignal.timeout(timeout));
    return held.id;
  };
}

/** Whether it has run out; one that does not say is left to the server to judge. */
function isOver(token: string): boolean {
  const end = endOfToken(token);
  return !token || (end !== undefined && end < Date.now() + early);
}

/** https://openid.net/specs/openid-connect-core-1_0.html#RefreshTokens */
async function renewed(config: Bag, refresh: string, signal: AbortSignal): Promise<Tokens> {
  const [issuer, client, secret] = ['idp-issuer-url', 'client-id', 'client-secret'].map((key) => text(config[key]));
  if (!issuer || !client || !refresh)
    throw new CredentialsError(
      'the ID token has expired, and the kubeconfig has no way to renew it',
      hint,
      loginRequired,
    );
  const ca = await pem(text(config['idp-certificate-authority-data']), text(config['idp-certificate-authority']));
  const found = await asked(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, ca, signal);
  const methods = found.token_endpoint_auth_methods_supported;
  const byHeader = secret && (!Array.isArray(methods) || methods.includes('client_secret_basic'));
  const form = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refresh, client_id: client });
  if (secret && !byHeader) form.set('client_secret', secret);
  const login = byHeader
    ? `Basic ${Buffer.from([client, secret].map(encodeURIComponent).join(':')).toString('base64')}`
    : undefined;
  const given = await asked(text(found.token_endpoint), ca, signal, { form, login });
  const id = text(given.id_token);
  if (!id) throw new CredentialsError(`${sanitize(issuer, 120)} returned no ID token`, hint, loginRequired);
  // One that sends no other means that this one still holds.
  return { id, refresh: text(given.refresh_token) || refresh };
}

/** One JSON object of the issuer. */
async function asked(
  address: string,
  ca: Buffer | undefined,
  signal: AbortSignal,
  post?: { form: URLSearchParams; login: string | undefined },
): Promise<Bag> {
  const url = URL.parse(address);
  const shown = sanitize(url?.host ?? address, 120);
  // Anyone who intercepts a refresh token can act as this user.
  if (!url || (url.protocol !== 'https:' && !isLoopback(url.hostname)))
    throw new CredentialsError(
      `sign-in at ${shown} failed: not an https:// URL`,
      'fix idp-issuer-url in the kubeconfig',
    );
  const dispatcher = dispatcherFor(url, { maxResponseSize: longestAnswer, connect: { ca, timeout: 5 * second } });
  try {
    const { statusCode, body } = await request(url, {
      dispatcher,
      signal,
      method: post ? 'POST' : 'GET',
      body: post?.form.toString(),
      headers: {
        accept: 'application/json',
        'content-type': post ? 'application/x-www-form-urlencoded' : undefined,
        authorization: post?.login,
      },
    });
    const answer = bagOf(await body.text());
    if (answer && statusCode < 300) return answer;
    const said = sanitize(text(answer?.error_description) || text(answer?.error), 200);
    const why = `answered ${statusCode}${said ? `: ${said}` : ''}`;
    const code = answer?.error === 'invalid_grant' ? loginRequired : undefined;
    throw new CredentialsError(`sign-in at ${shown} failed: ${why}`, hint, code);
  } catch (error) {
    if (error instanceof CredentialsError) throw error;
    const { what, hint } = explainNetworkError(error);
    throw new CredentialsError(`sign-in at ${shown} failed: ${what}`, hint);
  } finally {
    await dispatcher.destroy();
  }
}

function bagOf(body: string): Bag | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? (value as Bag) : undefined;
  } catch {
    return undefined;
  }
}
