// Who applies now, why, and how they are written to; a procedure opened on its own has the checklist's keys.
import { describe, expect, test } from 'vitest';
import type { Event } from '../../src/core/incident/event.ts';
import type { World } from '../../src/core/world/world.ts';
import { dispatchKey } from '../../src/screens/shell/dispatch-key.ts';
import { frame } from '../../src/screens/shell/frame.ts';
import { type Intent, placeAt, type State } from '../../src/store.ts';
import { contextOf, tell } from '../support/story.ts';
import { calm, frameText, now, outage, pressing, stateOf } from '../support/worlds.ts';

const size = { columns: 80, rows: 24 };
const opened: Event = { kind: 'opened', title: 'Complete API outage', severity: 1, why: '5xx' };
const minute = 60_000;

type Told = { events?: readonly Event[]; minutes?: number; world?: World; of?: Readonly<Record<string, string>> };

function showing(screen: string, { events, minutes = 4, world = outage, of = {} }: Told = {}): State {
  const state = stateOf(world);
  return {
    ...state,
    incidentContext: contextOf('ops1'),
    incident:
      events && tell(now - minutes * minute, [0, 'ops1', opened], ...events.map((one) => [1, 'ops1', one] as const)),
    ui: { ...state.ui, stack: [state.ui.stack[0], placeAt(screen, of)] },
  };
}

const press = (state: State, key: string): readonly Intent[] => dispatchKey(state, frame(state, size), key, true);
/** What stands below a contact. */
const part = (state: State, role: string) =>
  new RegExp(`${role} [^\\n]*\\n +([^\\n]*)`).exec(frameText(state, size))?.[1];

describe('contacts', () => {
  test('say who applies at the severity, and that the page is not acknowledged', () => {
    const state = showing('contacts', { events: [] });
    expect(frameText(state, size)).toContain('for this SEV1');
    expect(part(state, 'On-Call Engineer')).toBe('applies now: not acknowledged, open 4 m');
    expect(part(state, 'Database Admin')).toBe('applies now');
    expect(frameText(state, size)).toMatch(/Security [^\n]*\n\s*\n/);
  });

  test('name who has the page; after the response time of 15 minutes without one, the escalation', () => {
    const taken = showing('contacts', { events: [{ kind: 'acknowledged' }] });
    expect(part(taken, 'On-Call Engineer')).toBe('applies now: ops1 has it');
    const late = showing('contacts', { events: [], minutes: 16 });
    expect(part(late, 'Database Admin')).toBe('applies now: nobody has acknowledged');
  });

  test('a security incident calls security', () => {
    const security: Event = { kind: 'type', type: 'security', title: 'Security incident', why: 'a key' };
    expect(part(showing('contacts', { events: [security] }), 'Security')).toMatch(/^applies now/);
  });

  test('without an incident they are those of the suggested severity', () => {
    expect(frameText(showing('contacts'), size)).toContain('for the suggested SEV1');
    expect(frameText(showing('contacts', { world: calm }), size)).toContain('no problem detected');
  });

  test('m copies a mail with address and text; of PagerDuty it opens the messages', () => {
    expect(press(showing('contacts', { events: [] }), 'm')).toEqual([{ kind: 'open', screen: 'notify' }]);
    const admin = pressing(showing('contacts', { events: [] }), size, 'j');
    const [copy] = press(admin, 'm');
    expect(copy).toMatchObject({
      kind: 'copy',
      text: expect.stringMatching(
        /^To: dba@bentham\.io\nSubject: SEV1 Complete API outage \(\w+\)\n\nSEV1 [\s\S]*CONDITIONS: /,
      ) as string,
    });
  });
});

describe('a procedure opened on its own', () => {
  const of = { procedure: 'security' };
  const alone = showing('procedure', { of });

  test.each(['space', 's', 'u', 'e', 'M', 'X', 'K', 'c', 'b', 't', 'm'])('%s says that no incident is open', (key) => {
    expect(press(alone, key)).toMatchObject([
      { kind: 'notice', says: expect.stringMatching(/no incident is open/) as string },
    ]);
  });

  test('o opens what the step is about, y copies its commands, its actions begin', () => {
    expect(press(alone, 'o')).toMatchObject([{ kind: 'open', screen: 'api-keys' }]);
    expect(press(alone, 'y')).toMatchObject([{ kind: 'copy' }]);
    expect(press(alone, 'r')).not.toMatchObject([{ kind: 'notice' }]);
  });

  test('during an incident a step is marked once + has added the procedure', () => {
    const during = showing('procedure', { of, events: [] });
    expect(press(during, 'space')).toMatchObject([
      { kind: 'notice', says: expect.stringContaining('+ adds it') as string },
    ]);
    expect(press(during, '+')).toMatchObject([
      { kind: 'send', command: { what: { do: 'procedure', change: 'added' } } },
    ]);
    const added = showing('procedure', { of, events: [{ kind: 'procedure', procedure: 'security', change: 'added' }] });
    expect(press(added, 'space')[0]).toMatchObject({ kind: 'send', command: { what: { do: 'step', mark: 'done' } } });
  });
});
