import type { EventOf, Role } from './event.ts';

/** Who has which role. */
export type HeldRoles = { readonly [R in Role]: readonly string[] };

/** After an entry. Commander, deputy and scribe are one person each; experts are several. */
export function rolesAfter(roles: HeldRoles, { role: name, change, person, from }: EventOf<'role'>): HeldRoles {
  const others = roles[name].filter((one) => one !== person && one !== from);
  if (change === 'left') return { ...roles, [name]: others };
  return { ...roles, [name]: name === 'expert' ? [...others, person] : [person] };
}
