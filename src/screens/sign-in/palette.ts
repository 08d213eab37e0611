// What the palette offers of logins: the program that asks something gets the terminal when a person says so.
import type { State } from '../../store.ts';
import type { Entry } from '../screen.ts';

const what = { kubernetes: 'Kubernetes', aws: 'AWS' } as const;

export function signInEntries({ signIns }: State): readonly Entry[] {
  return (signIns?.offers ?? []).map((offer) => ({
    id: `sign-in/${offer.id}/${offer.name}`,
    title: `sign in: ${offer.name}`,
    about: `${what[offer.id]}: ${offer.command} gets the terminal until it ends`,
    also: 'login log in credentials token expired sso password',
    run: [{ kind: 'terminal', do: 'sign-in', offer }],
  }));
}
