import type { Severity } from '../core/incident/checklist.ts';
import type { Contact } from '../core/world/targets.ts';

/** Rules that hold at every severity. */
const always = /^(automatic|always|any|all)\b/;

/**
 * Whether a contact's escalation rule applies now: `SEV1/SEV2`, `SEV1-3`, `SEV1 to SEV3`, `SEV2+` (SEV2 or worse), `Any
 * security issue`, `Automatic` (always).
 */
export function applies(contact: Contact, severity: Severity | undefined, security: boolean): boolean {
  const rule = contact.escalation.trim().toLowerCase();
  if (rule.includes('security')) return security;
  if (always.test(rule)) return true;
  return severity !== undefined && severitiesIn(rule).has(severity);
}

/** The severities that a rule in lower case names. */
function severitiesIn(rule: string): ReadonlySet<number> {
  const found = new Set<number>();
  for (const [, from = '', plus, to] of rule.matchAll(/sev ?([1-4])(\+)?(?: ?(?:-|\u2013|to) ?(?:sev ?)?([1-4]))?/g)) {
    const [a, b] = [plus ? 1 : Number(from), Number(to ?? from)];
    for (let one = Math.min(a, b); one <= Math.max(a, b); one += 1) found.add(one);
  }
  return found;
}

/** The first who is called, at every severity; the others escalate. */
const isFirst = ({ escalation }: Contact): boolean => always.test(escalation.trim().toLowerCase());

/** A contact's part now. `first`: gets the page; `escalation`: called at this severity; `later`: not now. */
export type Part = 'first' | 'escalation' | 'later';

export const partOf = (contact: Contact, now: boolean): Part =>
  now ? (isFirst(contact) ? 'first' : 'escalation') : 'later';

/** Contacts that apply now first, then in the runbook's order. */
export function contactsFor(
  contacts: readonly Contact[],
  severity: Severity | undefined,
  security = false,
): readonly { contact: Contact; now: boolean }[] {
  const all = contacts.map((contact) => ({ contact, now: applies(contact, severity, security) }));
  return [...all.filter((one) => one.now), ...all.filter((one) => !one.now)];
}
