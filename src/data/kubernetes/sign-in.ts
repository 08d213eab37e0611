// Users of an auth-provider: oidc, and what cloud providers had before credential plugins (gcp, azure), for which
// client-node is loaded.
import { sanitize } from '../../core/text/text.ts';
import { CredentialsError, loginRequired } from './credentials-error.ts';
import type { KubeTarget } from './kubeconfig.ts';
import { identityOf } from './oidc.ts';

/** The `Authorization` header. Throws `CredentialsError`. */
export type SignIn = () => Promise<string>;

const hint = 'log in by hand: run kubectl once';

/** What the provider gave last is kept for as long as this is. */
export function signInOf(target: KubeTarget): SignIn {
  const { authProvider } = target.user;
  if (authProvider?.name !== 'oidc') return throughLibrary(target);
  const identity = identityOf(authProvider.config ?? {});
  return async () => `Bearer ${await identity()}`;
}

function throughLibrary({ context, cluster, user }: KubeTarget): SignIn {
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
    await config.applyToHTTPSOptions(options).catch((error: unknown) => {
      const why = error instanceof Error ? error.message : String(error);
      throw new CredentialsError(`sign-in failed: ${sanitize(why, 200)}`, hint);
    });
    const { Authorization } = options.headers ?? {};
    if (Authorization) return Authorization;
    throw new CredentialsError(`auth-provider ${sanitize(authProvider?.name, 80)} gave no token`, hint, loginRequired);
  };
}
