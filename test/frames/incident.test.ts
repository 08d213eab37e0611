// The incident's screens at 80×24 and 200×50, from literal worlds.
import { describe, expect, test } from 'vitest';
import type { Event } from '../../src/core/incident/event.ts';
import { checklists } from '../../src/runbook/checklists.ts';
import { offeredIn } from '../../src/screens/incident/offers.ts';
import { screens } from '../../src/screens/index.ts';
import { dispatchKey } from '../../src/screens/shell/dispatch-key.ts';
import { frame } from '../../src/screens/shell/frame.ts';
import { reduce } from '../../src/screens/shell/reducer.ts';
import { banner } from '../../src/screens/toolkit/banner-font.ts';
import { type Intent, placeAt, type State } from '../../src/store.ts';
import { contextOf, tell } from '../support/story.ts';
import { calm, frameText, live, now, outage, pressing, stateOf } from '../support/worlds.ts';

const small = { columns: 80, rows: 24 };
const large = { columns: 200, rows: 50 };
const minute = 60_000;
const opened: Event = { kind: 'opened', title: 'Complete API outage', severity: 1, why: '5xx' };
const story = (...more: readonly (readonly [number, string, Event])[]) =>
  tell(now - 7.5 * minute, [0, 'ops1', opened], ...more);

function at(screen: string, more: Partial<State> = {}, world = outage): State {
  const state = stateOf(world);
  return {
    ...state,
    incidentContext: contextOf('ops1'),
    ...more,
    ui: { ...state.ui, stack: [state.ui.stack[0], placeAt(screen)] },
  };
}

const sent = (state: State, key: string): readonly Intent[] => dispatchKey(state, frame(state, small), key);
const commandOf = (intents: readonly Intent[]) =>
  intents.flatMap((one) => (one.kind === 'send' && one.command.kind === 'incident' ? [one.command.what] : []));

test('after the last step the screen names the keys that end the incident', () => {
  const steps = checklists.find(({ id }) => id === 'sev1')?.steps ?? [];
  const done = steps.map(({ id }, i) => [i, 'ops1', { kind: 'step', step: id, mark: 'done' } as Event] as const);
  const says = (...events: readonly (readonly [number, string, Event])[]) =>
    frameText(at('incident', { incident: story(...events) }), small);
  expect(says(...done)).toContain('next  M mitigated, once users can work again');
  expect(says(...done, [7, 'ops1', { kind: 'mitigated', why: 'restarted' }])).toMatch(/next {2}X resolve/);
  expect(says(...done.slice(1))).not.toContain('X resolve');
});

describe('opening', () => {
  test('shows each severity with its symptoms, the suggested one under the marker', () => {
    expect(frameText(at('incident'), small)).toMatchInlineSnapshot(`
      " PRODUCTION   read-only            ● CRITICAL  5 critical, 1 warning   03:14:07Z
       ● gateway 503 unhealthy  ·  ● api-gateway 1/3 ready  +4 more
      ────────────────────────────────────────────────────────────────────────────────
       OPEN AN INCIDENT  select a severity
       suggested SEV1: health: 503 unhealthy, orchestrator error; no new studies

      ▌SEV1 Complete API outage  API returning 5xx for all requests  suggested
         yes Health check failing  503 unhealthy, orchestrator error
         no  All API requests returning 5xx  38 % of 1 310 requests fail
         yes No new studies being created  none in the last 10 minutes
       SEV2 High study failure rate  Major degradation: Study execution failing >50%
         no  Studies completing with >50% failure rate
         yes Specific surfaces consistently failing  71 %, 312 failures in 2 studies
       SEV3 Single surface failing  Minor degradation: Single surface adapter failing
         yes One surface adapter returning errors  openai-api 71 %
         yes Other surfaces working normally  2 of 3 work normally
       SEV4 Low impact  Low impact: Slow response times, cosmetic issues
         yes Slow response times  4 210 ms (critical > 2 000 ms in 5 min)
         yes Error Rate above its threshold  38 % (critical > 5 % in 5 min)
         yes Queue Depth above its threshold  1 320 (warning > 1 000)
       Security incident  possible unauthorized access

      ────────────────────────────────────────────────────────────────────────────────
       enter open  v severity  a act  l logs  / filter  esc back  : commands  ? help"
    `);
  });

  test('enter reviews the suggested severity, v a typed one; digits go to the panes', () => {
    const opened = (...keys: readonly string[]) => commandOf(sent(pressing(at('incident'), small, ...keys), 'y'))[0];
    expect(opened('enter')).toMatchObject({ do: 'open', severity: 1 });
    const named = (...keys: readonly string[]) => opened('v', ...keys, 'enter');
    expect(named('2')).toMatchObject({ do: 'open', severity: 2 });
    expect(named('down', 'down', 'down')).toMatchObject({ do: 'open', severity: 3 });
    expect(named(...'security')).toMatchObject({ do: 'open', severity: 1, procedure: 'security' });
    expect(named()).toBeUndefined();
    for (const digit of ['1', '2', '3', '4', '5'])
      expect(sent(at('incident'), digit)).toEqual([{ kind: 'home', pane: expect.any(String) }]);
  });

  const pending = (since?: number) =>
    stateOf({
      ...calm,
      readings: Object.fromEntries(
        Object.keys(calm.readings).map((id) => [id, { state: 'pending', ...(since === undefined ? {} : { since }) }]),
      ) as never,
    });
  const partly = stateOf({ ...calm, readings: { ...calm.readings, gateway: { state: 'pending', since: calm.now } } });
  const fault = { kind: 'refused', where: 'redis', what: 'connection refused', hint: 'start it' } as const;
  const first = { ...pending(calm.now).world.readings, redis: { state: 'lost', fault, at: calm.now } } as const;

  test.each([
    ['nothing is wrong', stateOf(calm), 'no problem detected'],
    ['nobody was asked yet', pending(), 'no answer yet'],
    ['all are still being asked', pending(calm.now), 'no answer yet'],
    ['the gateway is still being asked', partly, 'waiting for the gateway'],
    ['only one answered, that it is refused', stateOf({ ...calm, readings: first }), 'waiting for the gateway'],
  ])('%s: no severity is marked; enter and digits open none and say why', (_, state, why) => {
    const there = pressing({ ...state, incidentContext: contextOf('ops1') }, small, 'i');
    const { row, list } = frame(there, small);
    expect(row).toBeUndefined();
    expect(frameText(there, small)).not.toContain('▌');
    expect(list.unmarked).toContain(why);
    expect(sent(there, 'enter')).toEqual([{ kind: 'notice', says: expect.stringContaining(why), verdict: 'unknown' }]);
    for (const key of ['enter', 'space', 'y', '1', '2', '3', '4', '5', 'right'])
      expect(commandOf(sent(there, key)), key).toEqual([]);
    // Whoever moves to one, or names it, means it; nothing has to be reachable for that.
    const taken = (...keys: readonly string[]) => commandOf(sent(pressing(there, small, ...keys, 'enter'), 'y'));
    expect(taken('j', 'j')[0]).toMatchObject({ do: 'open', severity: 2 });
    expect(taken('v', '1')[0]).toMatchObject({ do: 'open', severity: 1 });
  });
});

describe('a checklist', () => {
  const incident = story(
    [
      1,
      'ops1',
      {
        kind: 'step',
        step: 'sev1/acknowledge',
        mark: 'done',
        found: { state: 'pass', because: 'told on slack-alerts' },
      },
    ],
    [
      3,
      'ops2',
      {
        kind: 'step',
        step: 'sev1/gateway-status',
        mark: 'done',
        found: { state: 'fail', because: '2 of 3 pods crash, exit 137' },
      },
    ],
  );
  const third = () =>
    reduce(
      at('incident', { incident }),
      { kind: 'select', row: 'sev1/database' },
      { rows: [], page: 10, selectable: true },
    );

  test('the war room names the incident and its duration in large letters', () => {
    const text = frameText(pressing(stateOf(outage, { incident }), small, 'w'), small);
    for (const row of banner('SEV1 00:07')) expect(text).toContain(row.trimEnd());
  });

  test('shows what was done by whom; evidence, command and recommendation of the step under the marker', () => {
    expect(frameText(third(), small)).toMatchInlineSnapshot(`
      " PRODUCTION   read-only            ● CRITICAL  5 critical, 1 warning   03:14:07Z
       SEV1 Complete API outage   00:07:30   commander and control: you   update 22 m
      ────────────────────────────────────────────────────────────────────────────────
       SEV1 Complete API outage  step 3 of 6                             open 00:07:30
       ✓ 1 Acknowledge the alert and notify stakeholders                   ops1  03:07
       ✓ 2 Check API gateway status           2 of 3 pods crash, exit 137  ops2  03:09
      ▌○ 3 Check database connectivity        ✓ SELECT 1 in 3 ms, 41 of 97 connections
           ✓ primary                                                          1 s ago
               SELECT 1 in 3 ms, 41 of 97 connections, not in recovery
           ✓ replica  streaming, 0.4 s behind                         checked 1 s ago
           command   psql -h db-primary.bentham.io -U bentham -c "SELECT 1"
           more      o the sessions
           appears done: SELECT 1 in 3 ms, 41 of 97 connections, not in recovery
       ○ 4 Check Redis                                    ✓ redis PONG in 1 ms, master
       ? 5 Restart API gateway if needed          roll back first: revision 42 crashes
       – 6 Fail over to the replica if the database is down                 not needed





       next  * accept 2 steps: their checks pass
      ────────────────────────────────────────────────────────────────────────────────
       enter open  space done  s skip  m messages  * accept  esc back  :  ? help"
    `);
  });

  test('at 200×50', () => {
    expect(frameText(third(), large)).toContain('command   psql -h db-primary.bentham.io -U bentham -c "SELECT 1"');
  });

  test('i goes to the next open step', () => {
    const home = { ...stateOf(outage), incidentContext: contextOf('ops1'), incident };
    expect(pressing(home, small, 'i').ui.stack.at(-1)?.selected).toBe('sev1/database');
  });

  test('space marks a step as done, y copies its command, s asks for a reason', () => {
    expect(commandOf(sent(third(), 'space'))).toEqual([{ do: 'step', step: 'sev1/database', mark: 'done' }]);
    expect(sent(third(), 'y')).toContainEqual(
      expect.objectContaining({ kind: 'copy', text: 'psql -h db-primary.bentham.io -U bentham -c "SELECT 1"' }),
    );
    const asked = pressing(third(), small, 's');
    expect(frameText(asked, small)).toContain('Skip: Check database connectivity');
    expect(frameText(pressing(asked, small, 'enter'), small)).toContain('this field is required');
    expect(commandOf(sent(pressing(asked, small, ...'known'), 'enter'))).toEqual([
      { do: 'step', step: 'sev1/database', mark: 'skipped', why: 'known' },
    ]);
  });

  test('a decision has its recommendation filled in', () => {
    const fifth = reduce(
      third(),
      { kind: 'select', row: 'sev1/restart-gateway' },
      { rows: [], page: 10, selectable: true },
    );
    const asked = pressing(fifth, small, 'space');
    expect(frameText(asked, small)).toMatch(/recommended: no, roll back first, because revision 42 crashes/);
    const decided = sent(pressing(asked, small, 'enter'), 'enter');
    expect(commandOf(decided)).toMatchObject([{ do: 'decide', step: 'sev1/restart-gateway', answer: 'no' }]);
    expect(decided).toContainEqual({ kind: 'select', row: 'sev1/failover' });
  });

  test('after its action ran, a decision recommends yes, even if the facts no longer do', () => {
    const on = (target: string, ...phases: readonly ('started' | 'verified' | 'failed')[]) => {
      const ran = { kind: 'action', run: 'r1', action: 'restart-deployment', target } as const;
      const incident = story(...phases.map((phase) => [minute, 'ops1', { ...ran, phase }] as const));
      return reduce(
        at('incident', { incident }, calm),
        { kind: 'select', row: 'sev1/restart-gateway' },
        { rows: [], page: 10, selectable: true },
      );
    };
    const restarted = on('deployment/api-gateway', 'started', 'verified');
    expect(frameText(restarted, small)).toMatch(
      /\? 5 Restart API gateway if needed +✓ restarted \d\d:\d\d, verified; record it\?/,
    );
    expect(frameText(restarted, small)).toMatch(
      /restart the API gateway\? {2}recommended: yes because it was already run/,
    );
    expect(commandOf(sent(restarted, 'space'))).toMatchObject([
      { do: 'decide', step: 'sev1/restart-gateway', answer: 'yes' },
    ]);
    for (const other of [
      on('deployment/executor', 'started', 'verified'),
      on('deployment/my-api-gateway', 'started', 'verified'),
      on('deployment/api-gateway', 'started', 'failed'),
      on('deployment/api-gateway', 'started'),
    ])
      expect(frameText(pressing(other, small, 'space'), small)).toContain('recommended: no');
  });

  test('once it is decided, nothing is recommended any more', () => {
    const decided = (...answers: readonly ('yes' | 'no')[]) =>
      reduce(
        at('incident', {
          incident: story(
            ...answers.map(
              (answer) =>
                [minute, 'ops1', { kind: 'decision', step: 'sev1/restart-gateway', answer, why: 'x' }] as const,
            ),
          ),
        }),
        { kind: 'select', row: 'sev1/restart-gateway' },
        { rows: [], page: 10, selectable: true },
      );
    expect(frameText(decided(), small)).toContain('recommended:');
    for (const answer of ['yes', 'no'] as const) {
      expect(frameText(decided(answer), small)).not.toContain('recommended:');
      expect(frameText(decided(answer), small)).not.toContain('appears done');
    }
  });

  test('an action of a step starts at once: with its plan for the target, or its question', () => {
    const fifth = reduce(
      third(),
      { kind: 'select', row: 'sev1/restart-gateway' },
      { rows: [], page: 10, selectable: true },
    );
    const intents = sent(fifth, 'r');
    expect(intents.map((one) => one.kind)).toEqual(['send', 'open', 'confirm']);
    expect(intents[0]).toMatchObject({
      command: {
        kind: 'run',
        what: { do: 'plan', action: 'restart-deployment', target: { deployment: 'api-gateway' } },
      },
    });
    const disable = at('incident', { incident: story([1, 'ops1', { kind: 'severity', severity: 3, why: 'x' }]) });
    expect(sent(disable, 'r')[0]).toMatchObject({ command: { what: { target: { surface: 'openai-api' } } } });
    const nothingFails = at('incident', { incident: disable.incident }, calm);
    expect(sent(nothingFails, 'r')).toMatchObject([{ kind: 'form', form: { title: 'Disable a surface' } }]);
  });

  test.each(checklists.map((list) => [list.id, list] as const))(
    '%s: every step can be reached and completed with the keyboard at 80×24',
    (id, list) => {
      const named = list.severity ? { severity: list.severity } : { procedure: id };
      const worked = tell(now, [0, 'ops1', { ...opened, ...named }]);
      const home = { ...stateOf(outage), incidentContext: contextOf('ops1'), incident: worked };
      let state = pressing(home, small, 'i', 'g');
      const seen: string[] = [];
      for (const [index, step] of list.steps.entries()) {
        const { row } = frame(state, small);
        seen.push(row?.id ?? '');
        const text = frameText(state, small);
        expect(text).toContain(`▌${step.decision ? '' : '○ '}`);
        expect(text).toContain(`${index + 1} ${step.say}`.slice(0, 60));
        // Everything that helps to do it is in sight, down to the keys of what it offers.
        for (const { key, title } of offeredIn(step, state)) expect(text).toContain(`${key} ${title}`);
        if (step.goes) expect(text).toContain(`o ${step.goes.title}`);
        if (step.byHand) expect(text).toContain('command');
        for (const link of step.links ?? []) expect(text).toContain(link.url);
        if (step.waits) expect(text).toContain('e sets a reminder');
        const pressed = sent(state, 'space');
        if (step.decision) expect(pressed).toMatchObject([{ kind: 'form', form: { title: step.decision.question } }]);
        else expect(commandOf(pressed)).toEqual([{ do: 'step', step: step.id, mark: 'done' }]);
        expect(sent(state, 's')).toMatchObject([{ kind: 'form', form: { title: `Skip: ${step.say}` } }]);
        state = pressing(state, small, 'j');
      }
      expect(seen).toEqual(list.steps.map((step) => step.id));
    },
  );

  test('at 80×24 a command of two lines is whole', () => {
    const incident = tell(now - 60_000, [0, 'ops1', { ...opened, severity: 4 }]);
    const first = at('incident', { incident });
    const state = reduce(first, { kind: 'select', row: 'sev4/p95' }, frame(first, small).list);
    expect(frameText(state, small)).toMatch(
      /command {3}kubectl scale deployment\/api-gateway --replicas=<count> -n\n +bentham-prod/,
    );
  });

  test('at 80×24 the error messages leave room for the keys of their actions', () => {
    const messages = [
      'Invalid session: login required',
      'Captcha detected on page 1',
      'Invalid session: token expired',
      'Connection timeout after 30000 ms',
      'Unexpected token < in JSON at position 0',
    ];
    const { surfaces } = outage.readings;
    if (surfaces.state !== 'live') throw new Error('the outage is live');
    const counted = messages.map((error, n) => ({ error, count: 400 - n }));
    const value = { ...surfaces.value, messages: counted };
    const world = { ...outage, readings: { ...outage.readings, surfaces: live(value) } };
    const incident = tell(now - 60_000, [0, 'ops1', { ...opened, severity: 2 }]);
    const first = at('incident', { incident }, world);
    const select = { kind: 'select', row: 'sev2/error-messages' } as const;
    const state = reduce(first, select, frame(first, small).list);
    const text = frameText(state, small);
    expect(text).toMatch(
      /● 400 × +“Invalid session: login required” → session expired: +1 s ago\n +clear session pool/,
    );
    expect(text).toMatch(/actions {3}.*clean up old sessions/);
  });

  test('evidence always shows its age, and long text wraps below', () => {
    const text = frameText(third(), small);
    expect(text).toMatch(/✓ primary +1 s ago\n +SELECT 1 in 3 ms, 41 of 97 connections, not in recovery\n/);
    expect(text).not.toMatch(/^▌.*…/m);
    expect(text).toMatch(/✓ replica .*checked 1 s ago/);
    const slow = at('incident', { incident: tell(now, [0, 'ops1', { ...opened, severity: 4 }]) });
    expect(frameText(slow, small)).toMatch(/API p95 +4 210 ms .*1 s ago/);
  });

  test('after the severity is lowered, completed steps stay visible', () => {
    const lowered = story(
      [3, 'ops1', { kind: 'step', step: 'sev1/redis', mark: 'done' }],
      [5, 'ops1', { kind: 'severity', severity: 3, why: 'one surface' }],
    );
    const text = frameText(at('incident', { incident: lowered }), small);
    expect(text).toContain('1 Disable the surface temporarily');
    expect(text).toContain('– Check Redis  (from SEV1, done)');
    expect(text).toContain('now suggested: SEV');
  });

  test('an added procedure follows the checklist', () => {
    const more = story([1, 'ops1', { kind: 'procedure', procedure: 'security', change: 'added' }]);
    const text = frameText(at('incident', { incident: more }), large);
    expect(text).toContain('Security incident response');
    expect(text).toContain('7 Post-incident review');
  });
});

describe('several cockpits', () => {
  const incident = story();
  const here = (...names: string[]) =>
    names.map((name) => ({
      session: `session-${name}`,
      user: name,
      name,
      host: 'bastion',
      at: 0,
      driving: name === 'ops1',
      observing: false,
    }));

  test('every frame names who is in control, and others cannot work the checklist', () => {
    const state = at('incident', { incident, incidentContext: contextOf('ops2', { here: here('ops2', 'ops1') }) });
    expect(frameText(state, small)).toContain('control: ops1');
    expect(frameText({ ...state, ui: { ...state.ui, stack: [state.ui.stack[0]] } }, small)).toContain('control: ops1');
    expect(sent(state, 'space')).toEqual([
      { kind: 'notice', says: 'done: ops1 is in control: W takes control', verdict: 'unknown' },
    ]);
    const asked = pressing(state, small, 'W');
    expect(frameText(asked, small)).toContain('Take control');
    expect(commandOf(sent(asked, 'y'))).toEqual([{ do: 'control', why: 'taken from ops1' }]);
  });

  test('the cockpit in control says so on every frame', () => {
    for (const screen of ['cockpit', 'incident', 'timeline', 'people', 'pods', 'logs'])
      expect(frameText(at(screen, { incident }), small)).toContain('control: you');
  });

  test('after its controller disconnected, the incident continues at the same step with the action’s outcome unknown', () => {
    const gone = story([
      2,
      'ops1',
      { kind: 'action', run: 'r1', action: 'restart-deployment', target: 'api-gateway', phase: 'started' },
    ]);
    const state = at('incident', { incident: gone, incidentContext: contextOf('ops2', { here: here('ops2') }) });
    const text = frameText(state, small);
    expect(text).toContain('restart-deployment api-gateway: outcome unknown');
    expect(text).toContain('ops1 was in control and is not connected: W takes control');
    expect(text).toContain('control: nobody (ops1 left)');
  });

  test('of a controller that does not answer it is not said that it left', () => {
    const { control } = incident;
    const began = { kind: 'action', run: 'r1', action: 'evict-redis', target: 'cache', phase: 'started' } as const;
    const running = {
      incident: story([2, 'ops1', began]),
      incidentContext: contextOf('ops2', { here: here('ops2'), silent: [control.session] }),
    };
    expect(frameText(at('incident', running), large)).toContain('its cockpit does not answer; ops1 may still run it');
    const silent = { incident, incidentContext: contextOf('ops2', { here: here('ops2'), silent: [control.session] }) };
    const text = (screen: string) => frameText(at(screen, silent), small).replace(/\s+/g, ' ');
    expect(text('incident')).toContain('ops1 was in control and does not answer: W takes control');
    for (const screen of ['incident', 'pods'])
      expect(text(screen)).toMatch(/control: (nobody \()?ops1 does not answer/);
    expect(text('people')).toContain('nobody: ops1 does not answer');
    for (const screen of ['incident', 'pods', 'people']) expect(text(screen)).not.toMatch(/ops1 left|not connected/);
    const asked = pressing(at('incident', silent), small, 'W');
    expect(frameText(asked, small)).toContain('ops1 was in control and does not answer');
    expect(commandOf(sent(asked, 'y'))).toEqual([{ do: 'control', why: 'ops1 does not answer' }]);
  });

  test('an observer cannot change anything', () => {
    const state = at('incident', {
      incident,
      incidentContext: contextOf('ops3', { observing: true, here: here('ops3', 'ops1') }),
    });
    for (const key of ['space', 's', 'W', 'X', 'v', 'n'])
      expect(sent(state, key)[0]).toMatchObject({ kind: 'notice', says: expect.stringContaining('only observes') });
    const messages = { ...state, ui: at('notify').ui };
    expect(sent(messages, 'enter')).toEqual([
      { kind: 'notice', says: 'messages: this cockpit only observes; y copies the text', verdict: 'unknown' },
    ]);
    const other = { ...messages, incidentContext: contextOf('ops2', { here: here('ops2', 'ops1') }) };
    expect(sent(other, 'enter')[0]).toMatchObject({
      says: expect.stringContaining('ops1 is in control: W takes control'),
    });
  });
});

test('the header keeps the clock, and says when an update is late', () => {
  expect(frameText(at('cockpit', { incident: story() }), small)).toContain(
    'SEV1 Complete API outage   00:07:30   commander and control: you   update 22 m',
  );
  const late = tell(now - 35 * minute, [0, 'ops1', opened]);
  expect(frameText(at('cockpit', { incident: late }), small)).toContain('update late 5 m');
});

test('with open alerts at 80 columns, the header keeps title, commander and control', () => {
  const alert = {
    subject: 'gateway',
    says: '503',
    level: 'critical',
    raisedAt: now,
    since: now,
    flapping: false,
  } as const;
  const alerts = [1, 2, 3, 4].map((n) => ({
    ...alert,
    id: `alert-${n}`,
    channel: 'PagerDuty',
    responseTime: '15 min',
    due: now + 14 * minute,
  }));
  const second = (state: State) => frameText(state, small).split('\n')[1];
  const mine = second(at('cockpit', { incident: story(), incidentContext: contextOf('ops1', { alerts }) }));
  expect(mine).toBe(' SEV1 Complete API outage   00:07:30   IC and control: you    4 alerts 14 m left');
  const handed = story([1, 'ops1', { kind: 'role', role: 'commander', change: 'handed', person: 'bob', from: 'ops1' }]);
  const theirs = second(at('cockpit', { incident: handed, incidentContext: contextOf('ops1', { alerts }) }));
  expect(theirs).toBe(' SEV1 Complete API outage   00:07:30   control: you   IC bob       4 alerts 14 m');
  const late = tell(now - 35 * minute, [0, 'ops1', opened]);
  const owed = second(at('cockpit', { incident: late, incidentContext: contextOf('ops1', { alerts }) }));
  expect(owed).toContain('SEV1');
  expect(owed).toContain('control: you');
  expect(owed).toContain('update late 5 m');
});

test('a journal that cannot be written is on every frame', () => {
  const trouble = { kind: 'refused', where: '/var', what: 'the disk is full', hint: 'make room' } as const;
  const incidentContext = contextOf('ops1', { journal: { directory: '/var', unwritten: 3, notes: [], trouble } });
  expect(frameText(at('cockpit', { incidentContext, incident: story() }), small)).toContain(
    'journal: the disk is full, 3 kept in memory',
  );
  expect(frameText(at('cockpit', { incidentContext }), small)).toContain('journal: the disk is full');
});

test('a message that was sent leaves the marker on the next one, which counts once it was seen', () => {
  const before = at('notify', { incident: story() });
  const seen = reduce(before, { kind: 'seen', row: 'pagerduty/acknowledge' }, frame(before, small).list);
  const sentOne = { kind: 'notified', message: 'm', channel: 'pagerduty', purpose: 'acknowledge', text: '' } as const;
  const after = { ...seen, incident: story([1, 'ops1', { ...sentOne, delivery: 'sent' }]) };
  expect(frameText(after, small)).toContain('▌notify      Slack #alerts');
  expect(frame(after, small).unseen).toBe(true);
});

test('messages are previewed, edited and sent, or copied if their channel is not configured', () => {
  const rows = { rows: [], page: 10, selectable: true };
  const state = at('notify', { incident: story() });
  expect(frameText(state, small)).toContain('▌acknowledge PagerDuty');
  const asked = pressing(state, small, 'enter');
  expect(frameText(asked, small)).toContain('PagerDuty gets “acknowledge” for the alert with this key. enter');
  // Enter shows it, and asks; enter alone, or held, sends nothing.
  const shown = pressing(asked, small, 'enter');
  expect(frameText(shown, small)).toMatch(/alert key bentham\/PRODUCTION\/one[\s\S]*cancel +y send/);
  let held = state;
  for (let n = 0; n < 40; n += 1) {
    expect(commandOf(sent(held, 'enter'))).toEqual([]);
    held = pressing(held, small, 'enter');
  }
  expect(commandOf(sent(shown, 'y'))).toMatchObject([
    { do: 'notify', channel: 'pagerduty', purpose: 'acknowledge', key: 'bentham/PRODUCTION/one' },
  ]);
  // The page that woke somebody has a key of its own; what was written to once is filled in from then on.
  const theirs = pressing(asked, small, 'ctrl-u', ...'srv01/HTTP');
  expect(commandOf(sent(pressing(theirs, small, 'enter'), 'y'))).toMatchObject([{ key: 'srv01/HTTP' }]);
  const notified = { kind: 'notified', message: 'm', channel: 'pagerduty', text: 'mine', key: 'srv01/HTTP' } as const;
  const told = story([1, 'ops1', { ...notified, purpose: 'acknowledge', delivery: 'sent' }]);
  const resolving = pressing(at('notify', { incident: told }), small, '/', ...'close', 'enter', 'enter');
  expect(frameText(resolving, small)).toContain('▸ alert key  srv01/HTTP');
  // Sent a moment ago: asked again in words.
  const twice = { ...notified, to: 'PagerDuty', text: '', key: 'bentham/PRODUCTION/one' };
  const just = story([7.2, 'ops1', { ...twice, purpose: 'acknowledge', delivery: 'sent' }]);
  const again = reduce(at('notify', { incident: just }), { kind: 'select', row: 'pagerduty/acknowledge' }, rows);
  expect(frameText(pressing(again, small, 'enter', 'enter'), small)).toMatch(
    /The same message went to PagerDuty .* ago: sent/,
  );
  // A draft names the measurements of its moment: another text for the same purpose is asked again too.
  const post = { kind: 'notified', message: 'n', channel: 'slack-alerts', purpose: 'notify' } as const;
  const posted = story([7.2, 'ops1', { ...post, to: 'Slack #alerts', delivery: 'sent', text: 'as it was before' }]);
  const reposting = reduce(at('notify', { incident: posted }), { kind: 'select', row: 'slack-alerts/notify' }, rows);
  expect(frameText(pressing(reposting, small, 'enter', 'enter'), small)).toMatch(
    /▲ Another notify went to Slack #alerts .* ago: sent\./,
  );
  const ops = reduce(state, { kind: 'select', row: 'slack-ops/notify' }, rows);
  const copied = sent(pressing(ops, small, 'enter'), 'enter');
  expect(copied.map((one) => one.kind)).toEqual(expect.arrayContaining(['copy', 'send']));
});

test('from 120 columns the messages keep their whole lines, and what would be sent stands beside them', () => {
  const wide = { columns: 120, rows: 40 };
  const text = frameText(at('notify', { incident: story() }), wide);
  expect(text).not.toContain('…');
  expect(text).toContain('you see and can edit each message before it is sent');
  expect(text).toMatch(/PREVIEW {2}enter edits it/);
  expect(text).toContain('alert key bentham/PRODUCTION/one');
});

test('only a drill shows received messages', () => {
  const arrived = [
    { at: now - 2000, channel: 'pagerduty', says: 'acknowledge', key: 'bentham/PRODUCTION/one' },
    { at: now - 1000, channel: '#alerts', says: 'DRILL, not real: SEV1 Complete API outage' },
  ];
  const incidentContext = contextOf('ops1', { received: arrived });
  const drill = { ...outage, scope: { ...outage.scope, drill: 'api-outage' } };
  const state = at('notify', { incident: story(), incidentContext }, drill);
  const text = frameText(pressing(state, small, 'o'), small);
  expect(text).toContain('▌03:14:06Z  #alerts    DRILL, not real: SEV1 Complete API outage');
  expect(text).toContain(' 03:14:05Z  pagerduty  acknowledge  bentham/PRODUCTION/one');
  expect(sent(at('notify', { incident: story() }), 'o')[0]).toMatchObject({
    says: 'received: only a drill shows received messages',
  });
});

test('an incident is acknowledged without a message; a reminder stays until it is dismissed', () => {
  expect(commandOf(sent(at('incident', { incident: story() }), 'A'))).toEqual([{ do: 'acknowledge' }]);
  const mine = story([1, 'ops2', { kind: 'acknowledged' }]);
  expect(sent(at('incident', { incident: mine }), 'A')[0]).toMatchObject({
    says: 'acknowledge: already acknowledged by ops2',
  });
  const asking = pressing(at('incident', { incident: story() }), small, 'e');
  const own = pressing(asking, small, 'ctrl-u', ...'call bob', 'enter');
  expect(commandOf(sent(own, 'enter'))).toEqual([{ do: 'remind', about: 'call bob', in: 15 * minute }]);
  const ofStep = pressing(asking, small, 'enter');
  expect(commandOf(sent(ofStep, 'enter'))).toMatchObject([{ do: 'remind', step: 'sev1/acknowledge' }]);
  const due = story([1, 'ops1', { kind: 'reminder', about: 'call bob', due: now - 1000 }]);
  const reminded = at('incident', { incident: due });
  expect(frameText(reminded, small)).toContain('reminder');
  expect(commandOf(sent(reminded, 'E'))).toEqual([{ do: 'reminded', about: 'call bob' }]);
  expect(sent(at('incident', { incident: story() }), 'E')[0]).toMatchObject({
    says: 'dismiss: no reminder is due',
  });
});

test('a person gives up their own role only; a commander is required', () => {
  const scribe = story([1, 'ops1', { kind: 'role', role: 'scribe', change: 'taken', person: 'ops1' }]);
  const state = pressing(at('people', { incident: scribe }), small, 'j', 'j');
  expect(commandOf(sent(state, 'x'))).toEqual([{ do: 'role', role: 'scribe', change: 'left', person: 'ops1' }]);
  expect(sent(pressing(state, small, 'g'), 'x')[0]).toMatchObject({
    says: expect.stringContaining('r hands the role over'),
  });
});

test('the timeline shows the duration of an action, opens its subject, and names problems of the journal', () => {
  const run = { kind: 'action', run: 'r1', action: 'restart-deployment', target: 'api-gateway' } as const;
  const acted = story([1, 'ops1', { ...run, phase: 'started' }], [3, 'ops1', { ...run, phase: 'verified' }]);
  const notes = ['01J-ops2@bastion.jsonl: is gone'];
  const incidentContext = contextOf('ops1', { journal: { directory: '/j', unwritten: 0, notes } });
  const state = at('timeline', { incident: acted, incidentContext });
  const text = frameText(state, large);
  expect(text).toContain('restart-deployment api-gateway: verified after 2 m 0 s');
  expect(text).toContain('▲ journal 01J-ops2@bastion.jsonl: is gone');
  expect(sent(state, 'o')).toEqual([{ kind: 'open', screen: 'pods', filter: 'api-gateway' }]);
});

test('alerts count down until they are acknowledged', () => {
  const alert = {
    id: 'metric/p95',
    subject: 'API p95',
    level: 'critical',
    says: '4 210 ms',
    raisedAt: now - 2 * minute,
    since: now - 2 * minute,
    flapping: false,
    channel: 'PagerDuty + Slack #alerts',
    responseTime: '15 min',
    due: now + 13 * minute,
  } as const;
  const state = at('alerts', { incidentContext: contextOf('ops1', { alerts: [alert] }) });
  expect(frameText(state, small)).toMatch(/API p95 .*13:00 left/);
  expect(commandOf(sent(state, 'space'))).toEqual([{ do: 'acknowledge', alert: 'metric/p95', subject: 'API p95' }]);
  expect(frameText(at('cockpit', { incidentContext: contextOf('ops1', { alerts: [alert] }) }), small)).toMatch(
    /1 alert 13 m\n/,
  );
  const late = { ...alert, due: now - minute };
  expect(frameText(at('cockpit', { incidentContext: contextOf('ops1', { alerts: [late] }) }), small)).toMatch(
    /1 alert late 1 m\n/,
  );
  const mine = { ...alert, acknowledged: { by: 'ops1', at: now } };
  expect(frameText(at('cockpit', { incidentContext: contextOf('ops1', { alerts: [mine] }) }), small)).not.toContain(
    '1 alert',
  );
});

test.each(['timeline', 'people', 'contacts', 'procedures', 'runbook-commands'])('%s at 80×24', (screen) => {
  const incident = story(
    [2, 'ops2', { kind: 'note', text: 'two pods restart every minute' }],
    [
      3,
      'ops1',
      { kind: 'verdict', finding: 'metric/p95', subject: 'API p95', from: 'ok', to: 'critical', says: '4 210 ms' },
    ],
  );
  expect(frameText(at(screen, { incident }), small)).toMatchSnapshot();
});

test('every place that a step names is an existing screen', () => {
  const ids = new Set(screens.map((screen) => screen.id));
  const named = checklists.flatMap((list) => list.steps.flatMap((step) => (step.goes ? [step.goes.screen] : [])));
  expect(named.filter((id) => !ids.has(id))).toEqual([]);
});
