// Admission webhooks: each can refuse a change, in a dry run too if it has no side effects.
import type { KubeObject } from './object.ts';
import { Refusal } from './status.ts';

export type Webhook = {
  name: string;
  /** `Some`: it cannot be called in a dry run; the dry run is refused. */
  sideEffects: 'None' | 'Some';
  /** Why the object is refused; undefined if it is accepted. */
  denies(object: KubeObject): string | undefined;
};

/** Refusal in the API server's words. */
export function consult(webhooks: readonly Webhook[], object: KubeObject, dryRun: boolean): void {
  for (const { name, sideEffects, denies } of webhooks) {
    if (dryRun && sideEffects === 'Some')
      throw new Refusal('BadRequest', `admission webhook "${name}" does not support dry run`);
    const why = denies(object);
    if (why !== undefined) throw new Refusal('Forbidden', `admission webhook "${name}" denied the request: ${why}`);
  }
}

/** Whether a change is only tried: `dryRun=All` or nothing. */
export function dryRunOf(query: URLSearchParams): boolean {
  const values = query.getAll('dryRun').filter((value) => value !== '');
  const other = values.find((value) => value !== 'All');
  if (other !== undefined)
    throw new Refusal(
      'Invalid',
      `PatchOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: "${other}": supported values: "All"`,
    );
  return values.length > 0;
}
