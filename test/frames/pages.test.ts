// Pages and people as PagerDuty tells them, and that nothing of it shows without a token.
import { describe, expect, test } from 'vitest';
import type { Pager } from '../../src/core/queries/pager.ts';
import { type QueryReadings, queryKey } from '../../src/core/queries/query.ts';
import { hour } from '../../src/core/time.ts';
import type { Reading } from '../../src/core/world/reading.ts';
import { screenOf } from '../../src/screens/shell/body.ts';
import { dispatchKey } from '../../src/screens/shell/dispatch-key.ts';
import { frame } from '../../src/screens/shell/frame.ts';
import { here, placeAt, type State } from '../../src/store.ts';
import { contextOf } from '../support/story.ts';
import { fault, frameText, live, now, outage, stateOf } from '../support/worlds.ts';

const size = { columns: 80, rows: 24 };
const user = (name: string) => ({ id: name.toUpperCase(), name, email: `${name}@bentham.io` });
const page = {
  id: 'Q1',
  number: 4711,
  title: 'API: 96 % of requests fail',
  status: 'triggered',
  createdAt: now - 240_000,
  service: { id: 'P1', name: 'Bentham production' },
  assignees: [user('mara')],
  acknowledgedBy: [],
  key: 'bentham/api',
};
const pager: Pager = {
  service: { id: 'P1', name: 'Bentham production' },
  policy: { id: 'PP', name: 'Bentham on-call' },
  pages: [page, { ...page, id: 'Q2', number: 4712, status: 'acknowledged', acknowledgedBy: ['sofia'], key: undefined }],
  morePages: false,
  onCalls: [
    { user: user('mara'), level: 1, since: now - hour, until: now + 5 * hour },
    { user: user('jonas'), level: 1, since: now + 5 * hour, until: now + 40 * hour },
    { user: user('elena'), level: 2 },
  ],
  moreOnCalls: false,
  untold: [],
};

function showing(screen: string, reading: Reading<Pager> | undefined = live(pager), token = true): State {
  const state = stateOf(outage);
  const context = contextOf('ops1');
  const pagerApi = token ? { url: 'https://api.pagerduty.com', service: 'P1', from: 'mara@bentham.io' } : undefined;
  const targets = { ...context.targets, channels: { ...context.targets.channels, pagerApi } };
  return {
    ...state,
    incidentContext: { ...context, targets },
    queries: { [queryKey({ kind: 'pager' })]: reading } as QueryReadings,
    ui: { ...state.ui, stack: [state.ui.stack[0], placeAt(screen)] },
  };
}
const asked = (state: State) => screenOf(here(state)).queries?.(here(state), state);
const press = (state: State, key: string) => dispatchKey(state, frame(state, size), key, true);

describe('pages', () => {
  test('name state, title, assignee and age, and who is on call', () => {
    const text = frameText(showing('pages'), size);
    expect(text).toContain('PAGES  Bentham production: 2 open');
    // Beside the details there is half of the room: no column is a mere “…”.
    for (const columns of [80, 100, 120, 140])
      expect(frameText(showing('pages'), { columns, rows: 40 })).toMatch(/# +state +page +assigned(?! +…)/);
    expect(text).toMatch(/4711\s+triggered\s+API: 96 % of requests fail\s+mara\s+4 m/);
    expect(text).toContain('on call: level 1 mara until 08:14Z; level 2 elena');
  });

  test('keys reassign, escalate and note the marked page by its key, or by its id where it has none', () => {
    const [form] = press(showing('pages'), 'r');
    expect(form).toMatchObject({ kind: 'form', form: { title: 'Reassign a page' } });
    expect(press(showing('pages'), 'e')).toMatchObject([{ kind: 'form', form: { title: 'Escalate a page' } }]);
    expect(press(showing('pages'), 'N')).toMatchObject([{ kind: 'form', form: { title: 'Add a note to a page' } }]);
    const planned = press(showing('pages'), 'space').find((one) => one.kind === 'send');
    expect(planned).toMatchObject({
      command: { what: { action: 'acknowledge-page', target: { page: 'bentham/api' } } },
    });
    const second = showing('pages');
    const [cockpit, place] = second.ui.stack;
    const marked: State = {
      ...second,
      ui: { ...second.ui, stack: [cockpit, { ...(place ?? cockpit), selected: 'Q2' }] },
    };
    expect(press(marked, 'space')).toMatchObject([{ command: { what: { target: { page: 'Q2' } } } }, {}, {}]);
  });

  test('what PagerDuty does not tell is unknown, not none', () => {
    const lost: Reading<Pager> = { state: 'lost', fault: { ...fault, where: 'api.pagerduty.com' }, at: now - 5000 };
    expect(frameText(showing('pages', lost), size)).not.toContain('no page is open');
    const untold: Pager = { ...pager, pages: [], untold: [{ what: 'pages', fault }] };
    const text = frameText(showing('pages', live(untold)), size);
    expect(text).toContain('unknown open');
    expect(text).toContain('pages unknown: timed out after 2 s');
    expect(frameText(showing('pages', live({ ...pager, pages: [] })), size)).toContain('no page is open');
  });

  test('without a token nothing is asked, and the screen says what to set', () => {
    const state = showing('pages', undefined, false);
    expect(asked(state)).toEqual([]);
    expect(frameText(state, size)).toContain('channels.pagerDuty.apiToken');
  });
});

describe('contacts', () => {
  test('name who is on call now and next, level by level', () => {
    const text = frameText(showing('contacts'), size);
    expect(text).toContain('on call now, by PagerDuty (Bentham on-call)');
    expect(text).toContain('level 1  mara  since 02:14Z, until 08:14Z  next jonas 08:14Z');
    expect(text).toContain('level 2  elena  always');
  });

  test('m writes to the person on call', () => {
    const state = showing('contacts');
    const [cockpit, place] = state.ui.stack;
    const marked: State = {
      ...state,
      ui: { ...state.ui, stack: [cockpit, { ...(place ?? cockpit), selected: 'on-call/1' }] },
    };
    expect(press(marked, 'm')).toMatchObject([{ kind: 'copy', what: 'a mail to mara@bentham.io' }, {}]);
  });

  test('stay as they are without a token', () => {
    const state = showing('contacts', undefined, false);
    expect(asked(state)).toEqual([]);
    expect(frameText(state, size)).not.toContain('on call now');
  });
});
