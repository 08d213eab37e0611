// Ending an incident: what is still open is named, who was told is told, and only y ends it.
import { describe, expect, test } from 'vitest';
import type { Event } from '../../src/core/incident/event.ts';
import type { World } from '../../src/core/world/world.ts';
import { checklist } from '../../src/runbook/checklists.ts';
import { messageText } from '../../src/runbook/messages.ts';
import { dispatchKey } from '../../src/screens/shell/dispatch-key.ts';
import { frame } from '../../src/screens/shell/frame.ts';
import { type Intent, placeAt, type State } from '../../src/store.ts';
import { plannedRun } from '../support/every-screen.ts';
import { contextOf, tell } from '../support/story.ts';
import { calm, frameText, now, outage, pressing, stateOf } from '../support/worlds.ts';

const size = { columns: 80, rows: 24 };
const opened: Event = { kind: 'opened', title: 'Complete API outage', severity: 1, why: '5xx' };
const restarted: Event = {
  kind: 'action',
  run: 'one',
  action: 'restart-deployment',
  target: 'deployment/api-gateway',
  phase: 'verified',
};
const sentTo = (
  channel: 'pagerduty' | 'slack-alerts',
  purpose: 'trigger' | 'acknowledge' | 'notify' | 'resolve',
): Event => ({
  kind: 'notified',
  message: `${channel} ${purpose}`,
  channel,
  purpose,
  delivery: 'sent',
  text: 'x',
  key: 'page-7',
});
const allDone = checklist('sev1').steps.map(({ id }): Event => ({ kind: 'step', step: id, mark: 'done' }));

function at(world: World, ...events: readonly Event[]): State {
  const state = stateOf(world);
  return {
    ...state,
    incidentContext: contextOf('ops1'),
    incident: tell(now - 8 * 60_000, [0, 'ops1', opened], ...events.map((one) => [1, 'ops1', one] as const)),
    ui: { ...state.ui, stack: [state.ui.stack[0], placeAt('incident')] },
  };
}

const press = (state: State, key: string): readonly Intent[] => dispatchKey(state, frame(state, size), key, true);
const commands = (intents: readonly Intent[]) =>
  intents.flatMap((one) => (one.kind === 'send' && one.command.kind === 'incident' ? [one.command.what] : []));
const shown = (state: State, key: string) => frameText(pressing(state, size, key), size);
const accepted = (state: State, key: string, ...more: readonly string[]) =>
  commands(press(pressing(state, size, key, ...more), 'y'));

describe('an armed environment', () => {
  const armed = (state: State): State => ({
    ...state,
    arming: { state: 'armed', reason: 'x', since: now - 60_000, until: now + 600_000, activeAt: now },
  });
  const sent = (state: State, key: string, ...more: readonly string[]) =>
    press(pressing(state, size, key, ...more), 'y').flatMap((one) => (one.kind === 'send' ? [one.command.kind] : []));

  test('is read-only again with the end of the incident, and stays armed until it is mitigated', () => {
    const state = armed(at(calm, restarted, ...allDone));
    expect(shown(state, 'X')).toContain('disarm production: read-only again now');
    expect(sent(state, 'X').at(-1)).toBe('disarm');
    expect(sent(state, 'X')).toContain('incident');
    expect(shown(state, 'M')).not.toContain('disarm');
    expect(sent(state, 'M')).not.toContain('disarm');
  });

  test('stays armed on request, while an action runs, and where it is not armed', () => {
    const state = armed(at(calm, restarted, ...allDone));
    expect(sent(state, 'X', 'j', 'space')).not.toContain('disarm');
    const busy = { ...state, runs: { r: { ...plannedRun, id: 'r', phase: 'performing' as const } } };
    expect(shown(busy, 'X')).toContain('an action still runs');
    expect(sent(busy, 'X')).not.toContain('disarm');
    expect(shown(at(calm, restarted, ...allDone), 'X')).not.toContain('disarm');
  });
});

describe('X', () => {
  const told = [restarted, sentTo('pagerduty', 'acknowledge'), sentTo('slack-alerts', 'notify')];

  test('names critical facts, open steps and the page, and tells who was told', () => {
    const text = shown(at(outage, ...told), 'X');
    expect(text).toMatch(/● \d+ still critical: /);
    expect(text).toMatch(/▲ 5 open steps: Acknowledge the alert/);
    expect(text).toContain('▲ the page at PagerDuty is not resolved');
    expect(text).toMatch(/\[x\] resolve the page at PagerDuty, alert key:\n +page-7/);
    expect(text).toMatch(/\[x\] post to Slack #alerts\n +SEV1 Complete API outage \(PRODUCTION\), resolved after 8 m/);
    expect(text).toContain('y resolve anyway');
  });

  test('a step that is not needed is no open step, and no message calls it the next one', () => {
    const looked = allDone.slice(0, 4);
    const state = at(outage, restarted, ...looked, ...allDone.slice(4, 5), sentTo('slack-alerts', 'notify'));
    expect(shown(state, 'X')).not.toMatch(/open steps?:/);
    expect(state.incident && messageText(state.incident, outage, 'update')).toContain('NEEDS: nothing.');
    const needed = shown(at(outage, restarted, ...looked, sentTo('slack-alerts', 'notify')), 'X');
    expect(needed).toContain('▲ open step: Restart API gateway if needed');
  });

  test('only y resolves; the messages go first', () => {
    const state = at(outage, ...told);
    for (const key of ['enter', 'space', 'esc', 'x', 'X'])
      expect(commands(press(pressing(state, size, 'X'), key)), key).toEqual([]);
    expect(accepted(state, 'X')).toMatchObject([
      { do: 'notify', channel: 'pagerduty', purpose: 'resolve', key: 'page-7' },
      { do: 'notify', channel: 'slack-alerts', purpose: 'resolve' },
      { do: 'resolve', why: 'restart-deployment deployment/api-gateway' },
    ]);
  });

  test('with nothing open nothing is named', () => {
    const text = shown(at(calm, restarted, ...allDone), 'X');
    expect(text).not.toMatch(/still critical|open step|the page|anyway/);
    expect(accepted(at(calm, restarted, ...allDone), 'X')).toMatchObject([{ do: 'resolve' }]);
  });

  test('without a known fix a form asks for it, and enter in the form only leads to the review', () => {
    const form = pressing(at(calm, ...allDone), size, 'X');
    expect(frameText(form, size)).toContain('Resolve. What fixed it?');
    const review = pressing(form, size, ...'calm', 'enter');
    expect(frameText(review, size)).toMatch(/record: resolved\. Fixed by:\n +calm/);
    expect(commands(press(review, 'y'))).toMatchObject([{ do: 'resolve', why: 'calm' }]);
  });
});

describe('M', () => {
  test('names what is still critical, not the open steps', () => {
    const text = shown(at(outage, restarted), 'M');
    expect(text).toMatch(/● \d+ still critical: /);
    expect(text).not.toContain('open steps');
    expect(accepted(at(outage, restarted), 'M')).toMatchObject([{ do: 'mitigate' }]);
  });

  describe('right after an action', () => {
    const justFixed = (world: World): State => {
      const incident = tell(now - 8 * 60_000, [0, 'ops1', opened], [8 - 0.5 / 60, 'ops1', restarted]);
      return { ...at(world), incident };
    };
    const refreshes = (state: State, key: string) =>
      press(state, key).some((one) => one.kind === 'send' && one.command.kind === 'refresh');

    test('asks for new readings, and says that they are missing', () => {
      for (const key of ['M', 'X']) expect(refreshes(justFixed(outage), key), key).toBe(true);
      const text = shown(justFixed(outage), 'M');
      expect(text).toMatch(/▲ \d+ not read again since 03:14:06Z/);
      expect(text).not.toContain('still critical');
      expect(text).toContain('y mitigated without waiting for new readings');
      expect(shown(justFixed(outage), 'X')).toContain('y resolve anyway');
    });

    test('is judged by the readings that come while the review is open', () => {
      const open = pressing(justFixed(outage), size, 'M');
      const well = frameText({ ...open, world: calm }, size);
      expect(well).toMatch(/y mitigated {3}only/);
      const later = {
        ...outage,
        now: now + 5000,
        readings: { ...outage.readings, gateway: { ...outage.readings.gateway, at: now + 4000 } },
      };
      expect(frameText({ ...open, world: later as World }, size)).toContain('y mitigated anyway');
    });

    test('asks for nothing if all was read since, or nothing is critical', () => {
      expect(refreshes(at(outage, restarted), 'M')).toBe(false);
      expect(refreshes(justFixed(calm), 'M')).toBe(false);
    });
  });

  test('posts an update where the incident was announced, and never resolves the page', () => {
    const state = at(calm, restarted, sentTo('pagerduty', 'acknowledge'), sentTo('slack-alerts', 'notify'));
    expect(accepted(state, 'M')).toMatchObject([
      {
        do: 'notify',
        channel: 'slack-alerts',
        purpose: 'update',
        text: expect.stringContaining('mitigated') as string,
      },
      { do: 'mitigate' },
    ]);
  });
});

describe('K', () => {
  test('cancels an incident that was opened by mistake: who was told is told, a page of another tool stays', () => {
    const state = at(calm, sentTo('pagerduty', 'acknowledge'), sentTo('slack-alerts', 'notify'));
    expect(shown(state, 'K')).toMatch(
      /\[ \] resolve the page[\s\S]*\[x\] post to Slack #alerts[\s\S]*opened by mistake/,
    );
    expect(accepted(state, 'K')).toMatchObject([
      {
        do: 'notify',
        channel: 'slack-alerts',
        purpose: 'resolve',
        text: expect.stringContaining('cancelled') as string,
      },
      { do: 'cancel', why: 'opened by mistake' },
    ]);
  });

  test('resolves a page that this incident opened, unless it is switched off', () => {
    const state = at(calm, sentTo('pagerduty', 'trigger'));
    expect(accepted(state, 'K')).toMatchObject([
      { do: 'notify', channel: 'pagerduty', purpose: 'resolve' },
      { do: 'cancel' },
    ]);
    expect(accepted(state, 'K', 'down', 'space')).toMatchObject([{ do: 'cancel' }]);
  });

  test('a cancelled incident says so, and can be reopened', () => {
    const state = at(calm, { kind: 'cancelled', why: 'a test alert' });
    expect(frameText(state, size)).toMatch(/cancelled after/);
    expect(frameText(at(calm), size)).toMatch(/actions {3}r acknowledge and notify/);
    expect(frameText(state, size)).not.toMatch(/actions {3}|appears done/);
    expect(press(state, 'K')).toMatchObject([
      { kind: 'notice', says: expect.stringContaining('cancelled; O reopens it') as string },
    ]);
    expect(shown(state, 'O')).toContain('Reopen. What came back?');
  });
});

test('a security incident posts nothing when it ends, unless it is switched on', () => {
  const state = at(
    calm,
    restarted,
    { kind: 'procedure', procedure: 'security', change: 'added' },
    sentTo('slack-alerts', 'notify'),
  );
  for (const key of ['M', 'X', 'K']) {
    expect(shown(state, key)).toContain('[ ] post to Slack #alerts');
    expect(accepted(state, key), key).toHaveLength(1);
  }
});
