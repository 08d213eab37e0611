// A stand-in of PagerDuty's REST API v2, as far as the cockpit uses it. What it is told by events (receivers.ts) shows
// here as incidents, as with the real one.
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { listen, locate, readBody, sendJson, sendText } from '../http.ts';
import {
  type Incident,
  newId,
  onCallAt,
  policy,
  type Shift,
  service,
  shiftsFrom,
  type User,
  users,
} from './account.ts';
import { incidentObject, noteObject, onCallObject, policyObject, serviceObject, userObject } from './shape.ts';

/** How it fails from now on: a status, never answering, or doing what is asked and then never answering. */
export type ApiFailing = number | 'hang' | 'lost';

export type PagerDutyApi = Awaited<ReturnType<typeof startPagerDutyApi>>;

type Answer = { status: number; body: unknown };
type Loose = Readonly<Record<string, unknown>>;

const isLoose = (value: unknown): value is Loose =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const wrong = (status: number, message: string, code: number, errors?: readonly string[]): Answer => ({
  status,
  body: { error: errors ? { message, code, errors } : { message, code } },
});
const invalid = (...errors: readonly string[]): Answer => wrong(400, 'Invalid Input Provided', 2001, errors);
const notFound = wrong(404, 'Not Found', 2100);

/** A page of a list, with offset and limit as the real one counts them (at most 100 for each page). */
function pageOf(name: string, all: readonly unknown[], query: URLSearchParams): Answer {
  const limit = Math.min(100, Number(query.get('limit') ?? 25) || 25);
  const offset = Number(query.get('offset') ?? 0) || 0;
  const more = offset + limit < all.length;
  return { status: 200, body: { [name]: all.slice(offset, offset + limit), limit, offset, more, total: null } };
}

/** `incident`: the title of one that is open from the start, paged four minutes ago. */
export async function startPagerDutyApi({ incident }: { incident?: string } = {}) {
  const token = `u+${randomBytes(9).toString('base64url')}`;
  const begun = Date.now();
  const shifts = shiftsFrom(begun);
  const incidents: Incident[] = [];
  let failing: { how: ApiFailing; seconds: number } | undefined;
  let requests = 0;

  const open = (title: string, key: string, urgency: Incident['urgency'] = 'high', at = Date.now()): Incident => {
    const one: Incident = {
      id: newId(),
      number: 4711 + incidents.length,
      title,
      status: 'triggered',
      urgency,
      createdAt: at,
      changedAt: at,
      key,
      assignees: onCallAt(shifts, 1, Date.now()),
      acknowledgers: [],
      notes: [],
    };
    incidents.push(one);
    return one;
  };
  if (incident !== undefined) open(incident, 'bentham-monitoring/api', 'high', begun - 240_000);

  const change = (one: Incident, wanted: Loose, by: User): Answer => {
    if (one.status === 'resolved') return wrong(400, 'Incident Already Resolved', 1001);
    const { status, escalation_level: level, assignments } = wanted;
    const now = Date.now();
    if (status !== undefined) {
      if (status !== 'acknowledged' && status !== 'resolved') return invalid('Status is invalid');
      one.status = status;
      one.changedAt = now;
      if (status === 'acknowledged') one.acknowledgers = [...one.acknowledgers, { user: by, at: now }];
    }
    if (level !== undefined) {
      const next = onCallAt(shifts, Number(level), now);
      if (next.length === 0) return invalid('Escalation level is invalid');
      assign(one, next);
    }
    if (assignments !== undefined) {
      const next = (Array.isArray(assignments) ? assignments : []).flatMap((each: unknown) => {
        const assignee = isLoose(each) && isLoose(each.assignee) ? each.assignee : undefined;
        return users.filter(({ id }) => id === assignee?.id && assignee.type === 'user_reference');
      });
      if (next.length === 0) return invalid('Assignee is invalid');
      assign(one, next);
    }
    return { status: 200, body: { incident: incidentObject(one) } };
  };
  /** Assigned anew: nobody has acknowledged it. */
  const assign = (one: Incident, next: readonly User[]) => {
    one.assignees = next;
    one.acknowledgers = [];
    one.status = 'triggered';
    one.changedAt = Date.now();
  };

  const onCalls = (query: URLSearchParams): Answer => {
    const since = Date.parse(query.get('since') ?? '') || Date.now();
    const until = Date.parse(query.get('until') ?? '') || since;
    const ids = query.getAll('escalation_policy_ids[]');
    const within = (one: Shift) => (one.start ?? 0) <= until && (one.end ?? Number.POSITIVE_INFINITY) > since;
    const found = ids.length > 0 && !ids.includes(policy.id) ? [] : shifts.filter(within);
    const withUser = query.getAll('include[]').includes('users');
    return pageOf(
      'oncalls',
      found.map((one) => onCallObject(one, withUser)),
      query,
    );
  };

  const list = (query: URLSearchParams): Answer => {
    const services = query.getAll('service_ids[]');
    const statuses = query.getAll('statuses[]');
    const key = query.get('incident_key');
    const found = incidents.filter(
      (one) =>
        (services.length === 0 || services.includes(service.id)) &&
        (statuses.length === 0 || statuses.includes(one.status)) &&
        (key === null || one.key === key),
    );
    return pageOf('incidents', found.map(incidentObject), query);
  };

  const read = (path: readonly string[], query: URLSearchParams): Answer => {
    const [kind, id, below] = path;
    if (kind === 'services') return id === service.id ? { status: 200, body: { service: serviceObject() } } : notFound;
    if (kind === 'escalation_policies')
      return id === policy.id ? { status: 200, body: { escalation_policy: policyObject(shifts) } } : notFound;
    if (kind === 'oncalls') return onCalls(query);
    if (kind === 'users') {
      const word = (query.get('query') ?? '').toLowerCase();
      const found = users.filter(({ name, email }) => `${name} ${email}`.toLowerCase().includes(word));
      return pageOf('users', found.map(userObject), query);
    }
    if (kind !== 'incidents') return notFound;
    if (id === undefined) return list(query);
    const one = incidents.find((each) => each.id === id || String(each.number) === id);
    if (!one) return notFound;
    if (below === 'notes') return { status: 200, body: { notes: one.notes.map(noteObject) } };
    return { status: 200, body: { incident: incidentObject(one) } };
  };

  const write = (request: IncomingMessage, path: readonly string[], body: unknown): Answer => {
    const [kind, id, below] = path;
    const one = kind === 'incidents' ? incidents.find((each) => each.id === id) : undefined;
    if (!one) return notFound;
    const by = users.find(({ email }) => email === request.headers.from);
    if (!by) return wrong(400, 'Requester User Not Found', 1008);
    if (!isLoose(body)) return invalid('The request body is not JSON');
    if (request.method === 'PUT' && below === undefined) {
      const { incident: wanted } = body;
      if (!isLoose(wanted) || !['incident', 'incident_reference'].includes(String(wanted.type)))
        return invalid('Incident type is invalid');
      return change(one, wanted, by);
    }
    if (request.method !== 'POST' || below !== 'notes') return notFound;
    const content = isLoose(body.note) ? String(body.note.content ?? '') : '';
    if (content.trim() === '') return invalid('Note content cannot be empty');
    const note = { id: newId(), user: by, content, at: Date.now() };
    one.notes.push(note);
    return { status: 201, body: { note: noteObject(note) } };
  };

  const control = (query: URLSearchParams, response: ServerResponse) => {
    const how = query.get('how');
    failing = how
      ? {
          how: how === 'hang' || how === 'lost' ? how : Number(how) || 500,
          seconds: Number(query.get('seconds') ?? 30),
        }
      : undefined;
    sendText(response, 200, 'ok');
  };

  const server = await listen(async (request, response) => {
    const { pathname, searchParams } = locate(request);
    if (pathname === '/fail' && request.method === 'POST') return control(searchParams, response);
    requests += 1;
    if (request.headers.authorization !== `Token token=${token}`)
      return sendJson(response, 401, { error: { message: 'Unauthorized', code: 2006 } });
    const how = failing?.how;
    if (how === 'hang') return;
    if (how === 429) {
      response.setHeader('ratelimit-reset', String(failing?.seconds ?? 30));
      return sendJson(response, 429, { error: { message: 'Rate Limit Exceeded', code: 2020 } });
    }
    if (typeof how === 'number')
      return sendJson(response, how, { error: { message: 'Internal Server Error', code: 2000 } });
    const path = pathname.split('/').filter(Boolean);
    if (request.method === 'GET') {
      const { status, body } = read(path, searchParams);
      return sendJson(response, status, body);
    }
    const text = (await readBody(request, 1024 * 1024)).toString();
    const { status, body } = write(request, path, parsed(text));
    if (how !== 'lost') sendJson(response, status, body);
  });

  return {
    url: server.url,
    token,
    service: service.id,
    /** Of the person that changes are made in the name of. */
    from: users[0]?.email ?? '',
    incidents: (): readonly Incident[] => incidents,
    requests: (): number => requests,
    open,
    /** An event of the Events API v2: the same key is the same incident. */
    event(action: string, key: string, title: string): void {
      const one = incidents.find((each) => each.key === key && each.status !== 'resolved');
      if (action === 'trigger' && !one) open(title, key);
      if (!one || action === 'trigger') return;
      one.status = action === 'resolve' ? 'resolved' : 'acknowledged';
      one.changedAt = Date.now();
    },
    /** Without `how` it works again. `seconds`: what it says of its rate limit. */
    fail(how?: ApiFailing, seconds = 30): void {
      failing = how === undefined ? undefined : { how, seconds };
    },
    stop: server.stop,
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
