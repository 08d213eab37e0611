// Desktop notifications: through which terminal, what is written, and of what.
import { describe, expect, test } from 'vitest';
import type { DueAlert } from '../../src/core/incident/context.ts';
import { notificationSequence, notificationWay } from '../../src/core/text/notification.ts';
import { news, type Told } from '../../src/screens/shell/news.ts';
import type { State } from '../../src/store.ts';
import { alert, showing } from '../support/every-screen.ts';
import { now } from '../support/worlds.ts';

describe('auto notifies through terminals that take it', () => {
  test.each([
    [{ TERM_PROGRAM: 'iTerm.app', TERM: 'xterm-256color' }, 'osc9'],
    [{ TERM: 'tmux-256color', TERM_PROGRAM: 'tmux', LC_TERMINAL: 'iTerm2', TMUX: 'x' }, 'osc9'],
    [{ TERM: 'xterm-kitty' }, 'osc9'],
    [{ TERM: 'foot' }, 'osc777'],
    [{ TERM: 'xterm-256color', VTE_VERSION: '7600' }, 'osc777'],
    [{ TERM: 'xterm-256color' }, undefined],
    [{ TERM: 'linux' }, undefined],
    [{}, undefined],
  ])('%o: %s', (environment, way) => {
    expect(notificationWay('auto', environment)).toBe(way);
  });

  test('a person chooses another way, or none', () => {
    expect(notificationWay('osc777', { TERM: 'linux' })).toBe('osc777');
    expect(notificationWay('bell', {})).toBe('bell');
    expect(notificationWay('off', { TERM: 'xterm-kitty' })).toBeUndefined();
  });
});

describe('the sequence', () => {
  const said = { title: 'bentham PRODUCTION', text: 'API p95 4 210 ms' };
  test('of each way, and within tmux and screen', () => {
    expect(notificationSequence('osc9', said, {})).toBe('\u001b]9;bentham PRODUCTION: API p95 4 210 ms\u0007');
    expect(notificationSequence('osc777', said, {})).toBe(
      '\u001b]777;notify;bentham PRODUCTION;API p95 4 210 ms\u0007',
    );
    expect(notificationSequence('bell', said, {})).toBe('\u0007');
    expect(notificationSequence('osc9', said, { TMUX: '/tmp/x' })).toBe(
      '\u001bPtmux;\u001b\u001b]9;bentham PRODUCTION: API p95 4 210 ms\u0007\u001b\\',
    );
    expect(notificationSequence('osc9', said, { STY: '1.x' })).toMatch(/^\u001bP\u001b\]9;.*\u001b\\$/);
  });

  test.each([
    'a\u0007\u001b]52;c;aGk=\u0007',
    'a;notify;b',
    '\u001b\\x',
    '<b>bold</b>&amp;',
    'a\u009cb\u202e',
    'x'.repeat(5000),
  ])('of a hostile text %j has letters only, and ends once', (text) => {
    for (const way of ['osc9', 'osc777'] as const) {
      const written = notificationSequence(way, { title: text, text }, {});
      const inner = written.slice(2, -1).replace(/^(9;|777;notify;)/, '');
      expect(written.endsWith('\u0007')).toBe(true);
      expect(way === 'osc777' ? inner.replace(';', '') : inner).toMatch(/^[\p{L}\p{N} .,:%/()+-]*$/u);
      expect(written.length).toBeLessThan(320);
    }
  });
});

describe('a person is told', () => {
  const at = (seconds: number, ...alerts: readonly Partial<DueAlert>[]): State => {
    const state = showing('alerts', { queries: {} });
    const { incidentContext, world } = state;
    if (!incidentContext) throw new Error('no context');
    const all = alerts.map((more) => ({ ...alert, ...more }));
    return {
      ...state,
      world: { ...world, now: now + seconds * 1000 },
      incidentContext: { ...incidentContext, alerts: all },
    };
  };
  /** What is told at each moment. */
  const story = (...states: readonly State[]) => {
    let told: Told | undefined;
    return states.map((state) => {
      const step = news(state, told);
      told = step.told;
      return step.notification?.text;
    });
  };
  const p95 = { id: 'p95', subject: 'API p95', says: 'slow' };
  const db = { id: 'db', subject: 'primary', says: 'down' };

  test('of a new critical alert, once; not of what is wrong at the start', () => {
    expect(story(at(0), at(12, db), at(20, db), at(21, db, p95), at(60, db, p95))).toEqual([
      undefined,
      undefined,
      undefined,
      'API p95 slow',
      undefined,
    ]);
  });

  test('of no warning, and of none that is acknowledged or snoozed', () => {
    const snoozed = { ...p95, snoozed: { by: 'x', until: now + 1e9, level: 'critical' as const } };
    const taken = { ...db, acknowledged: { by: 'x', at: now } };
    expect(story(at(0), at(20, { ...p95, level: 'warning' }), at(21, snoozed, taken))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test('at most every 30 seconds, then of all that came meanwhile', () => {
    const third = { id: 'redis', subject: 'redis', says: 'full' };
    expect(story(at(0), at(20, p95), at(25, p95, db), at(30, p95, db, third), at(51, p95, db, third))).toEqual([
      undefined,
      'API p95 slow',
      undefined,
      undefined,
      '2 new: primary down, redis full',
    ]);
  });

  test('again of one that comes back', () => {
    expect(story(at(0), at(20, p95), at(90), at(200, { ...p95, since: now + 190_000 }))).toEqual([
      undefined,
      'API p95 slow',
      undefined,
      'API p95 slow',
    ]);
  });
});
