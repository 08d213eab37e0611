// Every backend with its details.
import { newest } from '../../core/world/reading.ts';
import type { Screen } from '../screen.ts';
import { healthPane } from './pane.ts';

export const healthScreen: Screen = {
  id: 'health',
  title: () => 'HEALTH',
  palette: 'health',
  also: 'why broken wrong problem status',
  view(state, _place, { columns, rows }) {
    const { readings } = state.world;
    const answered = [readings.gateway, readings.primary, readings.replica, readings.redis, readings.cluster].filter(
      (r) => newest<unknown>(r) !== undefined,
    );
    const view = healthPane.view(state, { columns: columns - 2, rows: rows - 2 });
    return answered.length === 0 ? { ...view, says: [] } : view;
  },
};
