// One name for each thing: an action is called the same by the runbook's steps, by its key and by the list of actions.
import { expect, test } from 'vitest';
import { actions, findAction } from '../../src/actions/index.ts';
import { nameOfAction } from '../../src/core/actions/plan-text.ts';
import { globalBindings } from '../../src/keymap.ts';
import { checklists } from '../../src/runbook/checklists.ts';

/** The verb: `scale` of `Scale a deployment`, `roll back`, `clean up`. */
const verbOf = (title: string): string => /^\w+(?: (?:back|up|over))?/.exec(title.toLowerCase())?.[0] ?? '';

/** Steps whose words are the runbook's: they say what the action is for. */
const forPurpose = new Set(['acknowledge and notify', 'reduce concurrency']);

const offers = checklists.flatMap(({ steps }) =>
  steps.flatMap(({ id, offers: all = [] }) => all.map((offer) => ({ step: id, ...offer }))),
);

test.each(offers.filter(({ title }) => !forPurpose.has(title)))('$step: $title', ({ action, title }) => {
  expect(verbOf(title)).toBe(verbOf(findAction(action)?.title ?? ''));
});

/** Names whose verb is another one on purpose: what is undone is not what is restored elsewhere. */
const otherVerb: Readonly<Record<string, string>> = { 'restore-jobs': 'undo', 'note-page': 'add' };

test.each(actions.map(({ id, title }) => [id, title] as const))('%s is called %s', (id, title) => {
  const [verb] = nameOfAction(id).split('-');
  const said = verbOf(title).replaceAll(' ', '');
  expect(said).toBe(otherVerb[id] ?? verb);
});

test('the key of an action has its name', () => {
  const preserve = globalBindings.find(({ id }) => id === 'preserve');
  expect(preserve?.title).toBe(findAction('preserve-evidence')?.title.toLowerCase());
});
