// Every screen. A new one is one line here; a pane without a list screen is its own.
import type { State } from '../store.ts';
import { commandLogScreen } from './actions/commands.ts';
import { actionEntries, remedyEntries } from './actions/palette.ts';
import { pickerScreen } from './actions/picker.ts';
import { runScreen } from './actions/run.ts';
import { apiKeysScreen } from './api-keys/list.ts';
import { backupsScreen } from './backups/screen.ts';
import { overviewScreen } from './cockpit/overview.ts';
import { panes } from './cockpit/panes.ts';
import { cockpit } from './cockpit/screen.ts';
import { warRoom } from './cockpit/war-room.ts';
import { indexesScreen } from './database/indexes.ts';
import { planScreen } from './database/plan.ts';
import { sessionsScreen } from './database/sessions.ts';
import { statementsScreen } from './database/statements.ts';
import { tableUseScreen } from './database/table-use.ts';
import { tablesScreen } from './database/tables.ts';
import { waitsScreen } from './database/waits.ts';
import { deploymentScreen } from './deployments/detail.ts';
import { evidenceStudyScreen } from './evidence/detail.ts';
import { evidenceScreen } from './evidence/list.ts';
import { backendScreen } from './health/detail.ts';
import { healthScreen } from './health/list.ts';
import { alertsScreen } from './incident/alerts.ts';
import { contactsScreen } from './incident/contacts.ts';
import { incidentsScreen } from './incident/incidents.ts';
import { notifyScreen } from './incident/notify.ts';
import { pagesScreen } from './incident/pages.ts';
import { incidentEntries } from './incident/palette.ts';
import { peopleScreen } from './incident/people.ts';
import { procedureEntries, procedureScreen, proceduresScreen, runbookCommandsScreen } from './incident/procedures.ts';
import { receivedScreen } from './incident/received.ts';
import { channelsScreen, locationsScreen, portsScreen, severitiesScreen } from './incident/reference.ts';
import { reportScreen } from './incident/report.ts';
import { incidentScreen } from './incident/screen.ts';
import { timelineScreen } from './incident/timeline.ts';
import { logEntries } from './logs/palette.ts';
import { logsScreen } from './logs/screen.ts';
import { metricScreen } from './metrics/detail.ts';
import { metricsScreen } from './metrics/list.ts';
import { nodeScreen } from './nodes/detail.ts';
import { ownEntries } from './own/palette.ts';
import { podScreen } from './pods/detail.ts';
import { podsScreen } from './pods/list.ts';
import type { Entry, EntryKind, Screen } from './screen.ts';
import { tourEntries } from './shell/tour.ts';
import { signInEntries } from './sign-in/palette.ts';
import { allStudiesScreen } from './studies/all.ts';
import { studyScreen } from './studies/detail.ts';
import { jobsScreen } from './studies/jobs.ts';
import { studiesScreen } from './studies/list.ts';
import { surfaceScreen } from './surfaces/detail.ts';
import { surfacesScreen } from './surfaces/list.ts';
import { forwardsScreen } from './terminal/forwards.ts';
import { objectScreen } from './terminal/object.ts';
import { terminalEntries } from './terminal/palette.ts';
import { paneScreen } from './toolkit/pane.ts';

const own: readonly Screen[] = [
  cockpit,
  healthScreen,
  podsScreen,
  metricsScreen,
  surfacesScreen,
  studiesScreen,
  warRoom,
  backendScreen,
  deploymentScreen,
  podScreen,
  nodeScreen,
  metricScreen,
  surfaceScreen,
  studyScreen,
  allStudiesScreen,
  jobsScreen,
  apiKeysScreen,
  sessionsScreen,
  tablesScreen,
  statementsScreen,
  waitsScreen,
  tableUseScreen,
  indexesScreen,
  planScreen,
  logsScreen,
  pickerScreen,
  runScreen,
  commandLogScreen,
  incidentScreen,
  incidentsScreen,
  timelineScreen,
  reportScreen,
  alertsScreen,
  notifyScreen,
  receivedScreen,
  pagesScreen,
  peopleScreen,
  contactsScreen,
  proceduresScreen,
  procedureScreen,
  overviewScreen,
  evidenceScreen,
  evidenceStudyScreen,
  backupsScreen,
  runbookCommandsScreen,
  severitiesScreen,
  channelsScreen,
  locationsScreen,
  portsScreen,
  objectScreen,
  forwardsScreen,
];

export const screens: readonly Screen[] = [
  ...own,
  ...panes.filter((pane) => own.every(({ id }) => id !== pane.id)).map(paneScreen),
];

/** What the palette offers beside screens and keys: one function per family, and the kind of its entries. */
export const entries: readonly { kind: EntryKind; of(state: State): readonly Entry[] }[] = [
  { kind: 'suggested', of: remedyEntries },
  { kind: 'log', of: logEntries },
  { kind: 'procedure', of: procedureEntries },
  { kind: 'incident', of: incidentEntries },
  { kind: 'action', of: actionEntries },
  { kind: 'action', of: ownEntries },
  { kind: 'shell', of: terminalEntries },
  { kind: 'sign-in', of: signInEntries },
  { kind: 'setting', of: tourEntries },
];
