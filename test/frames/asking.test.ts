import { describe, expect, test } from 'vitest';
import { offer } from '../../src/screens/actions/offer.ts';
import { dispatchKey, paste } from '../../src/screens/shell/dispatch-key.ts';
import { frame } from '../../src/screens/shell/frame.ts';
import { reduce } from '../../src/screens/shell/reducer.ts';
import { line } from '../../src/screens/toolkit/line.ts';
import type { Confirmation, Form, Intent, State } from '../../src/store.ts';
import { frameText, outage, pressing, stateOf } from '../support/worlds.ts';

const size = { columns: 80, rows: 24 };
const done: Intent = { kind: 'notice', says: 'it was done' };

const byKey: Confirmation = {
  title: 'Restart api-gateway',
  lines: () => [line('Replaces 3 pods one after another; 1 of 3 is ready now.')],
  accept: { by: 'key', word: 'restart' },
  accepted: () => [done],
};
const byText: Confirmation = { ...byKey, accept: { by: 'type', texts: ['study_abc123', 'production'], word: 'retry' } };

function asked(ask: Confirmation): State {
  const state = stateOf(outage);
  return reduce(state, { kind: 'confirm', ask }, frame(state, size).list);
}

const give = (state: State, key: string, alone = true) => dispatchKey(state, frame(state, size), key, alone);
const type = (text: string) => [...text];

describe('a confirmation', () => {
  test('shows its subject, its environment, and the focus on cancel', () => {
    const text = frameText(asked(byKey), size);
    expect(text).toContain('─ Restart api-gateway');
    expect(text).toContain('▸ cancel          y restart');
    expect(text.split('PRODUCTION').length).toBeGreaterThan(2);
  });

  test('y accepts; enter, n, q and esc cancel', () => {
    expect(give(asked(byKey), 'y')).toContainEqual(done);
    for (const key of ['enter', 'n', 'q', 'esc'])
      expect(give(asked(byKey), key).filter(({ kind }) => kind !== 'spent')).toEqual([
        { kind: 'close' },
        { kind: 'notice', says: 'cancelled; nothing was done' },
      ]);
  });

  test('a burst of keys or pasted text never confirms', () => {
    expect(give(asked(byKey), 'y', false)).toEqual([
      { kind: 'notice', says: expect.stringContaining('press y alone') as string, verdict: 'unknown' },
    ]);
    expect(paste(asked(byKey), 'y')).toEqual([
      { kind: 'notice', says: 'pasted text does not confirm; type the text', verdict: 'unknown' },
    ]);
  });

  test('texts confirm only in full, each followed by enter', () => {
    const first = pressing(asked(byText), size, ...type('study_abc123'), 'enter');
    expect(frameText(first, size)).toContain('2/2 type production to confirm: █');
    expect(give(pressing(first, size, ...type('production')), 'enter')).toContainEqual(done);
    expect(give(pressing(first, size, ...type('productio')), 'enter')).not.toContainEqual(done);
    expect(give(asked(byText), 'enter')).toEqual([]);
    expect(give(asked(byText), 'y')).not.toContainEqual(done);
  });

  test('nothing confirms while a reason forbids it', () => {
    const late = asked({ ...byKey, unless: () => 'the plan is too old; ask again' });
    expect(frameText(late, size)).toContain('the plan is too old');
    expect(give(late, 'y')).not.toContainEqual(done);
  });
});

const form: Form = {
  title: 'Scale',
  fields: [
    { name: 'deployment', ask: 'which deployment?', kind: 'choice', choices: () => ['api-gateway', 'executor'] },
    { name: 'replicas', ask: 'how many?', kind: 'number' },
  ],
  submit: (values) => [{ kind: 'notice', says: `${values.deployment} to ${values.replicas}` }],
};

describe('a form', () => {
  const state = stateOf(outage);
  const open = reduce(state, { kind: 'form', form }, frame(state, size).list);

  test('completes from live data, and submits', () => {
    const second = pressing(open, size, 'e', 'x', 'down', 'enter');
    expect(frameText(second, size)).toContain('▸ how many?');
    expect(give(pressing(second, size, '4'), 'enter')).toContainEqual({ kind: 'notice', says: 'executor to 4' });
  });

  test('shows an error and stays open', () => {
    expect(frameText(pressing(open, size, 'enter'), size)).toContain('this field is required');
    expect(frameText(pressing(open, size, 'x', 'enter'), size)).toContain('▲ type more, or choose one with ↓');
    const second = pressing(open, size, 'tab', 'x', 'enter');
    expect(frameText(second, size)).toContain('x is not a number');
  });

  test('names the valid values of an action’s field before any check', () => {
    const intents = offer(stateOf(outage), 'scale-deployment', { deployment: 'executor' });
    const [form] = intents;
    if (form?.kind !== 'form') throw new Error('no form');
    const asks = reduce(stateOf(outage), form, frame(stateOf(outage), size).list);
    const text = frameText(pressing(asks, size, ...type('501'), 'enter'), size);
    expect(text).toContain('replicas cannot be 501: give a whole number from 0 to 500');
  });

  test('accepts pasted text, sanitized', () => {
    const [intent] = paste(open, 'exe\u001b[31mcutor\n');
    const pasted = intent ? reduce(open, intent, frame(open, size).list) : open;
    expect(frameText(pasted, size)).toContain('which deployment?  executor');
  });
});

describe('a text field', () => {
  const note: Form = {
    title: 'Note',
    fields: [{ name: 'text', ask: 'message', kind: 'text' }],
    submit: ({ text = '' }) => [{ kind: 'notice', says: text }],
  };
  const opened = (value: string) => {
    const state = stateOf(outage);
    const filled = { ...note, fields: [{ name: 'text', ask: 'message', kind: 'text' as const, value }] };
    return reduce(state, { kind: 'form', form: filled }, frame(state, size).list);
  };

  test('is edited at its cursor', () => {
    const moved = pressing(opened('two pods'), size, 'left', 'left', 'left', 'left', 'left', 'o', 'f', ' ');
    expect(frameText(moved, size)).toContain('twoof █ pods');
    expect(give(moved, 'enter')).toContainEqual({ kind: 'notice', says: 'twoof  pods' });
    const ends = pressing(opened('pods'), size, 'home', 'A', 'end', 'Z', 'left', 'backspace');
    expect(give(ends, 'enter')).toContainEqual({ kind: 'notice', says: 'ApodZ' });
    const pasted = paste(pressing(opened('ad'), size, 'left'), 'bc');
    expect(pasted[0]).toMatchObject({ overlay: { values: { text: 'abcd' } } });
  });

  test('is edited at its cursor in the palette and the filter, too', () => {
    const palette = pressing(stateOf(outage), size, ':', ...'redis key', 'left', 'left', 'left', 'ctrl-w', ...'pods ');
    expect(frameText(palette, size)).toContain(': pods █key');
    expect(frameText(pressing(palette, size, 'home', 'delete', 'P', 'end', '!'), size)).toContain(': Pods key!█');
    expect(paste(palette, 'old ')).toMatchObject([{ overlay: { kind: 'palette', text: 'pods old key', behind: 3 } }]);
    const marked = pressing(stateOf(outage), size, ':', 's', 'down', 'left');
    expect(marked.ui.overlay).toMatchObject({ text: 's', at: 1, behind: 1 });

    const list = pressing(stateOf(outage), size, '2', 'z', '/', ...'pi', 'left', 'a', 'home', 'right', 'delete');
    expect(frameText(list, size)).toContain('/p█i');
    expect(paste(list, 'od')).toMatchObject([{ kind: 'filter', text: 'podi', behind: 1 }]);
    const again = pressing(list, size, 'enter', '/');
    expect(frameText(again, size)).toContain('/pi█');
  });

  test('is shown in full, at any length', () => {
    const words = Array.from({ length: 60 }, (_, i) => `word${i}`);
    const text = frameText(opened(words.join(' ')), size);
    for (const word of words) expect(text).toContain(word);
    expect(text).toContain('word59█');
  });
});
