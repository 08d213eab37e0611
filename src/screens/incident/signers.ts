// The keys that sign an incident's entries: who opened it, who is admitted, and who is not.
import type { KeyState } from '../../core/incident/authority.ts';
import { isInControl, keysOf } from '../../core/incident/context.ts';
import { fingerprint } from '../../core/incident/event.ts';
import type { Intent, State } from '../../store.ts';
import type { Binding, Row } from '../screen.ts';
import { descriptionList } from '../toolkit/description-list.ts';
import { bold, dim, type Line, line, mark, span, wrap } from '../toolkit/line.ts';
import { send } from './asking.ts';
import { onlyObserves } from './offers.ts';

const words: Readonly<Record<KeyState['state'], string>> = {
  opener: 'opened it',
  own: 'own',
  admitted: 'admitted',
  new: 'not admitted',
  removed: 'removed',
};

const isOut = ({ state }: KeyState): boolean => state === 'new' || state === 'removed';

/** One row for each key; none while only this account writes. Those that wait for an admission come first. */
export function signerRows({ incident, incidentContext }: State): readonly Row[] {
  const keys = incident && incidentContext ? keysOf(incidentContext, incident) : [];
  if (keys.length < 2 && !incidentContext?.relay) return [];
  const sorted = keys.toSorted((a, b) => Number(isOut(b)) - Number(isOut(a)));
  return sorted.map(
    (key): Row => ({
      id: key.key,
      text: `${key.person} ${key.host} ${key.key}`,
      draw: () => [signerLine(key)],
      copies: { text: fingerprint(key.key), what: `the key of ${key.person}` },
      opens: {
        kind: 'details',
        title: `key of ${key.person}`,
        lines: (_, wide) =>
          descriptionList(
            [
              ['key', `${fingerprint(key.key)}: compare it with ${key.person} by phone or in person`],
              ['user', `${key.user} at ${key.host}, as they say`],
              ['state', stateSays(key)],
              ['entries', String(entriesOf(incident, key))],
            ],
            wide - 2,
          ),
      },
    }),
  );
}

/** How many entries a key signed, with effect or without. */
function entriesOf(incident: State['incident'], { key }: KeyState): number {
  if (!incident) return 0;
  const refused = incident.refused.filter(({ entry }) => entry.writer.key === key);
  return incident.entries.filter(({ writer }) => writer.key === key).length + refused.length;
}

function signerLine(key: KeyState): Line {
  const word = words[key.state].padEnd(13);
  return line(
    isOut(key) ? line(mark('warning'), span(` ${word}`, 'warning')) : dim(`  ${word}`),
    bold(key.person),
    dim(`  ${fingerprint(key.key)}  ${key.user}@${key.host}`),
  );
}

function stateSays({ state }: KeyState): string {
  if (state === 'new') return 'not admitted: its entries have no effect; A admits it';
  if (state === 'removed') return 'removed: its entries have no effect; A admits it again';
  return state === 'opener' ? 'opened this incident' : words[state];
}

const keyOf = ({ incident, incidentContext }: State, id: string | undefined): KeyState | undefined =>
  incident && incidentContext && keysOf(incidentContext, incident).find(({ key }) => key === id);

/** Lets the entries of the selected key have effect, or not any more. */
export const admitKey: Binding = {
  id: 'admit',
  keys: ['A'],
  title: 'admit',
  about: 'admit the selected key: its entries have effect; of an admitted key: remove it',
  footer: 12,
  withRows: true,
  titleFor: ({ row, state }) => {
    const key = keyOf(state, row?.id);
    return key && !isOut(key) ? 'remove key' : 'admit key';
  },
  unless: ({ row, state }) => {
    const key = keyOf(state, row?.id);
    if (!key) return 'no key is selected';
    if (key.state === 'opener' || key.state === 'own') return 'this key opened the incident';
    if (state.incidentContext && !isInControl(state.incidentContext, state.incident))
      return onlyObserves(state) ?? 'you are not in control: W takes control';
    return onlyObserves(state);
  },
  run: ({ row, state }) => {
    const key = keyOf(state, row?.id);
    return key ? [askAdmit(key)] : [];
  },
};

function askAdmit(key: KeyState): Intent {
  const { person, user, host } = key;
  const change = isOut(key) ? 'admitted' : 'removed';
  const says =
    change === 'admitted'
      ? `Compare this key with ${person}: it must be the one on their screen (people). Then they can write into this incident and take control of it.`
      : `What ${person} writes from now on has no effect. What was written before stays.`;
  return {
    kind: 'confirm',
    ask: {
      title: change === 'admitted' ? `Admit ${person}` : `Remove ${person}`,
      lines: (_, columns) => [
        line('  ', bold(fingerprint(key.key)), `  ${user}@${host}`),
        [],
        ...wrap(says, columns - 4).map((part) => line('  ', part)),
        line(dim('  The journal records this.')),
      ],
      accept: { by: 'key', word: change === 'admitted' ? 'admit' : 'remove' },
      accepted: () => [send({ do: 'key', key: key.key, change, why: `compared ${fingerprint(key.key)}` })],
    },
  };
}
