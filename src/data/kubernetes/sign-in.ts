// Users of an auth-provider (oidc, gcp, azure): client-node signs them in, and is loaded where a user names one.
import { sanitize } from '../../core/text/text.ts';
import { type Ms, second } from '../../core/time.ts';
import { CredentialsError, loginRequired } from './credentials-error.ts';
import type { KubeTarget } from './kubeconfig.ts';

/** The `Authorization` header. Throws `CredentialsError`. */
export type SignIn = () => Promise<string>;

/** What signs people in may hang; then it is asked again. */
const longestSignIn: Ms = 30 * second;

const hint = 'log in by hand: run kubectl once';

/** What the provider gave last is kept for as long as this is. */
export function signInOf({ context, cluster, user }: KubeTarget): SignIn {
  // client-node writes into it, and the target has to stay what the kubeconfig says.
  const authProvider: { name?: unknown } | undefined = structuredClone(user.authProvider);
  return async () => {
    const { KubeConfig } = await import('@kubernetes/client-node');
    const config = new KubeConfig();
    config.loadFromOptions({
      clusters: [{ name: cluster.name, server: cluster.server, skipTLSVerify: true }],
      users: [{ name: user.name, authProvider }],
      contexts: [{ name: context, cluster: cluster.name, user: user.name }],
      currentContext: context,
    });
    const options: { headers?: Record<string, string> } = {};
    try {
      await within(longestSignIn, config.applyToHTTPSOptions(options));
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new CredentialsError(`sign-in failed: ${sanitize(why, 200)}`, hint);
    }
    const { Authorization } = options.headers ?? {};
    // It says nothing where a token has run out and cannot be renewed.
    if (Authorization) return Authorization;
    throw new CredentialsError(`auth-provider ${sanitize(authProvider?.name, 80)} gave no token`, hint, loginRequired);
  };
}

async function within(time: Ms, promise: Promise<void>): Promise<void> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no answer in ${time / second} s`)), time);
  await Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
