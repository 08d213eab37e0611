// The actions of a step: what the evidence points to comes first, and every action keeps its key.
import type { ActionId, Target } from '../core/actions/action.ts';
import { adviceOn, type Known, type Offer, type OfferKey, offerKeys, type Step } from '../core/incident/checklist.ts';
import type { World } from '../core/world/world.ts';
import { remedies, remedyFor } from './remedies.ts';
import type { Remedy } from './remedy.ts';

/**
 * `target`: what is known of it; `fills`: what its form begins with; `because`: why it comes first. `again`: it was done
 * to its object and verified, and nothing points to it: its key stays, and it is no next move. `unadvised`: nor is what
 * the step itself advises against.
 */
export type Offered = Pick<Offer, 'action' | 'title'> & {
  key: OfferKey;
  target: Target;
  fills: Target;
  because?: string;
  again?: true;
  unadvised?: true;
};

/** A step's actions, those that the evidence points to first. */
export function offersOf(step: Step, world: World, known: Known): readonly Offered[] {
  const { offers = [] } = step;
  const against = advisedAgainst(step, world, known);
  const pointed = remedies(world, known);
  return offers
    .flatMap((offer, at) => {
      const target = offer.target?.(world) ?? {};
      const remedy = offer.asIs ? undefined : remedyFor(pointed, offer.action, target);
      if ((offer.ifPointedTo && !remedy) || offer.onlyWhile?.(world) === false) return [];
      const again = !remedy && isVerified(offer, target, known);
      const unadvised = !remedy && !again && offer.action === against;
      const rank = remedy ? pointed.indexOf(remedy) : pointed.length + at + (again ? offers.length : 0);
      const one = offered(offer, at, target, world, remedy);
      if (unadvised) return { offered: { ...one, unadvised }, rank };
      return { offered: again ? { ...one, title: `${one.title} again`, again } : one, rank };
    })
    .toSorted((a, b) => a.rank - b.rank)
    .map((one) => one.offered);
}

/** The action that the step advises against: the one that yes would mean, where the facts say no, or something else first. */
function advisedAgainst(step: Step, world: World, known: Known): ActionId | undefined {
  const { decision, offers = [] } = step;
  const advice = decision && adviceOn(step, world, known);
  if (!advice || (advice.answer !== 'no' && advice.instead === undefined)) return undefined;
  const [only, ...others] = offers.filter(({ action }) => !decision.instead?.includes(action));
  return decision.remedy ?? (others.length === 0 ? only?.action : undefined);
}

/** These act on the same thing each time, whatever is asked for. */
const onOneThing: ReadonlySet<ActionId> = new Set<ActionId>(['failover-database']);

/** Whether its effect on this object was proven when it last ran. */
function isVerified({ action }: Offer, { deployment }: Target, { ran }: Known): boolean {
  const isSame = (object: string) =>
    deployment === undefined ? onOneThing.has(action) : object.endsWith(`/${deployment}`);
  return ran.findLast((one) => one.action === action && isSame(one.object))?.worked ?? false;
}

function offered(offer: Offer, at: number, target: Target, world: World, remedy: Remedy | undefined): Offered {
  const { action, title, key = offerKeys[at] ?? 'r' } = offer;
  const fills = { ...remedy?.fills, ...offer.fills?.(world) };
  if (!remedy) return { action, title, key, target, fills };
  return { action, title: remedy.title, key, target: { ...remedy.target, ...target }, fills, because: remedy.because };
}
