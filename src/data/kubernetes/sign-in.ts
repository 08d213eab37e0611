// Users of an auth-provider: who signs them in.
import type { KubeTarget } from './kubeconfig.ts';
import { identityOf } from './oidc.ts';

/** The `Authorization` header. Throws `CredentialsError`. */
export type SignIn = () => Promise<string>;

/** What the provider gave last is kept for as long as this is, and the target stays what the kubeconfig says. */
export function signInOf(target: KubeTarget): SignIn {
  const { authProvider } = target.user;
  if (authProvider?.name === 'oidc') {
    const identity = identityOf(authProvider.config ?? {});
    return async () => `Bearer ${await identity()}`;
  }
  const held = structuredClone(authProvider);
  return async () => (await import('./auth-provider.ts')).throughProvider(target, held);
}
