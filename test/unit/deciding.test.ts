// What a person's command records, and how it is answered.
import { describe, expect, test } from 'vitest';
import type { IncidentCommand } from '../../src/core/incident/context.ts';
import type { Event } from '../../src/core/incident/event.ts';
import type { Incident } from '../../src/core/incident/incident.ts';
import type { World } from '../../src/core/world/world.ts';
import { decide } from '../../src/engine/incident/decide.ts';
import { activeChecklists } from '../../src/runbook/messages.ts';
import { tell } from '../support/story.ts';
import { calm, now, outage } from '../support/worlds.ts';

const opened: Event = { kind: 'opened', title: 'Complete API outage', severity: 1, why: '5xx' };
const writer = { session: 'session-ops1', user: 'ops1', name: 'ops1', host: 'bastion' };
const story = (...events: readonly Event[]): Incident =>
  tell(now - 60_000, [0, 'ops1', opened], ...events.map((one) => [0, 'ops1', one] as const));
const decided = (what: IncidentCommand, incident: Incident, world: World = calm) =>
  decide(what, { incident, self: writer, observing: false, world, now });
const notified: Event = {
  kind: 'notified',
  message: 'm',
  channel: 'slack-alerts',
  to: 'Slack #alerts',
  purpose: 'notify',
  delivery: 'sent',
  text: 'x',
};

describe('cancelling', () => {
  test('records the reason and names who was told and not told of it', () => {
    expect(decided({ do: 'cancel', why: 'a test alert' }, story(notified))).toEqual({
      events: [{ kind: 'cancelled', why: 'a test alert' }],
      says: 'cancelled; press m to notify Slack #alerts',
    });
  });

  test('a cancelled incident accepts notes and reopening only', () => {
    const cancelled = story({ kind: 'cancelled', why: 'a test alert' });
    for (const what of ['mitigate', 'resolve', 'cancel'] as const)
      expect(decided({ do: what, why: 'x' }, cancelled)).toEqual({ refused: 'it is cancelled: reopen it first' });
    expect(decided({ do: 'reopen', why: 'it is real' }, cancelled)).toMatchObject({ events: [{ kind: 'reopened' }] });
  });
});

describe('accepting several steps', () => {
  test('marks each with what its check found, and names every one of them', () => {
    const steps = ['sev1/gateway-status', 'sev1/database', 'sev1/redis'];
    expect(decided({ do: 'accept', steps }, story())).toEqual({
      events: steps.map((step) => ({
        kind: 'step',
        step,
        mark: 'done',
        why: undefined,
        found: { state: 'pass', because: expect.stringMatching(/./) as string },
      })),
      says: 'steps 2, 3 and 4 done',
    });
    expect(decided({ do: 'accept', steps: steps.slice(1, 2) }, story())).toMatchObject({ says: 'step 3 done' });
    expect(decided({ do: 'accept', steps: [] }, story())).toEqual({ refused: 'no step is selected' });
  });

  test('is for the person in control', () => {
    const other = { session: 'session-ops2', user: 'ops2', name: 'ops2', host: 'bastion' };
    const situation = { incident: story(), self: other, observing: false, world: calm, now };
    expect(decide({ do: 'accept', steps: ['sev1/redis'] }, situation)).toHaveProperty('refused');
  });
});

describe('ending with something open', () => {
  test.each(['mitigate', 'resolve'] as const)('%s records what was open then', (what) => {
    const { events } = decided({ do: what, why: 'enough' }, story(), outage) as { events: readonly Event[] };
    const [event] = events;
    const open = event && 'open' in event ? (event.open ?? []) : [];
    expect(open[0]).toMatch(/^\d+ still critical: gateway/);
    expect(open.some((says) => says.includes('open steps'))).toBe(what === 'resolve');
  });

  test('records nothing where nothing is open', () => {
    expect(decided({ do: 'mitigate', why: 'calm' }, story())).toMatchObject({
      events: [{ kind: 'mitigated', why: 'calm' }],
    });
  });
});

describe('the type', () => {
  const done: Event = { kind: 'step', step: 'sev1/redis', mark: 'done' };

  /** The incident after the command. */
  function became(what: IncidentCommand, ...before: readonly Event[]): { incident: Incident; says: string } {
    const decision = decided(what, story(...before));
    if ('refused' in decision) throw new Error(decision.refused);
    return { incident: story(...before, ...decision.events), says: decision.says };
  }
  const toSecurity: IncidentCommand = { do: 'type', type: 'security', why: 'a stranger’s key' };
  const isSecurity: Event = { kind: 'type', type: 'security', title: 'Security incident', why: 'a stranger’s key' };

  test('any incident becomes a security incident: its checklist changes, done steps stay, nothing is posted', () => {
    const { incident, says } = became(toSecurity, done);
    expect(activeChecklists(incident).map(({ id }) => id)).toEqual(['security']);
    expect(incident).toMatchObject({ title: 'Security incident', steps: { 'sev1/redis': { mark: 'done' } } });
    expect(says).toMatch(
      /^now a security incident: \d+ steps added, 6 retired; completed steps stay; nothing more is posted/,
    );
  });

  test('and back: title and checklist are those of before', () => {
    const { incident, says } = became({ do: 'type', type: 'service', why: 'it was us' }, done, isSecurity);
    expect(activeChecklists(incident).map(({ id }) => id)).toEqual(['sev1']);
    expect(incident).toMatchObject({ title: 'Complete API outage', steps: { 'sev1/redis': { mark: 'done' } } });
    expect(says).toMatch(/^now a service incident: 6 steps added/);
  });

  test('one that was opened as a security incident gets the title of its severity', () => {
    const security: Event = {
      kind: 'opened',
      title: 'Security incident',
      severity: 1,
      why: 'x',
      procedure: 'security',
    };
    const incident = tell(now - 60_000, [0, 'ops1', security]);
    const decision = decided({ do: 'type', type: 'service', why: 'a false alarm' }, incident);
    expect(decision).toMatchObject({ events: [{ kind: 'type', type: 'service', title: 'Complete API outage' }] });
  });

  test('is not changed to what it is', () => {
    expect(decided(toSecurity, story(isSecurity))).toEqual({ refused: 'it is already a security incident' });
  });
});
