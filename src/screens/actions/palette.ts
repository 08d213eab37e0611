// The key that leads to what can be done about the selected row, and every action's entry in the palette.
import { actions } from '../../actions/index.ts';
import type { Action, ActionId, Target } from '../../core/action.ts';
import { newest } from '../../core/reading.ts';
import type { State } from '../../store.ts';
import type { Binding, Entry, Here } from '../screen.ts';
import { offer, whyNot } from './offer.ts';

/** What the marker is on, as fields of actions. */
export function targetOf({ state, place, row }: Here): Target {
  const where = place.pane ?? place.screen;
  const id = row?.id ?? '';
  if (where === 'sessions') return /^\d+$/.test(id) && place.of.server !== 'replica' ? { pid: id } : {};
  if (where === 'tables') return id ? { table: id } : {};
  if (where === 'api-keys') return id ? { key: id } : {};
  if (where === 'evidence') return id ? { prefix: `${id}/`, study: id } : {};
  if (where === 'evidence-study') {
    const [, file = '', version = ''] = /^(.*) (\S+)$/.exec(id) ?? [];
    return file ? { file, version } : {};
  }
  if (where === 'jobs') return place.of.study ? { study: place.of.study } : {};
  if (where === 'all-studies') return id ? { study: id } : {};
  if (where === 'studies' || where === 'study') return named('study', place.of.study ?? place.of.id ?? id, state);
  if (where === 'surfaces' || where === 'surface')
    return named('surface', place.of.surface ?? place.of.id ?? id, state);
  if (where === 'deployment')
    return named('deployment', place.of.deployment ?? place.of.name ?? place.of.id ?? id, state);
  if (where === 'pods' || where === 'pod') {
    const uid = (place.of.pod ?? place.of.uid ?? id).replace(/^pod\//, '');
    const pod = newest(state.world.readings.pods)?.value.find((p) => p.uid === uid || p.name === uid);
    return named('deployment', pod?.app ?? id.replace(/^deployment[/:]/, ''), state);
  }
  return {};
}

/** Only what the world knows is a target: rows may be headings. */
function named(field: 'study' | 'surface' | 'deployment', value: string, { world: { readings } }: State): Target {
  const known = {
    study: () => newest(readings.studies)?.value.active.some((s) => s.id === value) || value.startsWith('study'),
    surface: () => newest(readings.surfaces)?.value.surfaces.some((s) => s.id === value),
    deployment: () => newest(readings.deployments)?.value.some((d) => d.name === value),
  }[field]();
  return value && known ? { [field]: value } : {};
}

export const actBinding: Binding = {
  id: 'act',
  keys: ['a'],
  title: 'act',
  about: 'what can be done about the selected row, and everything else',
  footer: 40,
  unless: ({ state }) => (state.desk?.observing ? 'this cockpit only observes' : undefined),
  run: (here) => [{ kind: 'open', screen: 'act', of: targetOf(here) }],
};

/** What people call them beside their titles. */
const otherWords: Partial<Record<ActionId, string>> = {
  'restart-deployment': 'rollout bounce reboot',
  'rollback-deployment': 'rollback undo revert previous',
  'scale-deployment': 'replicas',
  'failover-database': 'failover promote replica',
  'cancel-query': 'kill query',
  'end-session': 'kill terminate connection',
  'evict-redis': 'memory flush',
  notify: 'slack',
  'cleanup-evidence': 's3',
  'restore-evidence': 's3',
  'restore-database': 'pitr rds',
  'list-snapshots': 'rds',
};

const sentence = 'a deployment';

function entryOf(state: State, action: Action, title: string, target: Target = {}): Entry {
  const why = whyNot(state, action, target);
  const also = otherWords[action.id];
  return {
    title,
    about: action.about.does,
    ...(also ? { also } : {}),
    ...(why ? { unless: why } : {}),
    run: offer(state, action.id, target),
  };
}

/** In the palette every action has its own entry; what is done to a deployment, one for each of them. */
export const actionEntries = (state: State): readonly Entry[] => [
  ...actions.flatMap((action) => {
    const title = action.title.toLowerCase();
    const each = title.endsWith(sentence) ? Object.values(state.world.scope.deployments) : [];
    return [
      entryOf(state, action, title),
      ...each.map((deployment) => entryOf(state, action, title.replace(sentence, deployment), { deployment })),
    ];
  }),
  {
    title: 'arm',
    about: 'open read-only production for a while; the reason is recorded',
    ...(state.arming.state === 'locked' ? { unless: state.arming.why } : {}),
    ...(state.arming.state === 'open' ? { unless: 'this environment is not read-only' } : {}),
    run: [
      {
        kind: 'form',
        form: {
          title: 'Arm',
          fields: [{ name: 'reason', ask: 'why? it stands in the journal', kind: 'text' }],
          submit: ({ reason = '' }) =>
            reason.trim() ? [{ kind: 'send', command: { kind: 'arm', reason } }] : 'say why',
        },
      },
    ],
  },
  {
    title: 'disarm',
    about: 'read-only again, now',
    ...(state.arming.state === 'armed' ? {} : { unless: 'it is not armed' }),
    run: [{ kind: 'send', command: { kind: 'disarm' } }],
  },
];
