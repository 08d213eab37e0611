// After an action: what happened, what proves it, the next move, and the way back to where it was begun.
import { describe, expect, test } from 'vitest';
import type { Run } from '../../src/core/actions/run.ts';
import { dispatchKey } from '../../src/screens/shell/dispatch-key.ts';
import { frame } from '../../src/screens/shell/frame.ts';
import { here, placeAt, type State } from '../../src/store.ts';
import { plannedRun, showing } from '../support/every-screen.ts';
import { frameText, now, pressing } from '../support/worlds.ts';

const size = { columns: 80, rows: 24 };
const target = { deployment: 'api-gateway' };
const ended: Run = {
  ...plannedRun,
  phase: 'done',
  outcome: 'verified',
  says: 'revision 43, 3 of 3 available, health answers 200',
  endedAt: now,
  next: [
    {
      action: 'rollback-deployment',
      target: { ...target, revision: '42' },
      says: 'roll back to revision 42',
      undo: true,
    },
    { action: 'scale-deployment', target, says: 'scale it' },
    { action: 'scale-deployment', target, says: 'scale another one' },
  ],
};

/** A run that was begun at a step of the checklist. */
function begunAtStep(run: Run): State {
  const state = showing('incident', { runs: { [run.id]: run } });
  const step = { ...here(state), selected: 'sev1/restart' };
  return { ...state, ui: { ...state.ui, stack: [state.ui.stack[0], step, placeAt('run', { run: run.id })] } };
}

describe('a run that has ended', () => {
  const text = frameText(begunAtStep(ended), size);

  test('shows its outcome, its proof, each next move with its key, and where esc goes', () => {
    expect(text).toContain('✓ verified');
    expect(text).toContain('revision 43, 3 of 3 available, health answers 200');
    expect(text).toContain('n undo: roll back to revision 42');
    expect(text).toContain('N scale it');
    expect(text).toContain('· scale another one');
    expect(text).toContain('esc back to the checklist');
  });

  test('calls the way back undo and the next step by its verb in the footer', () => {
    expect(text.split('\n').at(-1)).toContain('n undo');
    const [, second] = ended.next;
    const next = frameText(begunAtStep({ ...ended, next: second ? [second] : [] }), size);
    expect(next.split('\n').at(-1)).toContain('n scale');
  });

  test('names a command as the next step, and copies it', () => {
    const command = `bentham-cockpit evidence verify '/var/lib/evidence/${'long-'.repeat(12)}name.tar.gz'`;
    const state = begunAtStep({ ...ended, next: [{ command, says: 'check the archive' }] });
    for (const columns of [80, 120]) {
      const shown = frameText(state, { columns, rows: 24 });
      expect(shown).toContain('n check the archive');
      expect(shown.replaceAll(/\s+/g, '')).toContain(`$${command.replaceAll(' ', '')}`);
      expect(shown.split('\n').at(-1)).toContain('n copy next');
    }
    expect(dispatchKey(state, frame(state, size), 'n')).toContainEqual({
      kind: 'copy',
      text: command,
      what: expect.any(String),
    });
  });

  test('shows a refusal once', () => {
    const { plan: _, ...unplanned } = ended;
    const refused = { ...unplanned, outcome: 'refused', says: 'there is no deployment x', next: [] } as const;
    expect(frameText(begunAtStep(refused), size).match(/there is no deployment x/g)).toHaveLength(1);
  });

  test('returns to the step at which it was begun', () => {
    const back = pressing(begunAtStep(ended), size, 'esc');
    expect(here(back)).toMatchObject({ screen: 'incident', selected: 'sev1/restart' });
  });

  test('plans the undo in a confirmation of its own', () => {
    const intents = dispatchKey(begunAtStep(ended), frame(begunAtStep(ended), size), 'n');
    expect(intents.map(({ kind }) => kind)).toEqual(['send', 'open', 'confirm']);
  });
});
