// Users of an auth-provider: who signs them in.
import type { ProviderToken } from './auth-provider.ts';
import type { KubeTarget } from './kubeconfig.ts';
import { identityOf } from './oidc.ts';

/** The `Authorization` header. Throws `CredentialsError`. */
export type SignIn = () => Promise<string>;

/** What the provider gave last is kept for as long as this is. */
export function signInOf(target: KubeTarget): SignIn {
  const { authProvider } = target.user;
  if (authProvider?.name === 'oidc') {
    const identity = identityOf(authProvider.config ?? {});
    return async () => `Bearer ${await identity()}`;
  }
  let held: ProviderToken | undefined;
  return async () => {
    if (!held || held.until <= Date.now()) held = await (await import('./auth-provider.ts')).throughProvider(target);
    return `Bearer ${held.token}`;
  };
}
