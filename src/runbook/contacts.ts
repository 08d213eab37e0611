import type { Severity } from '../core/incident/checklist.ts';
import type { Contact } from '../core/world/targets.ts';

/** Whether a contact's escalation rule applies now: `SEV1/SEV2`, `Any security issue`, `Automatic` (always). */
export function applies(contact: Contact, severity: Severity | undefined, security: boolean): boolean {
  const rule = contact.escalation.toLowerCase();
  if (rule === 'automatic') return true;
  if (rule.includes('security')) return security;
  return severity !== undefined && rule.split(/[^a-z0-9]+/).includes(`sev${severity}`);
}

/** Contacts that apply now first, then in the runbook's order. */
export function contactsFor(
  contacts: readonly Contact[],
  severity: Severity | undefined,
  security = false,
): readonly { contact: Contact; now: boolean }[] {
  const all = contacts.map((contact) => ({ contact, now: applies(contact, severity, security) }));
  return [...all.filter((one) => one.now), ...all.filter((one) => !one.now)];
}
