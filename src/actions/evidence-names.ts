// The existing evidence, for a name that the bucket does not have.
import type { Field, Planned, Target } from '../core/actions/action.ts';
import type { Preflight } from '../core/actions/preflight.ts';
import { thereIs } from '../core/text/did-you-mean.ts';
import { stripControl } from '../core/text/text.ts';
import { unknownName } from './plan.ts';

/** Where a run goes on that follows one which did not come to the end of its prefix. */
export const afterField: Field = {
  name: 'after',
  ask: 'behind which key?',
  kind: 'text',
  optional: true,
  empty: 'from the beginning',
  asked: () => false,
  exact: true,
};

/** The key behind which a run begins. Blanks at its end belong to it. */
export const afterOf = ({ after }: Target): string | undefined => after || undefined;

/** A key as a position in a sentence. It may be one that cannot be shown as it is. */
export const positionSays = (key: string): string => stripControl(key, 80);

/** Names beside it: of the same folder, or of the whole bucket where that folder is unknown too. */
export async function unknownEvidence(
  kind: string,
  name: string,
  preflight: Preflight,
): Promise<Extract<Planned, { ok: false }>> {
  const folder = name.replace(/[^/]*\/?$/, '');
  const beside = await preflight.evidenceNames(folder);
  if (beside.ok && beside.value.length > 0) return unknownName(kind, name, beside.value);
  // The folder is unknown too: what is most like its first part.
  const all = await preflight.evidenceNames('');
  const known = all.ok ? all.value : [];
  return { ...unknownName(kind, name, known), hint: thereIs(`${name.split('/')[0]}/`, known) };
}
