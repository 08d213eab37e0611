// A stand-in for kubectl, for machines that have none: what a deploy needs of it, on the drill's own API server.
import { parseArgs } from 'node:util';
import { apply } from './apply.ts';
import { diff } from './diff.ts';
import { type Entry, enter, Refused } from './entry.ts';
import { get } from './get.ts';
import { rolloutStatus } from './rollout-status.ts';
import type { Verb, VerbContext } from './verb.ts';

export type Asked = {
  argv: readonly string[];
  /** Where it was called: manifests are named from there. */
  directory: string;
  kubeconfig: string;
};

const verbs: Readonly<Record<string, Verb>> = { apply, diff, get, 'rollout status': rolloutStatus };

const unknownVerb = `error: the drill’s kubectl knows ${Object.keys(verbs).join(', ')}; install kubectl for more`;
const streaming = ['exec', 'debug', 'attach', 'port-forward'];

const options = {
  context: { type: 'string' },
  namespace: { type: 'string', short: 'n' },
  filename: { type: 'string', short: 'f', multiple: true },
  selector: { type: 'string', short: 'l' },
  'dry-run': { type: 'string' },
} as const;

function dryRunOf(value = 'none'): VerbContext['dryRun'] {
  if (value === 'none' || value === 'client' || value === 'server') return value;
  throw new Refused(`error: Invalid dry-run value (${value}). Must be "none", "server", or "client".`);
}

/** Runs it; `print` gets each line at once, errors too. */
export async function kubectl(
  asked: Asked,
  { scratch, print, signal }: Pick<VerbContext, 'scratch' | 'print' | 'signal'>,
): Promise<number> {
  let entry: Entry | undefined;
  try {
    // Their options are not known here: the parser would complain of those first.
    if (asked.argv.some((word) => streaming.includes(word))) throw new Refused(unknownVerb);
    const { values, positionals } = parseArgs({ args: [...asked.argv], options, allowPositionals: true });
    const [first = '', ...rest] = positionals;
    const twofold = `${first} ${rest[0] ?? ''}`;
    const verb = verbs[twofold] ?? verbs[first];
    if (!verb) throw new Refused(unknownVerb);
    entry = await enter(asked.kubeconfig, values.context);
    return await verb({
      entry,
      directory: asked.directory,
      namespace: values.namespace ?? entry.namespace,
      names: verbs[twofold] ? rest.slice(1) : rest,
      files: values.filename ?? [],
      selector: values.selector,
      dryRun: dryRunOf(values['dry-run']),
      scratch,
      print,
      signal,
    });
  } catch (error) {
    print(error instanceof Refused ? error.message : `error: ${error instanceof Error ? error.message : error}`);
    return 1;
  } finally {
    await entry?.close();
  }
}
