// Objects as PagerDuty's REST API v2 writes them, with the fields that its documentation names.
import { type Incident, type Note, policy, type Shift, service, type User } from './account.ts';

const iso = (at: number): string => new Date(at).toISOString().replace(/\.\d{3}Z$/, 'Z');

const reference = (kind: string, id: string, summary: string, path = `${kind}s`) => ({
  id,
  type: `${kind}_reference`,
  summary,
  self: `https://api.pagerduty.com/${path}/${id}`,
  html_url: `https://bentham.pagerduty.com/${path}/${id}`,
});

const policyReference = reference('escalation_policy', policy.id, policy.name, 'escalation_policies');

export const userReference = ({ id, name }: User) => reference('user', id, name);

export const userObject = ({ id, name, email }: User) => ({
  ...reference('user', id, name),
  type: 'user',
  name,
  email,
  time_zone: 'Europe/Berlin',
  role: 'user',
});

export const serviceObject = () => ({
  ...reference('service', service.id, service.name),
  type: 'service',
  name: service.name,
  status: 'active',
  escalation_policy: policyReference,
});

/** As `GET /escalation_policies/{id}`: the rules in their order, each with whom it notifies. */
export const policyObject = (shifts: readonly Shift[]) => ({
  ...policyReference,
  type: 'escalation_policy',
  name: policy.name,
  num_loops: 2,
  escalation_rules: [1, 2, 3].map((level) => {
    const first = shifts.find((one) => one.level === level);
    const target = first?.schedule
      ? reference('schedule', first.schedule.id, first.schedule.summary)
      : first && userReference(first.user);
    return { id: `PRULE${level}0`, escalation_delay_in_minutes: 15, targets: target ? [target] : [] };
  }),
});

export const onCallObject = ({ user, level, schedule, start, end }: Shift, withUser: boolean) => ({
  escalation_policy: policyReference,
  escalation_level: level,
  schedule: schedule ? reference('schedule', schedule.id, schedule.summary) : null,
  user: withUser ? userObject(user) : userReference(user),
  start: start === undefined ? null : iso(start),
  end: end === undefined ? null : iso(end),
});

export const incidentObject = (one: Incident) => ({
  ...reference('incident', one.id, `[#${one.number}] ${one.title}`),
  type: 'incident',
  incident_number: one.number,
  title: one.title,
  description: one.title,
  created_at: iso(one.createdAt),
  status: one.status,
  urgency: one.urgency,
  incident_key: one.key,
  service: reference('service', service.id, service.name),
  escalation_policy: policyReference,
  assigned_via: 'escalation_policy',
  assignments: one.assignees.map((user) => ({ at: iso(one.changedAt), assignee: userReference(user) })),
  acknowledgements: one.acknowledgers.map(({ user, at }) => ({ at: iso(at), acknowledger: userReference(user) })),
  last_status_change_at: iso(one.changedAt),
  alert_counts: { all: 1, triggered: one.status === 'resolved' ? 0 : 1, resolved: one.status === 'resolved' ? 1 : 0 },
});

export const noteObject = ({ id, user, content, at }: Note) => ({
  id,
  user: userReference(user),
  channel: { summary: 'The PagerDuty website or APIs' },
  content,
  created_at: iso(at),
});
