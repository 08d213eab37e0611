import { describe, expect, test } from 'vitest';
import { settingsSchema } from '../../src/config/settings.ts';
import { type LogLine, readEntry } from '../../src/core/logs/log.ts';
import type { LogsShown } from '../../src/core/logs/log-view.ts';
import { openLogs, viewOf, wantedLogs } from '../../src/screens/logs/view.ts';
import { dispatchKey } from '../../src/screens/shell/dispatch-key.ts';
import { frame } from '../../src/screens/shell/frame.ts';
import { reduce } from '../../src/screens/shell/reducer.ts';
import { here, type State } from '../../src/store.ts';
import { contextOf } from '../support/story.ts';
import { frameText, outage, pressing, stateOf } from '../support/worlds.ts';

const size = { columns: 80, rows: 24 };
const fields = settingsSchema.shape.logFields.parse(undefined);
const at = Date.UTC(2026, 0, 17, 3, 14, 7);

const line = (id: number, text: string | object, more: Partial<LogLine> = {}) =>
  readEntry(
    {
      id,
      at: at + id,
      pod: `api-gateway-5d4f9c-${id % 2 ? '8qk5p' : 'blpwf'}`,
      container: 'main',
      previous: false,
      text: typeof text === 'string' ? text : JSON.stringify(text),
      ...more,
    },
    fields,
  );
const few = [
  line(1, { level: 30, msg: 'request completed', reqId: 'r-1', res: { statusCode: 200 }, responseTime: 12.4 }),
  line(2, { level: 50, msg: 'Rate limited', studyId: 'study_abc123', reqId: 'r-2' }),
  line(3, 'api-gateway-5d4f9c-8qk5p: log cut: connection reset', { mark: true }),
  line(4, 'Error: boom', { more: ['    at run (x.js:1)', '    at main (y.js:2)'] }),
  line(5, { level: 30, msg: `long ${'word '.repeat(40)}`, tenantId: 'kyanos' }),
];

function withLog(entries: LogsShown['entries'], more: Partial<LogsShown> = {}, filter = ''): State {
  const first = stateOf(outage);
  const opened = reduce(first, openLogs({ deployment: 'api-gateway' }, filter), frame(first, size).list);
  return {
    ...opened,
    logs: {
      view: viewOf(here(opened)),
      generation: 1,
      entries,
      position: { offset: 0, first: 0, kept: entries.length },
      collected: 1204,
      passed: entries.length,
      pace: 120,
      forgotten: 0,
      waiting: 0,
      streams: { followed: 3, expected: 3, leftOut: 0, unstarted: [] },
      problems: [],
      at,
      ...more,
    },
  };
}
const pressed = (state: State, ...keys: string[]) => pressing(state, size, ...keys);

describe('the log screen', () => {
  test('shows lines, newest last, and follows', () => {
    const text = frameText(withLog(few), size);
    expect(text).toMatch(/LOGS {2}api-gateway {2}since 15m +1 204 lines {2}3 streams/);
    expect(text).toContain('03:14:07.001Z 8qk5p info  request completed  status=200  ms=12  request=r-1');
    expect(text).toContain('03:14:07.002Z blpwf error Rate limited  request=r-2  study=study_abc123');
    expect(text).toContain('── api-gateway-5d4f9c-8qk5p: log cut: connection reset ──');
    expect(text).toContain('Error: boom  +2 lines');
    expect(text).toContain('▌following  120 lines/s');
  });

  test('fits every size, wrapped or not, with nothing, one line and thousands', () => {
    const many = Array.from({ length: 2000 }, (_, i) =>
      line(i + 1, { level: 30, msg: `line ${i} ${'x'.repeat(i % 300)}` }),
    );
    for (const entries of [[], few.slice(0, 1), many])
      for (const columns of [60, 80, 120, 200])
        for (const keys of [[], ['W'], ['W', 'k', 'k']]) {
          const now = { columns, rows: 30 };
          const { lines } = frame(pressing(withLog(entries), now, ...keys), now);
          expect(lines).toHaveLength(30);
        }
  });

  test('pauses when one scrolls, and follows again at the end', () => {
    const state = withLog(few);
    expect(wantedLogs(state)).toMatchObject({ workload: { deployment: 'api-gateway' }, paused: false });
    const reading = pressed(state, 'k');
    expect(wantedLogs(reading)?.paused).toBe(true);
    const waiting = { ...reading, logs: { ...withLog(few, { waiting: 1240 }).logs } } as State;
    expect(frameText(waiting, size)).toContain('paused: 1 240 more  120 lines/s; G or space follows');
    expect(wantedLogs(pressed(reading, 'G'))?.paused).toBe(false);
    expect(wantedLogs(pressed(state, 'space'))?.paused).toBe(true);
  });

  test('continues below another screen, and stops when it is left', () => {
    const above = pressed(withLog(few), 'k', 'k', 'k', 'k', 'J');
    expect(here(above).screen).toBe('study');
    expect(wantedLogs(above)).toBeDefined();
    expect(wantedLogs(pressed(above, 'esc', 'esc'))).toBeUndefined();
  });

  test('filters by the selected line and by errors, and removes the filter again', () => {
    const onError = pressed(withLog(few), 'k', 'k', 'k', 'k');
    expect(here(pressed(onError, 'r')).filter).toBe('request=r-2');
    expect(here(pressed(onError, 'r', 'S')).filter).toBe('request=r-2 study=study_abc123');
    expect(here(pressed(onError, 'P')).filter).toBe('pod=api-gateway-5d4f9c-blpwf');
    expect(here(pressed(onError, 'e')).filter).toBe('level=error');
    expect(here(pressed(onError, 'e', 'e')).filter).toBe('');
    expect(dispatchKey(withLog(few), frame(withLog(few), size), 'r')).toEqual([
      { kind: 'notice', says: 'this request: no line is selected', verdict: 'unknown' },
    ]);
  });

  test('shows method, URL and status, and filters by the id that is the request’s alone', () => {
    const asked = { req: { method: 'GET', url: '/v1/studies' }, res: { statusCode: 503 } };
    const state = withLog([
      line(1, { level: 50, msg: 'failed', reqId: 'req-1', requestId: 'c-7', ...asked }),
      line(2, { level: 30, msg: 'came', reqId: 'req-1' }),
    ]);
    expect(frameText(state, size)).toContain('failed  status=503  GET /v1/studies  request=c-7');
    expect(here(pressed(state, 'g', 'r')).filter).toBe('request=c-7');
    const counted = pressed(state, 'k', 'r');
    expect(here(counted).filter).toBe('request=req-1 pod=api-gateway-5d4f9c-blpwf');
    expect(here(pressed(counted, 'r')).filter).toBe('');
  });

  test('the screen hides no line: the engine filters', () => {
    const state = withLog(few, { problems: ['/(/ is not a valid regular expression'] }, 'level=error rate');
    const text = frameText(state, size);
    expect(text).toContain('request completed');
    expect(text).toContain('5 of 1 204 lines');
    expect(text).toContain('▲ /(/ is not a valid regular expression');
  });

  test('n and N go to errors, or to what is highlighted', () => {
    const top = pressed(withLog(few), 'g');
    expect(here(pressed(top, 'n')).selected).toBe('2');
    expect(here(pressed(top, 'n', 'n')).selected).toBe('4');
    expect(here(pressed(top, 'n', 'n', 'N')).selected).toBe('2');
    const finding = pressed(top, 'h', ...'/comp.*d/', 'enter');
    expect(here(pressed(finding, 'G', 'N')).selected).toBe('1');
    const marked = frame(finding, size).lines.flatMap((l) => l.filter((s) => s.tone === 'match').map((s) => s.text));
    expect(marked).toEqual(['completed']);
  });

  test('a highlight that would take a backtracking engine years marks its matches', () => {
    const evil = withLog([...few, line(6, `${'a'.repeat(40)}!`), line(7, 'done aaa')]);
    const finding = pressed(evil, 'h', ...'/(a+)+$/', 'enter');
    const marked = frame(finding, size).lines.flatMap((l) => l.filter((s) => s.tone === 'match').map((s) => s.text));
    expect(marked).toEqual(['aaa']);
    expect(here(pressed(finding, 'G', 'N')).selected).toBe('7');
  });

  test('shows each character of a wrapped line, however long the names of its pods are', () => {
    for (const [pod, text] of [
      ['executor-7d4f9c-other', `line 200962 of executor-7d4f9c-other request=r-200962 ${'end '.repeat(20)}`],
      ['p', 'x'.repeat(300)],
      ['a-very-long-name-of-a-pod', `short ${'y'.repeat(200)} z`],
    ] as const)
      for (const columns of [80, 97, 120]) {
        const shown = frameText(pressed(withLog([line(1, text, { pod })]), 'W'), { columns, rows: 40 });
        expect(shown.replace(/\s/g, '')).toContain(text.replace(/\s/g, ''));
      }
  });

  test('shows a whole line, wrapped or as a tree', () => {
    expect(frameText(pressed(withLog(few), 'W'), size)).toContain('                    at run (x.js:1)');
    const details = frameText(pressed(withLog(few), 'g', 'enter'), { columns: 80, rows: 40 });
    expect(details).toMatch(/res\s/);
    expect(details).toMatch(/statusCode\s+200/);
  });

  test('opens the newest line while following, and continues to follow', () => {
    const state = pressed(withLog([...few, line(6, 'a cut', { mark: true })]), 'enter');
    expect(frameText(state, size)).toMatch(/tenantId\s+kyanos/);
    expect(here(pressed(state, 'esc')).selected).toBe(here(withLog(few)).selected);
    expect(pressed(withLog([]), 'enter').ui.notice?.says).toContain('no details available');
  });

  test('a notice does not stay on the next screen', () => {
    const refused = pressed(withLog([]), 'enter');
    expect(pressed(refused, '?').ui.notice).toBeUndefined();
    expect(pressed({ ...refused, logs: withLog(few).logs }, 'g', 'enter').ui.notice).toBeUndefined();
  });

  test('shows a longer range, previous containers, and local time', () => {
    const state = withLog(few);
    expect(wantedLogs(pressed(state, 't'))?.since).toBe(3_600_000);
    expect(wantedLogs(pressed(state, 'p'))?.previous).toBe(true);
    expect(wantedLogs(pressed(state, 'p', 'p'))?.previous).toBe(false);
    expect(frameText(pressed(state, 'u'), size)).not.toContain('07.001Z');
  });

  test('shows lines since a time, and refuses an invalid one', () => {
    const asked = pressed(withLog(few), 'T', ...'03:05', 'enter');
    expect(viewOf(here(asked))).toMatchObject({ from: Date.UTC(2026, 0, 17, 3, 5) });
    expect(frameText(asked, size)).toContain('since 2026-01-17 03:05:00Z');
    expect(viewOf(here(pressed(asked, 't'))).from).toBeUndefined();
    expect(frameText(pressed(withLog(few), 'T', ...'soon', 'enter'), size)).toContain(
      'not a time in the past: enter 15m',
    );
  });

  test('opens for the selected row, from anywhere', () => {
    expect(wantedLogs(pressed(stateOf(outage), 'l'))).toMatchObject({ workload: { selector: '' }, filter: '' });
    const pods = pressed(stateOf(outage), '2', 'j', 'l');
    expect(wantedLogs(pods)?.workload).toEqual({ deployment: 'api-gateway' });
    expect(wantedLogs(pressed(stateOf(outage), '5', 'j', 'l'))?.filter).toMatch(/^study=/);
    expect(wantedLogs(pressed(stateOf(outage), '4', 'j', 'l'))).toMatchObject({
      workload: { deployment: 'executor' },
      filter: expect.stringMatching(/^surface=/),
    });
  });

  test('names missing lines and pods', () => {
    const text = frameText(
      withLog(few, {
        forgotten: 12,
        streams: { followed: 1, expected: 3, leftOut: 7, unstarted: [] },
        fault: { kind: 'forbidden', where: 'k8s:6443', what: 'not allowed to get pods/log', hint: 'ask for it' },
      }),
      { columns: 160, rows: 24 },
    );
    expect(text).toContain('12 older lines dropped; the newest are kept');
    expect(text).toContain('7 containers left out');
    expect(text).toContain('1/3 streams');
    expect(text).toContain('not allowed to get pods/log (k8s:6443)');
  });

  test('names the pods that have not started, and why', () => {
    const unstarted = ['a', 'b', 'c', 'd', 'e'].map((pod) => ({ pod, why: 'ImagePullBackOff: no such image' }));
    const streams = { followed: 0, expected: 0, leftOut: 0, pods: 5, unstarted };
    const text = frameText(withLog([], { streams }), size);
    expect(text).toContain('▲ a has not started: ImagePullBackOff: no such image');
    expect(text).toContain('and 2 more');
    const none = frameText(withLog([], { streams: { ...streams, pods: 0, unstarted: [] } }), size);
    expect(none).toContain('no such pods now');
    const all = reduce(stateOf(outage), openLogs({}), frame(stateOf(outage), size).list);
    const { logs } = withLog([], { view: viewOf(here(all)), streams: { ...streams, pods: 0, unstarted: [] } });
    const labelled = frameText({ ...all, logs, incidentContext: contextOf('me') } as State, size);
    expect(labelled).toContain('no pods with app=bentham in bentham-prod now; new ones are followed');
    expect(labelled).toContain('set kubernetes.logSelector');
    expect(frameText(withLog([], { streams: { ...streams, unstarted: [] } }), size)).toContain(
      'no line yet, following',
    );
  });
});

describe('a log that is longer than the window', () => {
  const total = 5000;
  const read = Array.from({ length: total }, (_, i) =>
    line(i + 1, { level: i === 1000 ? 50 : 30, msg: `message ${i + 1}.` }),
  );
  const windows = new Map<number, LogsShown['entries']>();
  /** What the engine answers to what the screen wants of five thousand lines. */
  const answered = (state: State): State => {
    const view = wantedLogs(state);
    if (!view) return state;
    const end = view.paused && view.around !== undefined ? Math.min(total, Math.max(2000, view.around + 1000)) : total;
    const entries = windows.get(end) ?? read.slice(end - 2000, end);
    windows.set(end, entries);
    const position = { offset: end - 2000, first: end - 2000, kept: total };
    return {
      ...state,
      logs: { ...state.logs, view, entries, position, waiting: total - end } as State['logs'],
    } as State;
  };
  const opened = () => answered(withLog([]));
  const press1 = (state: State, ...keys: string[]) => keys.reduce((now, key) => answered(pressed(now, key)), state);
  const messages = (state: State) => [...frameText(state, size).matchAll(/message (\d+)\./g)].map((m) => Number(m[1]));

  test('scrolls from its end to its beginning and back, line by line, without a jump', () => {
    let state = press1(opened(), 'space');
    expect(frameText(state, size)).toContain('5 000 of 5 000 kept');
    let top = messages(state)[0] ?? 0;
    let seen = 0;
    // Every page goes on where the last one ended.
    while (messages(state)[0] !== 1 && seen < 400) {
      state = press1(state, 'pageup');
      const now = messages(state);
      expect(top - (now[0] ?? 0)).toBeLessThanOrEqual(now.length);
      top = now[0] ?? 0;
      expect(now).toEqual(now.map((_, i) => top + i));
      seen += 1;
    }
    expect(frameText(state, size)).toContain(' 1 of 5 000 kept');
    for (let i = 0; i < 60; i += 1) {
      state = press1(state, 'ctrl-d', 'ctrl-d', 'ctrl-d');
      const now = messages(state);
      expect(now).toEqual(now.map((_, at) => (now[0] ?? 0) + at));
    }
    expect(state.logs?.entries.length).toBe(2000);
    expect(wantedLogs(state)?.paused).toBe(true);
  });

  test('g goes to the oldest line that is kept, G to the end', () => {
    const state = press1(opened(), 'g');
    expect(messages(state)[0]).toBe(1);
    expect(frameText(state, size)).toContain(' 1 of 5 000 kept');
    expect(messages(press1(state, 'j', 'k'))[0]).toBe(1);
    expect(frameText(press1(state, 'j'), size)).toContain(' 2 of 5 000 kept');
    const end = press1(state, 'G');
    expect(messages(end).at(-1)).toBe(5000);
    expect(wantedLogs(end)).toMatchObject({ paused: false });
  });

  test('keys that are faster than the answer keep the position, and never start to follow', () => {
    const oldest = press1(opened(), 'g');
    const hasty = pressed(oldest, ...Array.from({ length: 200 }, () => 'pagedown'));
    expect(frameText(hasty, size)).toContain('paused: 3 000 more');
    expect(wantedLogs(hasty)).toMatchObject({ paused: true, around: 2000 });
    const then = answered(hasty);
    expect(messages(then)).toContain(2000);
    expect(messages(press1(then, 'pagedown'))[0]).toBeLessThanOrEqual(2020);
  });

  test('N searches further back, window by window', () => {
    let state = press1(opened(), 'space');
    let keys = 0;
    while (here(state).selected !== '1001' && keys < 20) {
      state = press1(state, 'N');
      keys += 1;
    }
    expect(here(state).selected).toBe('1001');
    expect(keys).toBeLessThan(10);
    expect(press1(opened(), 'space', 'N').ui.notice?.says).toBe('no earlier error in 1 999 lines; N searches further');
  });

  test('another filter keeps the selected line in view', () => {
    const state = pressed(press1(opened(), 'g', ...Array.from({ length: 12 }, () => 'pagedown')), '/', 'x', 'enter');
    expect(wantedLogs(state)?.around).toBe(Number(here(state).selected));
  });
});
