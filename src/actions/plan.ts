// Shared by plans and verifications of all actions.
import { createHash } from 'node:crypto';
import type { Check, Execution, Field, Plan, Planned, Proof, Suggestion, Target } from '../core/actions/action.ts';
import type { CommandCall } from '../core/actions/call.ts';
import { disproven, notYet, proven } from '../core/actions/check.ts';
import type { ActionContext, Preflight } from '../core/actions/preflight.ts';
import { describeFault } from '../core/health/describe.ts';
import { thereIs } from '../core/text/did-you-mean.ts';
import { formatCount } from '../core/text/format.ts';
import { isPlain, plainCharacters, quote } from '../core/text/shell.ts';
import { sanitize } from '../core/text/text.ts';
import { second } from '../core/time.ts';
import type { Fault } from '../core/world/reading.ts';

/** Refuses a plan, and says what to do instead. */
export const refuse = (why: string, hint: string): Extract<Planned, { ok: false }> => ({ ok: false, why, hint });
/** Refuses a plan since what it rests on cannot be read. */
export const refusedBy = (fault: Fault): Extract<Planned, { ok: false }> => refuse(describeFault(fault), fault.hint);
/** Refuses a name before the plan, with the existing names. `kind`: what it names, such as `surface`. */
export const unknownName = (kind: string, word: string, known: readonly string[]): Extract<Planned, { ok: false }> =>
  refuse(`there is no ${kind} ${sanitize(word, 80)}`, thereIs(word, known));
export const planned = (plan: Plan): Planned => ({ ok: true, plan });

export { disproven, notYet, proven };
/** Not yet known: what would tell it gave no answer. */
export const notYetBy = (fault: Fault): Check => notYet(describeFault(fault));

/** The answer of a command or a channel is the only proof: without it the outcome stays unknown. */
export function itsAnswer({ uncertainty, output }: Pick<Execution, 'uncertainty' | 'output'>): Proof {
  if (uncertainty !== undefined) return { ...notYet('the lost answer was the only proof'), final: true };
  return proven(output.findLast((text) => text.trim() !== '')?.trim() ?? 'it succeeded');
}

/** The preconditions of a plan as a short hash: equal only if all of them are equal. */
export const fingerprint = (...parts: readonly unknown[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);

/** A field's value; '' where none was given. */
export const given = (target: Target, field: string): string => target[field]?.trim() ?? '';

/** One of several words; the first is the default. */
export function choiceField(name: string, ask: string, says: Readonly<Record<string, string>>): Field {
  const choices = Object.entries(says).map(([value, text]) => ({ value, says: text }));
  const [first] = choices;
  const oneOf = choices.map(({ value }) => value);
  return { name, ask, kind: 'choice', oneOf, preset: first?.value, choices: () => choices };
}

/** `3 pods`, `1 pod`. */
export const counted = (n: number, one: string, many = `${one}s`): string =>
  `${formatCount(n)} ${n === 1 ? one : many}`;

/** A permission that only the call itself can prove: stated before the confirmation. */
export const onlyWhenDone = (permission: string, why = 'no dry run'): string =>
  `Permission for ${permission} is unknown until it runs: ${why}.`;

/** The time limit of commands of the checkout. */
export const commandWithin = 120 * second;

/** The cluster that answered the preflight. */
export async function answeredByCluster(
  preflight: Preflight,
): Promise<{ ok: true; says: string } | { ok: false; fault: Fault }> {
  const who = await preflight.cluster();
  if (!who.ok) return who;
  const { context, server, user } = who.value;
  return { ok: true, says: `cluster ${context} (${server})${user ? `, as ${user}` : ''}` };
}

/** The PostgreSQL server that answered the preflight. */
export async function answeredByDatabase(
  preflight: Preflight,
  server: 'primary' | 'replica' = 'primary',
): Promise<{ ok: true; says: string; inRecovery: boolean } | { ok: false; fault: Fault }> {
  const who = await preflight.database(server);
  if (!who.ok) return who;
  const { database, server: where, user, inRecovery } = who.value;
  return { ok: true, says: `database ${database} at ${where}, as ${user}`, inRecovery };
}

/** A word from outside, by its kind: `{ surface: 'openai-api' }`. */
type Outside = Readonly<Record<string, string>>;

/**
 * An admin command of the checkout (`pnpm admin:surface …`), or why there is none: package managers, and whatever else is
 * configured as admin.command, may hand their arguments to a shell. Words from outside have to mean the same to all.
 */
export function adminCall(
  { admin }: ActionContext,
  ...words: readonly (string | Outside)[]
): { ok: true; call: CommandCall } | Extract<Planned, { ok: false }> {
  const [program, ...rest] = admin.command;
  const all = words.flatMap((word) => (typeof word === 'string' ? [word] : Object.values(word)));
  for (const word of words) {
    if (typeof word === 'string') continue;
    for (const [what, value] of Object.entries(word)) {
      // Everything: the runbook's own word, whole.
      if (isPlain(value) || (what === 'permissions' && value === '*')) continue;
      if (value === '') return { ok: false, why: `the ${what} is empty`, hint: `name the ${what}` };
      const typed = [program, ...rest, ...all].map(quote).join(' ');
      const place = admin.directory ? `cd ${quote(admin.directory)} && ` : '';
      // No quotes keep a program from reading it as an option.
      const byHand = value.startsWith('-')
        ? `Rename it first: by hand, too, it would be an option.`
        : `By hand, with a pnpm that quotes them (9.15.5, 10.2 or later; see doctor): ${place}${typed.slice(0, 400)}`;
      return {
        ok: false,
        why: `the ${what} ${quote(value.slice(0, 80))} contains characters that a shell or a command could read as code or as an option`,
        hint: `${program} may pass its arguments to a shell. Allowed: ${plainCharacters}. ${byHand}`,
      };
    }
  }
  const call: CommandCall = {
    tool: 'command',
    argv: [program, ...rest, ...all],
    directory: admin.directory,
    inherits: [...packageManager, ...admin.environment],
    within: commandWithin,
  };
  return { ok: true, call };
}

/** Variables that pnpm and corepack need. */
const packageManager = ['PNPM_HOME', 'COREPACK_*'];

/** Variables with which kubectl finds its cluster, and credential plugins of the clouds log in. */
export const kubectlInherits: readonly string[] = [
  ...['KUBECONFIG', 'KUBERNETES_SERVICE_HOST', 'KUBERNETES_SERVICE_PORT'],
  ...['AWS_*', 'AAD_*', 'AZURE_*', 'CLOUDSDK_*', 'GOOGLE_*', 'USE_GKE_GCLOUD_AUTH_PLUGIN'],
];

/** Requires that the admin command exists, and this script in the checkout’s package.json. */
export const needsAdmin = ({ admin }: ActionContext, script: string) => ({
  kind: 'tool' as const,
  command: admin.command[0],
  script: { name: script, by: admin.command },
  directory: admin.directory,
});

/**
 * What a run offers that ended before it came to the end: to go on behind it, once it is proven; else the same again, so
 * that nothing it failed on is passed over.
 */
export const goingOn = ({ target, proven }: Execution, behind: readonly Suggestion[]): readonly Suggestion[] =>
  proven === false ? behind.map(({ action }) => ({ action, target, says: 'try again from the same place' })) : behind;
