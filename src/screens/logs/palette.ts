// What the palette offers of logs, and the key that leads to them from anywhere.
import type { State } from '../../store.ts';
import type { Binding, Entry } from '../screen.ts';
import { logsFor, openLogs } from './view.ts';

export function logEntries({ world }: State): readonly Entry[] {
  const { deployments } = world.scope;
  return [
    { id: 'logs', title: 'logs of all pods', about: 'merged', run: [openLogs({})] },
    {
      id: 'logs/errors',
      title: 'errors in the logs',
      about: 'of all pods, level 50 and above',
      run: [openLogs({}, 'level=error')],
    },
    ...Object.values(deployments).map((deployment) => ({
      id: `logs/of/${deployment}`,
      title: `logs of ${deployment}`,
      about: 'of all its pods, merged',
      run: [openLogs({ deployment })],
    })),
  ];
}

/** Works on every screen: the log of what is selected. */
export const logsBinding: Binding = {
  id: 'logs',
  keys: ['l'],
  title: 'logs',
  about: 'show the log of the selected pod, deployment, study or surface; else of all pods',
  footer: 40,
  unless: ({ place }) => (place.screen === 'logs' ? 'the log is open already' : undefined),
  run: (here) => [logsFor(here)],
};
