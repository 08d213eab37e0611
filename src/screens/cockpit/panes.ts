// The panes of the cockpit, in the order of their digits. A new one is one line here; the pane says where it stands.
import { healthPane } from '../health/pane.ts';
import { metricsPane } from '../metrics/pane.ts';
import { podsPane } from '../pods/pane.ts';
import { studiesPane } from '../studies/pane.ts';
import { surfacesPane } from '../surfaces/pane.ts';
import type { Pane } from '../toolkit/pane.ts';

export const panes: readonly Pane[] = [healthPane, podsPane, metricsPane, surfacesPane, studiesPane];

export const paneIds: readonly string[] = panes.map(({ id }) => id);
