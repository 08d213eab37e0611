// The actions of a step: what the evidence points to comes first, and every action keeps its key.
import type { Target } from '../core/actions/action.ts';
import { type Known, type Offer, type OfferKey, offerKeys, type Step } from '../core/incident/checklist.ts';
import type { World } from '../core/world/world.ts';
import { remedies, remedyFor } from './remedies.ts';
import type { Remedy } from './remedy.ts';

/** `target`: what is known of it; `fills`: what its form begins with; `because`: why it comes first. */
export type Offered = Pick<Offer, 'action' | 'title'> & {
  key: OfferKey;
  target: Target;
  fills: Target;
  because?: string;
};

/** A step's actions, those that the evidence points to first. */
export function offersOf({ offers = [] }: Step, world: World, known: Known): readonly Offered[] {
  const pointed = remedies(world, known);
  return offers
    .flatMap((offer, at) => {
      const target = offer.target?.(world) ?? {};
      const remedy = offer.asIs ? undefined : remedyFor(pointed, offer.action, target);
      if ((offer.ifPointedTo && !remedy) || offer.onlyWhile?.(world) === false) return [];
      const rank = remedy ? pointed.indexOf(remedy) : pointed.length + at;
      return { offered: offered(offer, at, target, world, remedy), rank };
    })
    .toSorted((a, b) => a.rank - b.rank)
    .map((one) => one.offered);
}

function offered(offer: Offer, at: number, target: Target, world: World, remedy: Remedy | undefined): Offered {
  const { action, title, key = offerKeys[at] ?? 'r' } = offer;
  const fills = { ...remedy?.fills, ...offer.fills?.(world) };
  if (!remedy) return { action, title, key, target, fills };
  return { action, title: remedy.title, key, target: { ...remedy.target, ...target }, fills, because: remedy.because };
}
