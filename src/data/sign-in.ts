// Logins that a person renews in the terminal. The screen has handed over the terminal.
import type { Settings } from '../config/settings.ts';
import { quote } from '../core/text/shell.ts';
import { sanitize } from '../core/text/text.ts';
import type { SignInOffer } from '../core/world/sign-in.ts';
import { awsProfile } from './aws/profile.ts';
import { credentialsOf } from './kubernetes/credentials.ts';
import { CredentialsError } from './kubernetes/credentials-error.ts';
import { loadTarget } from './kubernetes/kubeconfig.ts';
import { endSays, runInTerminal } from './shell/terminal-program.ts';
import { foreignEnvironment } from './tools/environment.ts';

/** Logins that a program renews in the terminal. */
export async function signInOffers(settings: Settings): Promise<readonly SignInOffer[]> {
  const [target, profile] = await Promise.all([
    loadTarget(settings.kubernetes),
    awsProfile(settings.evidence.awsProfile),
  ]);
  const offers: SignInOffer[] = [];
  const plugin = target.ok ? target.value.user.exec : undefined;
  if (target.ok && plugin?.takesTerminal)
    offers.push({ id: 'kubernetes', name: sanitize(target.value.context, 80), command: sanitize(plugin.command, 200) });
  const name = sanitize(profile.name, 80);
  if (profile.sso) offers.push({ id: 'aws', name, command: `aws sso login --profile ${quote(name)}` });
  return offers;
}

/** Signs in, in the terminal. Resolves when the program has ended, in whatever way; never throws. */
export async function signIn(
  settings: Settings,
  id: SignInOffer['id'],
  signal: AbortSignal,
): Promise<{ ok: boolean; says: string }> {
  try {
    return await (id === 'kubernetes' ? signInToKubernetes(settings, signal) : signInToAws(settings, signal));
  } catch (error) {
    const why = error instanceof CredentialsError ? `${error.message}; ${error.hint}` : String(error);
    return { ok: false, says: `not signed in: ${sanitize(why, 400)}` };
  }
}

async function signInToKubernetes({ kubernetes }: Settings, signal: AbortSignal) {
  const target = await loadTarget(kubernetes);
  if (!target.ok) return { ok: false, says: `not signed in: ${target.fault.what}` };
  await credentialsOf(target.value).signIn(signal);
  return { ok: true, says: `signed in: ${sanitize(target.value.context, 80)}` };
}

async function signInToAws({ evidence }: Settings, signal: AbortSignal): Promise<{ ok: boolean; says: string }> {
  const { name } = await awsProfile(evidence.awsProfile);
  const shown = sanitize(name, 80);
  const env = foreignEnvironment(process.env);
  const ended = await runInTerminal(['aws', 'sso', 'login', '--profile', name], env, signal);
  return 'code' in ended && ended.code === 0
    ? { ok: true, says: `signed in: AWS profile ${shown}` }
    : { ok: false, says: `not signed in: aws: ${endSays(ended)}` };
}
