// What cloud providers had before credential plugins (gcp, azure): client-node signs in. Only its one file is taken, and
// whoever imports this does so on demand: all of it would be half of the bundle.
import { KubeConfig } from '@kubernetes/client-node/dist/config.js';
import { sanitize } from '../../core/text/text.ts';
import { CredentialsError, loginRequired } from './credentials-error.ts';
import type { KubeTarget } from './kubeconfig.ts';

const hint = 'log in by hand: run kubectl once';

/** The `Authorization` header. `authProvider` is written into: it keeps what was got. Throws `CredentialsError`. */
export async function throughProvider(
  { context, cluster, user }: KubeTarget,
  authProvider: { name?: unknown } | undefined,
): Promise<string> {
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
  throw new CredentialsError(
    `auth-provider ${sanitize(authProvider?.name, 80)} returned no token`,
    hint,
    loginRequired,
  );
}
