// Taking an incident: one review, one y.
import { describe, expect, test } from 'vitest';
import { dispatchKey } from '../../src/screens/shell/dispatch-key.ts';
import { frame } from '../../src/screens/shell/frame.ts';
import { type Intent, placeAt, type State } from '../../src/store.ts';
import { contextOf, tell } from '../support/story.ts';
import { frameText, outage, pressing, stateOf } from '../support/worlds.ts';

const size = { columns: 80, rows: 24 };

function choosing(more: Partial<State> = {}): State {
  const state = { ...stateOf(outage), incidentContext: contextOf('ops1'), ...more };
  return { ...state, ui: { ...state.ui, stack: [state.ui.stack[0], placeAt('incident')] } };
}

const press = (state: State, key: string, alone = true): readonly Intent[] =>
  dispatchKey(state, frame(state, size), key, alone);
const commands = (intents: readonly Intent[]) =>
  intents.flatMap((one) =>
    one.kind === 'send' ? [one.command.kind === 'incident' ? one.command.what : one.command] : [],
  );

describe('the review of taking an incident', () => {
  const review = () => pressing(choosing(), size, 'enter');

  test('as drawn: each effect with its whole text, arming off', () => {
    expect(frameText(review(), size)).toMatchInlineSnapshot(`
      " PRODUCTION   read-only            ● CRITICAL  5 critical, 1 warning   03:14:07Z
       ● gateway 503 unhealthy  ·  ● api-gateway 1/3 ready  +4 more
      ────────────────────────────────────────────────────────────────────────────────
       OPEN AN INCIDENT  select a severity
       suggested SEV1: health: 503 unhealthy, orchestrator error; no new studies

      ▌SEV1 Complete API outage  API returning 5xx for all requests  suggested
         yes Health check failing  503 unhealthy, orchestrator error
         no  All API requests returning 5xx  38 % of 1 310 requests fail
      ─ Take SEV1 Complete API outage ─────────────────────────────────  PRODUCTION  ─

      ▸ [x] open the incident, with you as commander and in control
        [x] acknowledge the page at PagerDuty
        [x] post to Slack #alerts
            SEV1 Complete API outage (production), open since 03:14Z, commander
            ops1: gateway 503 unhealthy, orchestrator error; api-gateway 1/3 ready,
            rollout stuck, CrashLoopBackOff, OOMKilled; and 4 more. Next update by
            03:44Z.
        [ ] arm production for 15 m, reason:
            SEV1 Complete API outage

        y take it   only what is switched on
      ────────────────────────────────────────────────────────────────────────────────
       space on or off  enter edit  ↑↓ choose  esc cancel"
    `);
  });

  test('enter on a severity sends nothing; y does what is on, in order', () => {
    expect(commands(press(choosing(), 'enter'))).toEqual([]);
    expect(commands(press(review(), 'y'))).toMatchObject([
      { do: 'open', severity: 1 },
      { do: 'notify', channel: 'pagerduty', purpose: 'acknowledge' },
      { do: 'notify', channel: 'slack-alerts', purpose: 'notify', text: expect.stringContaining('SEV1') as string },
    ]);
  });

  test('has the message to stakeholders for a person whose entries are signed, too', () => {
    const context = contextOf('ops1');
    const signed = { ...context, self: { ...context.self, key: 'a-key' } };
    const sent = commands(press(pressing(choosing({ incidentContext: signed }), size, 'enter'), 'y'));
    expect(sent.at(-1)).toMatchObject({ channel: 'slack-alerts', text: expect.stringContaining('SEV1') as string });
  });

  test('a burst of keys takes nothing; esc, q and n neither', () => {
    expect(commands(press(review(), 'y', false))).toEqual([]);
    for (const key of ['esc', 'q', 'n']) {
      expect(commands(press(review(), key))).toEqual([]);
      expect(press(review(), key)).toContainEqual({ kind: 'notice', says: 'cancelled; nothing was done' });
    }
  });

  test('space switches a line off and on; opening is always done', () => {
    const quiet = pressing(review(), size, 'j', 'space', 'j', 'space');
    expect(commands(press(quiet, 'y'))).toMatchObject([{ do: 'open' }]);
    expect(commands(press(pressing(quiet, size, 'space'), 'y'))).toMatchObject([
      { do: 'open' },
      { channel: 'slack-alerts' },
    ]);
    expect(press(review(), 'space')).toMatchObject([{ kind: 'notice' }]);
  });

  test('arms last, with the incident as the reason', () => {
    const armed = pressing(review(), size, 'j', 'j', 'j', 'space');
    expect(commands(press(armed, 'y')).at(-1)).toEqual({ kind: 'arm', reason: 'SEV1 Complete API outage' });
  });

  test('enter edits a text and comes back; esc there changes nothing', () => {
    const editing = pressing(review(), size, 'j', 'j', 'enter');
    expect(editing.ui.overlay.kind).toBe('form');
    const edited = pressing(editing, size, '!', 'enter');
    expect(commands(press(edited, 'y')).at(-1)).toMatchObject({ text: expect.stringMatching(/!$/) as string });
    expect(commands(press(pressing(editing, size, '!', 'esc'), 'y')).at(-1)).not.toMatchObject({
      text: expect.stringMatching(/!$/) as string,
    });
    const key = pressing(review(), size, 'j', 'enter', ...'p1', 'enter');
    expect(commands(press(key, 'y'))[1]).toMatchObject({ channel: 'pagerduty', key: 'p1' });
  });

  test('a channel that is not configured says so, and cannot be switched on', () => {
    const context = contextOf('ops1');
    const bare = { ...context, channels: context.channels.map((one) => ({ ...one, configured: false })) };
    const state = pressing(choosing({ incidentContext: bare }), size, 'enter');
    expect(frameText(state, size)).toContain('not configured');
    expect(commands(press(pressing(state, size, 'j', 'space'), 'y'))).toMatchObject([{ do: 'open' }]);
  });

  test('an unguarded environment is not armed; a security incident is not announced', () => {
    expect(frameText(pressing(choosing({ arming: { state: 'open' } }), size, 'enter'), size)).not.toContain('] arm');
    const security = pressing(choosing(), size, 'v', ...'security', 'enter');
    expect(commands(press(security, 'y'))).toMatchObject([
      { do: 'open', procedure: 'security' },
      { channel: 'pagerduty' },
    ]);
  });

  test('the checklist starts at its first step, unfiltered, wherever the marker stood among the severities', () => {
    const security = pressing(choosing(), size, '/', ...'security', 'enter', 'enter', 'y');
    const incident = tell(security.world.now, [
      0,
      'ops1',
      { kind: 'opened', title: 'Security incident', severity: 1, procedure: 'security', why: 'a key leaked' },
    ]);
    expect(frameText({ ...security, incident }, size)).toMatch(
      /▌○ 1 Isolate affected systems[\s\S]*7 Post-incident review/,
    );
  });
});
