// What `init` proposes from what a machine has.
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type Found, profilesYaml, questions } from '../../src/commands/init/proposal.ts';

const found = (more: Partial<Found>): Found => ({ contexts: [], services: [], awsProfiles: [], ...more });
const contexts = (...names: readonly string[]) => names.map((name) => ({ name }));
const likely = (more: Partial<Found>) =>
  Object.fromEntries(questions(found(more)).map(({ environment, likely }) => [environment, likely]));

describe('the proposed context', () => {
  test.each<[string, Partial<Found>, Record<string, string | undefined>]>([
    [
      'the one named for it',
      { contexts: contexts('kind', 'prod-eu', 'stage') },
      { production: 'prod-eu', staging: 'stage' },
    ],
    [
      'the current one of several',
      { contexts: contexts('prod-eu', 'prod-us'), current: 'prod-us' },
      { production: 'prod-us' },
    ],
    ['none of several', { contexts: contexts('prod-eu', 'prod-us') }, {}],
    [
      'the current one where no name says anything',
      { contexts: contexts('a', 'b'), current: 'b' },
      { production: 'b' },
    ],
    ['never staging for production', { contexts: contexts('staging'), current: 'staging' }, { staging: 'staging' }],
  ])('%s', (_, given, expected) => {
    expect(likely(given)).toEqual({ production: undefined, staging: undefined, ...expected });
  });

  test('nothing is asked about what is not there', () => {
    expect(questions(found({}))).toEqual([]);
    expect(questions(found({ services: ['a'] })).map(({ about }) => about)).toEqual(['service', 'service']);
  });
});

test('the file holds what was chosen, whatever the names are, and says when that is nothing', () => {
  const name = 'a: "b" # {{c}}\u001b[31m';
  const all = questions(found({ contexts: [{ name, namespace: 'n' }], awsProfiles: ['p'] }));
  const answers = all
    .filter(({ environment }) => environment === 'production')
    .map((question) => ({ question, value: question.choices[0] ?? '' }));
  const text = profilesYaml(answers, { contexts: [{ name, namespace: 'n' }] }, () => ({}));
  expect(text).not.toContain('\u001b');
  expect(parse(text)).toEqual({
    profiles: { production: { kubernetes: { context: name, namespace: 'n' }, evidence: { awsProfile: 'p' } } },
  });
  expect(parse(profilesYaml([], { contexts: [] }, () => ({})))).toBeNull();
});
