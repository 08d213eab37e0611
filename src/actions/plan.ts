// The few words that plans and proofs of all families share.
import { createHash } from 'node:crypto';
import type { Check, Done, Field, Plan, Planned, Proof, Target } from '../core/actions/action.ts';
import type { Ground, Survey } from '../core/actions/preflight.ts';
import { describeFault } from '../core/health/describe.ts';
import { second } from '../core/time.ts';
import type { Fault } from '../core/world/reading.ts';

export const refuse = (why: string, hint: string): Planned => ({ ok: false, why, hint });
export const refusedBy = (fault: Fault): Planned => refuse(describeFault(fault), fault.hint);
export const planned = (plan: Plan): Planned => ({ ok: true, plan });

export const proven = (because: string): Check => ({ state: 'pass', because });
export const disproven = (because: string): Check => ({ state: 'fail', because });
/** Not yet: asked again until the time is up. */
export const notYet = (because: string): Check => ({ state: 'unknown', because });
export const notYetBy = (fault: Fault): Check => notYet(describeFault(fault));

/** The answer of a command or a channel is all the proof there is: without it nothing more can be found out. */
export function itsAnswer({ doubt, output }: Pick<Done, 'doubt' | 'output'>): Proof {
  if (doubt !== undefined) return { ...notYet('only its answer would tell'), final: true };
  return proven(output.findLast((text) => text.trim() !== '')?.trim() ?? 'it ended well');
}

/** What a plan rests on, whatever its size: the same only if nothing in it is another one. */
export const fingerprint = (...parts: readonly unknown[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);

/** A field's value; '' where none was given. */
export const given = (target: Target, field: string): string => target[field]?.trim() ?? '';

/** One of a few words; the first is taken when nothing is given. */
export function choiceField(name: string, ask: string, says: Readonly<Record<string, string>>): Field {
  const choices = Object.entries(says).map(([value, text]) => ({ value, says: text }));
  const [first] = choices;
  return { name, ask, kind: 'choice', ...(first ? { preset: first.value } : {}), choices: () => choices };
}

/** `3 pods`, `1 pod`. */
export const counted = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`;

/** A permission that nothing but the call itself proves: said before anybody confirms it. */
export const onlyWhenDone = (permission: string, why = 'it cannot be asked without doing it'): string =>
  `Whether ${permission} is allowed is only known when it is done: ${why}.`;

/** What commands of the checkout may take. */
export const commandWithin = 120 * second;

/** Who answers for Kubernetes just now. */
export async function answeredByCluster(
  survey: Survey,
): Promise<{ ok: true; says: string } | { ok: false; fault: Fault }> {
  const who = await survey.cluster();
  if (!who.ok) return who;
  const { context, server, user } = who.value;
  return { ok: true, says: `cluster ${context} (${server})${user ? `, as ${user}` : ''}` };
}

/** Who answers for PostgreSQL just now. */
export async function answeredByDatabase(
  survey: Survey,
  server: 'primary' | 'replica' = 'primary',
): Promise<{ ok: true; says: string; inRecovery: boolean } | { ok: false; fault: Fault }> {
  const who = await survey.database(server);
  if (!who.ok) return who;
  const { database, server: where, user, inRecovery } = who.value;
  return { ok: true, says: `database ${database} at ${where}, as ${user}`, inRecovery };
}

/** An admin command of the checkout (`pnpm admin:surface …`). */
export function adminCall({ admin }: Ground, ...words: readonly string[]) {
  const [program, ...rest] = admin.command;
  return {
    tool: 'command' as const,
    argv: [program, ...rest, ...words] as const satisfies readonly [string, ...string[]],
    ...(admin.directory ? { directory: admin.directory } : {}),
    within: commandWithin,
  };
}

/** That the admin command is there. */
export const needsAdmin = ({ admin }: Ground) => ({
  kind: 'tool' as const,
  command: admin.command[0],
  ...(admin.directory ? { directory: admin.directory } : {}),
});

/** Words that a command would take for an option are refused before they reach it. */
export function asArgument(what: string, value: string): Planned | undefined {
  if (value === '') return refuse(`${what} is empty`, `name the ${what}`);
  if (value.startsWith('-')) return refuse(`${what} begins with a dash`, 'a command would take it for an option');
  if (/[\0\n\r]/.test(value)) return refuse(`${what} has line ends in it`, 'check what was pasted');
  return undefined;
}

/** The first of several words that a command would not take. */
export function asArguments(words: Readonly<Record<string, string>>): Planned | undefined {
  return Object.entries(words)
    .map(([what, value]) => asArgument(what, value))
    .find((wrong) => wrong !== undefined);
}
