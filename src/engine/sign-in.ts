// The sign-in part of the engine: which logins a person can renew in the terminal, and renewing one while the screen is
// away. An observer may, too: it changes nothing on the platform.
import { type Ms, second } from '../core/time.ts';
import type { SignIns } from '../core/world/sign-in.ts';
import type { EngineContext, EngineModule } from './module.ts';
import { Tasks } from './tasks.ts';

/** How often the kubeconfig is read again for logins. */
const lookEvery: Ms = 10 * second;

export function signInModule(context: EngineContext): EngineModule {
  const { settings, signal } = context;
  let known: SignIns = { offers: [] };
  let looked = Number.NEGATIVE_INFINITY;
  const tasks = new Tasks();
  const tell = (next: Partial<SignIns>) => {
    known = { ...known, ...next };
    context.emit({ signIns: known });
  };
  const look = async () => {
    const { signInOffers } = await import('../data/sign-in.ts');
    const offers = await signInOffers(settings);
    if (JSON.stringify(offers) !== JSON.stringify(known.offers)) tell({ offers });
  };
  context.onWorld(() => {
    if (performance.now() - looked < lookEvery) return;
    looked = performance.now();
    tasks.add(look());
  });
  return {
    handle(command) {
      if (command.kind !== 'sign-in') return;
      const run = async () => {
        const { signIn } = await import('../data/sign-in.ts');
        const { ok, says } = await signIn(settings, command.id, signal);
        tell({ ended: { turn: command.turn, ok, says } });
        context.emit({ said: { says, verdict: ok ? 'ok' : 'warning' } });
        context.refresh();
      };
      tasks.add(run());
    },
    async stop() {
      await tasks.settled();
    },
  };
}
