// A mail to a contact, to copy: address, subject and what is known.
import { severityName } from '../core/incident/checklist.ts';
import { type Incident, isOngoing } from '../core/incident/incident.ts';
import { withoutMentions } from '../core/text/markup.ts';
import type { Contact } from '../core/world/targets.ts';
import type { World } from '../core/world/world.ts';
import { conditions, messageLines } from './messages.ts';

/** Whether the contact is a mail address. */
export const hasAddress = ({ contact }: Contact): boolean => /^\S+@\S+$/.test(contact);

/** Line by line; without an open incident what is wrong now. */
export function mailTo({ contact }: Contact, incident: Incident | undefined, world: World): readonly string[] {
  const open = incident && isOngoing(incident) ? incident : undefined;
  const { environment } = world.scope;
  const about = open ? `${severityName(open.severity)} ${open.title} (${environment})` : `Bentham ${environment}`;
  const facts = conditions(world);
  const text = open ? messageLines(open, world, 'update') : facts.length > 0 ? facts : ['no problem detected'];
  return [`To: ${contact}`, `Subject: ${about}`, '', ...text].map(withoutMentions);
}
