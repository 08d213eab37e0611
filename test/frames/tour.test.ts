// The drill's tour on the frames: which key it names, how it is skipped and ended.
import { describe, expect, test } from 'vitest';
import { reduce } from '../../src/screens/shell/reducer.ts';
import { followTour, tourEntries, tourSteps } from '../../src/screens/shell/tour.ts';
import { createCockpitStore, type State } from '../../src/store.ts';
import { tell } from '../support/story.ts';
import { frameText, outage, pressing, stateOf } from '../support/worlds.ts';

const size = { columns: 80, rows: 24 };
const at = (tour: number | undefined, state: State = stateOf(outage)): State => ({
  ...state,
  ui: { ...state.ui, tour },
});
const rows = (state: State, columns = 80) => frameText(state, { columns, rows: 24 }).split('\n');

describe('the tour', () => {
  test('stands in the rule below the header and takes no row', () => {
    const [without, shown] = [rows(at(undefined)), rows(at(0))];
    expect(shown[2]).toContain('tour 1/11  2 goes to the PODS pane');
    expect(without.toSpliced(2, 1)).toEqual(shown.toSpliced(2, 1));
    expect(rows(at(0), 60)[2]).toMatch(/^ ?── tour 1\/11 {2}2 goes to the PODS pane ─+$/);
  });

  test('says to close what is in the way of its key', () => {
    expect(rows(pressing(at(4), size, '?'))[2]).toContain('esc closes this');
  });

  test('goes on when its step is done, whatever key did it, and stays at the last', () => {
    const store = createCockpitStore(at(0));
    const stop = followTour(store);
    store.setState(pressing(store.getState(), size, 'tab'), true);
    expect(store.getState().ui.tour).toBe(1);
    stop();
    const last = createCockpitStore(at(tourSteps.length - 1));
    followTour(last);
    last.setState(pressing(last.getState(), size, 'enter'), true);
    expect(last.getState().ui.tour).toBe(tourSteps.length - 1);
  });

  test('waits for the messages before it names *, and for a failed one names space', () => {
    const opened = { kind: 'opened', title: 'Complete API outage', severity: 1, why: 'alert' } as const;
    const about = (delivery: 'sending' | 'sent' | 'failed') =>
      (['pagerduty', 'slack-alerts'] as const).map(
        (channel) =>
          [
            0,
            'ops1',
            {
              kind: 'notified',
              message: channel,
              channel,
              purpose: channel === 'pagerduty' ? 'acknowledge' : 'notify',
              delivery,
              text: 'x',
            },
          ] as const,
      );
    const rule = (minutes: number, ...more: ReturnType<typeof about>) => {
      const state = stateOf(outage);
      const incident = tell(state.world.now - minutes * 60_000, [0, 'ops1', opened], ...more);
      return rows(at(6, { ...state, incident }))[2];
    };
    expect(rule(0)).toContain('tour 7/11  wait: the messages are being sent');
    expect(rule(1, ...about('sending'))).toContain('wait: the messages are being sent');
    expect(rule(1, ...about('sent'))).toContain('* marks the steps whose checks pass');
    expect(rule(1, ...about('failed'))).toContain('space marks the step done');
  });

  test('is skipped and ended from the palette, which offers neither without it', () => {
    expect(tourEntries(at(undefined))).toEqual([]);
    const [skip, end] = tourEntries(at(3)).map(({ run }) => run[0]);
    if (!skip || !end) throw new Error('nothing offered');
    const list = { rows: [], page: 0, selectable: false };
    expect(reduce(at(3), skip, list).ui.tour).toBe(4);
    expect(reduce(at(3), end, list).ui.tour).toBeUndefined();
  });
});
