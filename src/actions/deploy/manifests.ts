// What manifests would do: their objects, whether we may change each of them, and
// whether the API server accepts them.
import type { Planned } from '../../core/actions/action.ts';
import type { Answer, Need, Preflight } from '../../core/actions/preflight.ts';
import { describeFault } from '../../core/health/describe.ts';
import type { Fault } from '../../core/world/reading.ts';
import { refuse, refusedBy } from '../plan.ts';

/** One object of a manifest: `deployment.apps`, `executor`. */
export type Applied = { kind: string; name: string; exists: boolean };

/** Manifests, and the namespace they are applied to. */
export type Place = { files: string; namespace: string };

/** Concurrent requests to the API server. */
const atOnce = 8;

/** Output of kubectl for a dry run: `deployment.apps/executor configured (dry run)`. */
export function appliedFrom(lines: readonly string[]): readonly Applied[] {
  return lines.flatMap((text) => {
    const [, kind, name, done] =
      /^([^\s/]+)\/(\S+) (created|configured|unchanged) \((?:server )?dry run\)$/.exec(text) ?? [];
    return kind && name ? [{ kind, name, exists: done !== 'created' }] : [];
  });
}

/** The webhook that does not support a dry run, in the server's words. */
export const untriable = (lines: readonly string[]): string | undefined =>
  lines.find((text) => /does not support dry ?run/i.test(text));

/** The objects of the manifests; or why they cannot be applied: they cannot be read, or permissions are missing. */
export async function mayApply(
  preflight: Preflight,
  { files, namespace }: Place,
  kubectl: (...argv: readonly string[]) => ReturnType<Preflight['output']>,
): Promise<{ objects: readonly Applied[] } | { refused: Planned }> {
  const tried = await kubectl('apply', '--dry-run=client', '-f', files, '-n', namespace);
  if (!tried.ok) return { refused: refusedBy(tried.fault) };
  const { code, lines } = tried.value;
  if (code !== 0) {
    const why = `kubectl cannot read ${files}: ${lines.at(-1) ?? ''}`;
    return { refused: refuse(why, 'check the manifests and admin.directory') };
  }
  const objects = appliedFrom(lines);
  const needs = await needsOf(preflight, objects, namespace);
  if (!needs.ok) return { refused: refusedBy(needs.fault) };
  const missing = await withheld(preflight, needs.value);
  const [first, ...others] = missing;
  if (!first) return { objects };
  const more = others.length > 0 ? `; ${others.length} more missing` : '';
  return { refused: refuse(`${describeFault(first)}${more}`, first.hint) };
}

/** The deployments among them. */
export const deploymentsOf = (objects: readonly Applied[]): readonly string[] =>
  objects.flatMap(({ kind, name }) => (/^deployments?(\.|$)/.test(kind) ? [name] : []));

/** An existing object is read and patched; a new one is read and created. */
async function needsOf(
  preflight: Preflight,
  all: readonly Applied[],
  namespace: string,
): Promise<Answer<readonly Need[]>> {
  const needs: Need[] = [];
  const kinds = new Map<string, Awaited<ReturnType<Preflight['resource']>>>();
  for (const { kind, name, exists } of all) {
    const found = kinds.get(kind) ?? (await preflight.resource(kind));
    kinds.set(kind, found);
    if (!found.ok) return found;
    const { group, resource, namespaced } = found.value;
    const about = { kind: 'kubernetes', group, resource, namespace: namespaced ? namespace : '' } as const;
    needs.push({ ...about, verb: 'get', name });
    // A role cannot be restricted to the name of a new object.
    needs.push(exists ? { ...about, verb: 'patch', name } : { ...about, verb: 'create' });
  }
  return { ok: true, value: needs };
}

async function withheld(preflight: Preflight, needs: readonly Need[]): Promise<readonly Fault[]> {
  const queue = [...needs];
  const missing: Fault[] = [];
  const worker = async () => {
    for (let need = queue.shift(); need; need = queue.shift()) {
      const answer = await preflight.allows(need);
      if (!answer.ok) missing.push(answer.fault);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return missing;
}
