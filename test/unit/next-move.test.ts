// The next move over the whole life of an incident, from its opening to its report.
import { describe, expect, test } from 'vitest';
import type { IncidentContext } from '../../src/core/incident/context.ts';
import type { Event } from '../../src/core/incident/event.ts';
import type { Incident } from '../../src/core/incident/incident.ts';
import type { World } from '../../src/core/world/world.ts';
import { checklist } from '../../src/runbook/checklists.ts';
import { knownOf } from '../../src/runbook/messages.ts';
import { type Move, nextMove } from '../../src/runbook/next-move.ts';
import { offersOf } from '../../src/runbook/offers.ts';
import { suggestSeverity } from '../../src/runbook/suggest-severity.ts';
import { contextOf, tell } from '../support/story.ts';
import { calm, now, outage } from '../support/worlds.ts';

const minute = 60_000;
const opened: Event = { kind: 'opened', title: 'Complete API outage', severity: 1, why: '5xx' };
const acknowledged: Event = { kind: 'acknowledged' };
const steps = checklist('sev1').steps.map(({ id }) => id);
const done = (step: string): Event => ({ kind: 'step', step, mark: 'done' });
const doneTo = (count: number): readonly Event[] => [acknowledged, ...steps.slice(0, count).map(done)];
const ran: Event = {
  kind: 'action',
  run: 'r',
  action: 'restart-deployment',
  target: 'deployment/api-gateway',
  phase: 'verified',
};
const message = (delivery: 'sent' | 'failed', purpose: 'notify' | 'resolve' = 'notify'): Event => ({
  kind: 'notified',
  message: purpose,
  channel: 'slack-alerts',
  to: 'Slack #alerts',
  purpose,
  delivery,
  text: 'x',
});
const mitigated: Event = { kind: 'mitigated', why: 'restarted' };
const resolved: Event = { kind: 'resolved', why: 'restarted' };

const story = (minutes: number, ...events: readonly Event[]): Incident =>
  tell(now - minutes * minute, [0, 'ops1', opened], ...events.map((one) => [minutes, 'ops1', one] as const));

function move(
  incident: Incident,
  world: World = outage,
  context: IncidentContext = contextOf('ops1'),
): Move | undefined {
  return nextMove(incident, {
    world,
    context,
    suggestion: suggestSeverity(world),
    offers: (step) => offersOf(step, world, knownOf(incident)),
  });
}

describe('an incident in control of this cockpit', () => {
  test.each<[string, Incident, World, object]>([
    ['just opened', story(1), outage, { kind: 'acknowledge', page: true }],
    ['acknowledged', story(1, acknowledged), outage, { kind: 'offer', step: { id: 'sev1/acknowledge' } }],
    [
      'a message that failed just now',
      story(1, acknowledged, message('failed')),
      outage,
      { kind: 'again', name: 'Slack #alerts' },
    ],
    ['a bad check without an action', story(1, ...doneTo(1)), outage, { kind: 'do', step: { id: steps[1] } }],
    ['one check that passes', story(1, ...doneTo(3)), outage, { kind: 'accept', step: { id: steps[3] }, count: 1 }],
    ['checks that pass', story(1, ...doneTo(2)), outage, { kind: 'accept', step: { id: steps[2] }, count: 2 }],
    [
      'an action that comes before the recommended one: the new revision crashes',
      story(1, ...doneTo(4)),
      outage,
      { kind: 'offer', step: { id: steps[4] }, offer: { action: 'rollback-deployment', key: 'f' } },
    ],
    [
      'an action that ran',
      story(1, ...doneTo(4), ran),
      outage,
      { kind: 'decide', step: { id: steps[4] }, advice: { ran: true } },
    ],
    [
      'a decision that is not needed',
      story(1, ...doneTo(5)),
      outage,
      { kind: 'decide', step: { id: steps[5] }, advice: { answer: 'no' } },
    ],
    ['a fix, and the facts are clear', story(1, ...doneTo(4), ran), calm, { kind: 'mitigate', clear: true }],
    ['all steps, the facts still bad', story(1, ...doneTo(6)), outage, { kind: 'mitigate', clear: false }],
    ['an update that is due in 4 minutes', story(26, ...doneTo(4)), outage, { kind: 'update', silent: false }],
    ['a late update', story(40, ...doneTo(4)), outage, { kind: 'update' }],
    ['mitigated with steps left', story(1, ...doneTo(5), mitigated), calm, { kind: 'decide', step: { id: steps[5] } }],
    [
      'mitigated, all steps',
      story(1, ...doneTo(6), message('sent'), mitigated),
      calm,
      { kind: 'resolve', names: ['Slack #alerts'] },
    ],
    ['resolved, Slack not told', story(1, message('sent'), resolved), calm, { kind: 'tell', names: ['Slack #alerts'] }],
    [
      'resolved, everybody told',
      story(1, message('sent'), message('sent', 'resolve'), resolved),
      calm,
      { kind: 'report' },
    ],
    ['reopened', story(1, ...doneTo(6), resolved, { kind: 'reopened', why: 'again' }), outage, { kind: 'mitigate' }],
  ])('%s', (_, incident, world, expected) => {
    expect(move(incident, world)).toMatchObject(expected);
  });

  test('a due reminder comes before the steps', () => {
    const remind: Event = { kind: 'reminder', about: 'the status page', due: now };
    expect(move(story(1, ...doneTo(1), remind))).toEqual({ kind: 'reminder', about: 'the status page' });
  });

  test('an update of a security incident is not posted', () => {
    const security: Event = { kind: 'type', type: 'security', title: 'Security incident', why: 'a key' };
    expect(move(story(40, acknowledged, security))).toMatchObject({ kind: 'update', silent: true });
  });

  test('without PagerDuty the journal acknowledges', () => {
    expect(move(story(1), outage, contextOf('ops1', { channels: [] }))).toEqual({ kind: 'acknowledge', page: false });
  });
});

test('unknown facts never say that users can work again', () => {
  const readings = { ...calm.readings, gateway: { state: 'pending' } } as const;
  expect(move(story(1, ...doneTo(6), ran), { ...calm, readings })).toMatchObject({ kind: 'mitigate', clear: false });
});

test('who watches has no move; where nobody is in control, taking it is the move', () => {
  const incident = story(1, acknowledged);
  expect(move(incident, outage, contextOf('ops1', { observing: true }))).toBeUndefined();
  const other = { ...contextOf('ops1').self, session: 'session-ops1', at: 0, driving: true, observing: false };
  expect(move(incident, outage, contextOf('ops2', { here: [other] }))).toBeUndefined();
  expect(move(incident, outage, contextOf('ops2'))).toEqual({ kind: 'control' });
});

test('a cancelled incident needs no report', () => {
  expect(move(story(1, { kind: 'cancelled', why: 'a test' }), calm)).toBeUndefined();
  expect(move(story(1, message('sent'), { kind: 'cancelled', why: 'a test' }), calm)).toMatchObject({ kind: 'tell' });
});
