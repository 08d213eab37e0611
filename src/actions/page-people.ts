// Who has a page: reassign it to a person, or escalate it to a level of its escalation policy. And a note for all of them.
import type { Choice, Field, Planned, Target } from '../core/actions/action.ts';
import type { Preflight } from '../core/actions/preflight.ts';
import {
  levelOf,
  levelsOf,
  namesOf,
  type OnCall,
  onCallNow,
  type Page,
  type PagerUser,
} from '../core/queries/pager.ts';
import { sanitize } from '../core/text/text.ts';
import { aboutPage, findPage, incidentCall, pageAction, pageCall, pageNow, stateOf } from './pages.ts';
import { fingerprint, given, notYet, notYetBy, planned, proven, refuse, refusedBy } from './plan.ts';

declare module '../core/actions/action.ts' {
  interface ActionIds {
    'reassign-page': true;
    'escalate-page': true;
    'note-page': true;
  }
}

const nameFor = ({ email, id }: PagerUser): string => email ?? id;

/** Who is on call now first, then everybody of the account. */
async function people(preflight: Preflight): Promise<readonly Choice[]> {
  if (!preflight.context.targets.channels.pagerApi) return [];
  const [pager, users] = await Promise.all([preflight.pager(), preflight.pagerUsers()]);
  const onCalls = pager.ok ? onCallNow(pager.value.onCalls, preflight.now()) : [];
  const first = onCalls.map(({ user, level }) => ({
    value: nameFor(user),
    says: `${user.name}, on call, level ${level}`,
  }));
  const known = new Set(first.map(({ value }) => value));
  const others = (users.ok ? users.value : []).map((user) => ({ value: nameFor(user), says: user.name }));
  return [...first, ...others.filter(({ value }) => !known.has(value))];
}

const toField: Field = {
  name: 'to',
  ask: 'to whom? (e-mail address, name or id in PagerDuty)',
  kind: 'text',
  look: (_, preflight) => people(preflight),
};

/** One user by address, name or id; or why there is none. */
async function userOf(
  words: string,
  preflight: Preflight,
): Promise<{ user: PagerUser } | { planned: Extract<Planned, { ok: false }> }> {
  const asked = await preflight.pagerUsers(/^[A-Z0-9]{5,20}$/.test(words) ? undefined : words);
  if (!asked.ok) return { planned: refusedBy(asked.fault) };
  const lower = words.toLowerCase();
  const same = ({ id, name, email }: PagerUser) =>
    id === words || email?.toLowerCase() === lower || name.toLowerCase() === lower;
  const [only, ...others] = asked.value.filter(same);
  if (only && others.length === 0) return { user: only };
  const near = (only ? [only, ...others] : asked.value).slice(0, 5).map((one) => `${one.name} (${nameFor(one)})`);
  const why = only ? `several users are called ${sanitize(words, 80)}` : `PagerDuty has no user ${sanitize(words, 80)}`;
  return { planned: refuse(why, near.length > 0 ? `name one: ${near.join(', ')}` : 'give an e-mail address') };
}

const backTo = ({ assignees }: Page): string =>
  assignees.length > 0 ? `reassign it to ${namesOf(assignees)}` : 'escalate it to the first level';

export const reassignPage = pageAction('reassign-page', {
  title: 'Reassign a page',
  also: 'pagerduty assign hand over incident',
  about: {
    does: 'gives a page to another person in PagerDuty, who is notified',
    looksAt: 'a token is configured; the page, its state and its assignees; the person exists',
    calls: 'curl -X PUT {"incident": {"assignments": …}} PAGERDUTY/incidents/ID',
    proof: 'PagerDuty shows the person as the assignee',
    undo: 'reassign it to who had it',
    runbook: 'Alert Channels; Contacts',
  },
  fields: [toField],
  async change(page, target, preflight) {
    const found = await userOf(given(target, 'to'), preflight);
    if ('planned' in found) return found.planned;
    const { user } = found;
    if (page.assignees.length === 1 && page.assignees[0]?.id === user.id)
      return refuse(`${user.name} already has it`, 'nothing to do; escalate-page reaches others');
    const about = aboutPage(page, preflight);
    return planned({
      ...about,
      impact: [
        ...about.impact,
        `From ${namesOf(page.assignees)} to ${user.name}${user.email ? ` (${user.email})` : ''}, who is notified now.`,
        ...(page.status === 'acknowledged' ? ['It is triggered again until the new assignee acknowledges it.'] : []),
      ],
      calls: [incidentCall(preflight, page, { assignments: [{ assignee: { id: user.id, type: 'user_reference' } }] })],
      undo: backTo(page),
      preconditions: stateOf(page),
      baseline: { page: page.id, to: user.id },
    });
  },
  async verify(done, preflight) {
    const now = await pageNow(done, preflight);
    if ('check' in now) return now.check;
    const { page } = now;
    const has = page.assignees.some(({ id }) => id === done.plan.baseline?.to);
    return has
      ? proven(`#${page.number} is assigned to ${namesOf(page.assignees)}`)
      : notYet(`#${page.number} is still assigned to ${namesOf(page.assignees)}`);
  },
});

/** The page's own policy decides who is reached, whatever the service's is. */
async function onCallsOf(page: Page | undefined, preflight: Preflight) {
  if (!page?.policy) return { ok: true as const, value: [] };
  return preflight.onCalls(page.policy.id);
}

async function levels(target: Target, preflight: Preflight): Promise<readonly Choice[]> {
  if (!preflight.context.targets.channels.pagerApi) return [];
  const found = await findPage(target, preflight);
  const onCalls = await onCallsOf('page' in found ? found.page : undefined, preflight);
  if (!onCalls.ok) return [];
  const now = onCallNow(onCalls.value, preflight.now());
  return levelsOf(now).map((level) => ({ value: String(level), says: namesOf(peopleAt(now, level)) }));
}

const peopleAt = (now: readonly OnCall[], level: number): readonly PagerUser[] =>
  now.filter((one) => one.level === level).map(({ user }) => user);

const levelField: Field = {
  name: 'level',
  ask: 'to which level of the escalation policy?',
  empty: 'the next one',
  kind: 'number',
  optional: true,
  range: [1, 20],
  look: levels,
};

export const escalatePage = pageAction('escalate-page', {
  title: 'Escalate a page',
  also: 'pagerduty next level manager incident',
  about: {
    does: 'escalates a page to a level of its escalation policy: who is on call there is notified',
    looksAt: 'a token is configured; the page and its assignees; who is on call at each level now',
    calls: 'curl -X PUT {"incident": {"escalation_level": …}} PAGERDUTY/incidents/ID',
    proof: 'PagerDuty shows who is on call at the level as the assignees',
    undo: 'reassign it to who had it',
    runbook: 'Alert Channels; Contacts',
  },
  fields: [levelField],
  async change(page, target, preflight) {
    if (!page.policy) return refuse(`#${page.number} has no escalation policy`, 'reassign it to a person');
    const onCalls = await onCallsOf(page, preflight);
    if (!onCalls.ok) return refusedBy(onCalls.fault);
    const now = onCallNow(onCalls.value, preflight.now());
    const all = levelsOf(now);
    const current = levelOf(page, now, preflight.now());
    const wanted = given(target, 'level');
    const next = wanted ? Number(wanted) : all.find((one) => current !== undefined && one > current);
    if (next === undefined)
      return current === undefined
        ? refuse(`${namesOf(page.assignees)} is on call at no level`, `name the level: ${all.join(', ') || 'none'}`)
        : refuse(`level ${current} is the last with somebody on call`, 'reassign it to a person');
    const reached = peopleAt(now, next);
    if (reached.length === 0)
      return refuse(`nobody is on call at level ${next}`, `levels with somebody on call: ${all.join(', ') || 'none'}`);
    const same = reached.every(({ id }) => page.assignees.some((one) => one.id === id));
    if (same && reached.length === page.assignees.length)
      return refuse(`${namesOf(reached)} at level ${next} already has it`, 'choose another level, or reassign it');
    const about = aboutPage(page, preflight);
    return planned({
      ...about,
      impact: [
        ...about.impact,
        `From ${namesOf(page.assignees)}${current === undefined ? '' : ` (level ${current})`} to level ${next} of ${page.policy.name}.`,
        `Notified now: ${namesOf(reached)}.`,
      ],
      calls: [incidentCall(preflight, page, { escalation_level: next })],
      undo: backTo(page),
      preconditions: fingerprint(stateOf(page), next, reached.map(({ id }) => id).sort()),
      baseline: { page: page.id, to: reached.map(({ id }) => id).join(' ') },
    });
  },
  async verify(done, preflight) {
    const now = await pageNow(done, preflight);
    if ('check' in now) return now.check;
    const { page } = now;
    const wanted = done.plan.baseline?.to?.split(' ') ?? [];
    const has = wanted.every((id) => page.assignees.some((one) => one.id === id));
    return has
      ? proven(`#${page.number} is assigned to ${namesOf(page.assignees)}`)
      : notYet(`#${page.number} is still assigned to ${namesOf(page.assignees)}`);
  },
});

/** As it is compared: PagerDuty may change line ends and blanks at the ends. */
const plainNote = (text: string): string =>
  text
    .split(/\r\n|[\r\n]/)
    .map((line) => sanitize(line, 25_000).trimEnd())
    .join('\n')
    .trim();

export const notePage = pageAction('note-page', {
  title: 'Add a note to a page',
  also: 'pagerduty comment annotate incident',
  about: {
    does: 'adds a note to a page in PagerDuty, for everybody who has it',
    looksAt: 'a token is configured; the page and its notes',
    calls: 'curl -X POST {"note": {"content": …}} PAGERDUTY/incidents/ID/notes',
    proof: 'PagerDuty shows the note',
    undo: 'none: notes cannot be deleted; add a correction',
    runbook: 'Alert Channels',
  },
  fields: [{ name: 'text', ask: 'note?', kind: 'text', lines: true }],
  async change(page, target, preflight) {
    const text = given(target, 'text');
    const notes = await preflight.pageNotes(page.id);
    if (!notes.ok) return refusedBy(notes.fault);
    const about = aboutPage(page, preflight);
    return planned({
      ...about,
      impact: [...about.impact, 'Note:', ...text.split('\n')],
      calls: [pageCall(preflight, 'POST', `incidents/${page.id}/notes`, { note: { content: text } })],
      instead: 'notes cannot be deleted: add a correction',
      // What others write meanwhile changes nothing.
      preconditions: fingerprint(page.id, text),
      baseline: { page: page.id, notes: notes.value.map(({ id }) => id).join(' '), text: plainNote(text) },
    });
  },
  async verify({ plan: { baseline } }, preflight) {
    if (baseline?.page === undefined) return notYet('which page it was is unknown');
    const notes = await preflight.pageNotes(baseline.page);
    if (!notes.ok) return notYetBy(notes.fault);
    const before = new Set(baseline.notes?.split(' '));
    const is = notes.value.some(({ id, content }) => !before.has(id) && content === baseline.text);
    return is ? proven('PagerDuty shows the note') : notYet('PagerDuty does not show the note');
  },
});
