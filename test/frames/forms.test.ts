// Forms: judged while one types, with what is allowed and what holds now, and open until the text is right.
import { describe, expect, test } from 'vitest';
import { likelyFirst } from '../../src/core/actions/choices.ts';
import { offer } from '../../src/screens/actions/offer.ts';
import { askNote, askReminder, askSeverity } from '../../src/screens/incident/asking.ts';
import { afterEditing } from '../../src/screens/overlays/form.ts';
import { dispatchKey, paste } from '../../src/screens/shell/dispatch-key.ts';
import { frame } from '../../src/screens/shell/frame.ts';
import { reduce } from '../../src/screens/shell/reducer.ts';
import type { Form, Intent, State } from '../../src/store.ts';
import { showing } from '../support/every-screen.ts';
import { frameText, outage, pressing, stateOf } from '../support/worlds.ts';

const size = { columns: 80, rows: 24 };
const small = { columns: 60, rows: 15 };
const base = showing('incident');
const asking = (intent: Intent | undefined, state: State = base): State =>
  intent ? reduce(state, intent, frame(state, size).list) : state;
const form = (fields: Form['fields']): State =>
  asking({ kind: 'form', form: { title: 'A form', fields, submit: () => [] } });
const give = (state: State, key: string) => dispatchKey(state, frame(state, size), key);
const typing = (state: State, text: string) =>
  pressing(state, size, ...[...text].map((c) => (c === ' ' ? 'space' : c)));
const text = (state: State, at = size) => frameText(state, at);

describe('a field', () => {
  const scale = () => asking(offer(base, 'scale-deployment', { deployment: 'executor' })[0]);

  test('says what is allowed and what holds now', () => {
    expect(text(scale())).toContain('a whole number from 0 to 500 · now 6');
    expect(text(asking(askSeverity(base)))).toContain('now SEV1');
    expect(text(asking(offer(base, 'evict-redis', { prefix: 'cache:' })[0]))).toContain('default: 24h');
  });

  test('is judged while it is typed, and the form stays open', () => {
    expect(text(typing(scale(), '50'))).not.toContain('▲ replicas');
    expect(text(typing(scale(), '501'))).toContain('▲ replicas cannot be 501: give a whole number from 0 to 500');
    expect(pressing(typing(scale(), '501'), size, 'enter').ui.overlay.kind).toBe('form');
    const choice = form([{ name: 'x', ask: 'which?', kind: 'choice', choices: () => ['gateway', 'executor'] }]);
    expect(text(typing(choice, 'gat'))).not.toContain('▲ gat');
    expect(text(typing(choice, 'zz'))).toContain('▲ zz is not one of the choices');
  });

  test('of choices: enter takes the only one that contains the text, and asks where there are several', () => {
    const got: string[] = [];
    const choice = asking({
      kind: 'form',
      form: {
        title: 'A form',
        fields: [{ name: 'x', ask: 'which?', kind: 'choice', choices: () => ['api-gateway', 'executor', 'api-admin'] }],
        submit({ x = '' }) {
          got.push(x);
          return [];
        },
      },
    });
    pressing(typing(choice, 'Gate'), size, 'enter');
    pressing(typing(choice, 'executor'), size, 'enter');
    expect(got).toEqual(['api-gateway', 'executor']);
    const asked = pressing(typing(choice, 'api'), size, 'enter');
    expect(text(asked)).toContain('▲ type more, or choose one with ↓');
    pressing(asked, size, 'down', 'enter');
    expect(got).toHaveLength(3);
  });

  test('of choices that come and go: the chosen one stays chosen, and once it is gone enter takes no other', () => {
    let choices = ['api-gateway', 'executor'];
    const got: string[] = [];
    const open = asking({
      kind: 'form',
      form: {
        title: 'A form',
        fields: [{ name: 'x', ask: 'which?', kind: 'choice', choices: () => choices }],
        submit({ x = '' }) {
          got.push(x);
          return [];
        },
      },
    });
    const chosen = pressing(open, size, 'down', 'down');
    choices = ['api-admin', 'api-gateway', 'executor'];
    // A new frame, as with any news.
    const later: State = { ...chosen };
    expect(text(later)).toMatch(/▸ executor/);
    pressing(later, size, 'enter');
    expect(got).toEqual(['executor']);
    choices = ['api-admin', 'api-gateway'];
    const gone = pressing({ ...chosen }, size, 'enter');
    expect(text(gone)).toContain('choose again');
    expect(got).toEqual(['executor']);
  });

  test('is explained by ? while it is empty, and by ctrl-g always; in a message ? is text', () => {
    expect(text(pressing(scale(), size, '?'))).toContain('--replicas');
    expect(text(scale())).toContain('? explain');
    expect(text(scale()).match(/explain/g)).toHaveLength(1);
    expect(text(pressing(typing(scale(), '4'), size, 'ctrl-g'))).toContain('--replicas');
    expect(typing(asking(askNote()), '?').ui.overlay).toMatchObject({ values: { text: '?' } });
  });

  test('of a time takes relative and clock times, with the zone, and says what they mean', () => {
    const remind = pressing(asking(askReminder(undefined)), size, 'x', 'enter', 'ctrl-u');
    expect(text(remind)).toContain('(UTC)');
    expect(text(typing(remind, '1h'))).toContain('✓ 2026-01-17 04:14:07Z, in 1 h 0 m');
    expect(text(typing(remind, '14:30'))).toContain('✓ 2026-01-17 14:30:00Z');
    expect(text(typing(remind, '2026-01-18 14:30'))).toContain('✓ 2026-01-18 14:30:00Z');
    expect(text(typing(remind, '2026-01-16 14:30'))).toContain('▲ not a time to come');
    expect(give(typing(remind, '15'), 'enter')).toContainEqual({
      kind: 'send',
      command: { kind: 'incident', what: { do: 'remind', about: 'x', in: 900_000, step: undefined } },
    });
    const restore = asking(offer(base, 'restore-database', {})[0]);
    expect(text(typing(restore, '15m'))).toContain('✓ 2026-01-17 02:59:07Z, 15 m 0 s ago');
    expect(text(typing(restore, '2026-02-31 10:00'))).toContain('▲ at cannot be 2026-02-31 10:00');
    expect(text(typing(restore, '2027-01-01 10:00'))).toContain('▲ at cannot be 2027-01-01 10:00');
  });
});

describe('choices', () => {
  test('come most likely first, then by name', () => {
    const all = [...'cab'].map((name) => ({ name, failed: name === 'b' ? 1 : 0 }));
    const sorted = likelyFirst(
      [...all, { name: 'a10', failed: 0 }, { name: 'a9', failed: 0 }],
      (one) => one.failed,
      (one) => one.name,
    );
    expect(sorted.map(({ name }) => name)).toEqual(['b', 'a', 'a9', 'a10', 'c']);
    const [intent] = offer(stateOf(outage), 'restart-deployment');
    const shown = text(asking(intent, stateOf(outage))).match(/^ {8}(\S+) {2}\d\/\d ready/gm) ?? [];
    expect(shown.map((row) => row.trim().split(' ')[0])).toEqual(['api-gateway', 'executor', 'orchestrator']);
  });

  test.each([size, small])('keep the end of a long name, which tells them apart, at $columns×$rows', (at) => {
    const names = ['x2x4k', 'q9w8e'].map((end) => `${'a-very-long-deployment-name-'.repeat(4)}7d4b9c6f5-${end}`);
    const state = form([{ name: 'pod', ask: 'which pod?', kind: 'choice', choices: () => names }]);
    for (const end of ['7d4b9c6f5-x2x4k', '7d4b9c6f5-q9w8e']) expect(text(state, at)).toContain(end);
    expect(text(state, at)).toContain('a-very…'.slice(0, 6));
  });

  test('show the description of the selected one in full', () => {
    const says = 'I fenced the old primary; if it still runs, writes will be lost on the side that loses';
    const state = form([{ name: 'x', ask: 'how?', kind: 'choice', choices: () => [{ value: 'split-brain', says }] }]);
    expect(text(pressing(state, small, 'down'), small).replaceAll(/\s+/g, ' ')).toContain(says);
  });
});

test('a question wider than the terminal is wrapped, and the footer has whole keys', () => {
  const ask = 'promote without proof? (risk of split-brain: two primaries take writes)';
  const state = form([{ name: 'x', ask, kind: 'text', optional: true }]);
  expect(text(state, small).replaceAll(/\s+/g, ' ')).toContain(ask);
  const footer = text(state, small).split('\n').at(-1) ?? '';
  expect(footer).toContain('enter submit');
  expect(footer).toContain('esc cancel');
  expect(footer).not.toContain('…');
});

describe('an editor', () => {
  test('is offered for notes, messages and reasons by ctrl-e, and its text comes back into the open field', () => {
    const note = typing(asking(askNote()), 'two');
    expect(text(note)).toContain('^e editor');
    const [edit] = give(note, 'ctrl-e');
    if (edit?.kind !== 'terminal' || edit.do !== 'edit') throw new Error('no editor');
    expect(edit.text).toBe('two');
    const back = pressing(note, size);
    const [after] = afterEditing(back, edit, 'two pods\ncrash\u001b[31m');
    expect(text(asking(after, back))).toContain('two pods crash█');
    expect(afterEditing(back, edit, 'x').every(({ kind }) => kind === 'overlay')).toBe(true);
    const cut = { kind: 'notice', says: 'text cut: a field has 2000 characters at most', verdict: 'warning' };
    expect(afterEditing(back, edit, 'x'.repeat(5000))).toContainEqual(cut);
    expect(paste(note, 'x'.repeat(5000))).toContainEqual(cut);
    expect(paste(note, 'x')).not.toContainEqual(cut);
    // Saving the text in the editor sends nothing.
    expect(afterEditing(back, edit, { failed: 'editor vi not found: set EDITOR' })).toMatchObject([{ kind: 'notice' }]);
    expect(afterEditing(base, edit, 'late')).toEqual([]);
  });

  test('is not offered for names and numbers, where ctrl-e goes to the end', () => {
    const state = pressing(form([{ name: 'x', ask: 'x?', kind: 'text' }]), size, 'a', 'b', 'home', 'ctrl-e', 'c');
    expect(state.ui.overlay).toMatchObject({ values: { x: 'abc' } });
  });
});
