// The auth-providers gcp and azure, which clouds used before credential plugins: a token that the kubeconfig holds, or a
// command that prints one. client-node runs that command through a shell with the whole environment; this one does not.
import { sanitize } from '../../core/text/text.ts';
import { type Instant, type Ms, minute, second } from '../../core/time.ts';
import { CredentialsError, loginRequired } from './credentials-error.ts';
import { runPlugin } from './exec-plugin.ts';
import type { KubeTarget } from './kubeconfig.ts';

const hint = 'log in by hand: run kubectl once, or use a credential plugin (exec)';
const known: readonly unknown[] = ['gcp', 'azure'];

type Bag = { readonly [key: string]: unknown };
const bag = (value: unknown): Bag => (typeof value === 'object' && value !== null ? (value as Bag) : {});
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

export type ProviderToken = { token: string; until: Instant };

/** A token whose end nobody told is used for so long. */
const unknownEnd: Ms = 10 * minute;

/** The token, and how long it lasts. Throws `CredentialsError`. */
export async function throughProvider({ user }: KubeTarget): Promise<ProviderToken> {
  const { name } = user.authProvider ?? {};
  const config = bag(user.authProvider?.config);
  const token = text(config['access-token']);
  if (known.includes(name) && token && !isExpired(config)) return { token, until: Date.now() + unknownEnd };
  const printed = known.includes(name) ? await tokenOfCommand(config) : undefined;
  if (printed?.token) return printed;
  throw new CredentialsError(`auth-provider ${sanitize(name, 80)} returned no token`, hint, loginRequired);
}

/** gcp writes an RFC 3339 time, azure seconds since 1970. A token without either does not expire. */
function isExpired(config: Bag): boolean {
  const at = text(config.expiry) ? Date.parse(text(config.expiry)) : Number(config['expires-on']) * second;
  return at <= Date.now();
}

/** Runs `cmd-path` with the words of `cmd-args`, as client-go did, and reads the token at `token-key`: `{.access_token}`. */
async function tokenOfCommand(config: Bag): Promise<ProviderToken | undefined> {
  const path = text(config['cmd-path']);
  if (path === '') return undefined;
  const command = sanitize(path, 200);
  const ended = await runPlugin(
    {
      apiVersion: '',
      command: path,
      args: text(config['cmd-args']).split(/\s+/).filter(Boolean),
      env: {},
      provideClusterInfo: false,
      needsTerminal: false,
      takesTerminal: false,
    },
    '',
    () => {},
  );
  if (ended.kind !== 'output') {
    const because = ended.said ? `: ${ended.said}` : '';
    throw new CredentialsError(`${command} ${ended.kind === 'missing' ? 'not found' : 'failed'}${because}`, hint);
  }
  try {
    const output: unknown = JSON.parse(ended.output);
    const until = Date.parse(text(at(output, text(config['expiry-key']) || '{.token_expiry}')));
    const token = text(at(output, text(config['token-key']) || '{.access_token}'));
    return { token, until: Number.isNaN(until) ? Date.now() + unknownEnd : until };
  } catch {
    throw new CredentialsError(`the output of ${command} is not JSON`, hint);
  }
}

/** What stands at a JSONPath of names alone: `{.credential.access_token}`. */
const at = (value: unknown, path: string): unknown =>
  path
    .replace(/^\{|\}$/g, '')
    .split('.')
    .filter(Boolean)
    .reduce<unknown>((inner, key) => bag(inner)[key], value);
