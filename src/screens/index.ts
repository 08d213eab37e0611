// Every screen there is. A new one is one line here.
import type { State } from '../store.ts';
import { commandLogScreen } from './actions/commands.ts';
import { actionEntries } from './actions/palette.ts';
import { pickerScreen } from './actions/picker.ts';
import { runScreen } from './actions/run.ts';
import { backupsScreen } from './backups.ts';
import { cockpit } from './cockpit.ts';
import { sessionsScreen } from './database/sessions.ts';
import { tablesScreen } from './database/tables.ts';
import { backendScreen } from './details/backend.ts';
import { deploymentScreen } from './details/deployment.ts';
import { metricScreen } from './details/metric.ts';
import { nodeScreen } from './details/node.ts';
import { podScreen } from './details/pod.ts';
import { studyScreen } from './details/study.ts';
import { surfaceScreen } from './details/surface.ts';
import { evidenceScreen } from './evidence/bucket.ts';
import { evidenceStudyScreen } from './evidence/study.ts';
import { alertsScreen } from './incident/alerts.ts';
import { notifyScreen } from './incident/notify.ts';
import { incidentEntries } from './incident/palette.ts';
import { contactsScreen, peopleScreen } from './incident/people.ts';
import { procedureEntries, procedureScreen, proceduresScreen, runbookCommandsScreen } from './incident/procedures.ts';
import { receivedScreen } from './incident/received.ts';
import { incidentScreen } from './incident/screen.ts';
import { timelineScreen } from './incident/timeline.ts';
import { allStudiesScreen } from './lists/all-studies.ts';
import { apiKeysScreen } from './lists/api-keys.ts';
import { healthScreen } from './lists/health.ts';
import { jobsScreen } from './lists/jobs.ts';
import { metricsScreen } from './lists/metrics.ts';
import { podsScreen } from './lists/pods.ts';
import { studiesScreen } from './lists/studies.ts';
import { surfacesScreen } from './lists/surfaces.ts';
import { logEntries } from './logs/palette.ts';
import { logsScreen } from './logs/screen.ts';
import { overviewScreen } from './overview.ts';
import { channelsScreen, severitiesScreen } from './reference.ts';
import type { Entry, Screen } from './screen.ts';
import { warRoom } from './war-room.ts';

export const screens: readonly Screen[] = [
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
  logsScreen,
  pickerScreen,
  runScreen,
  commandLogScreen,
  incidentScreen,
  timelineScreen,
  alertsScreen,
  notifyScreen,
  receivedScreen,
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
];

/** What the palette offers beside screens and keys: one function per family. */
export const entries: readonly ((state: State) => readonly Entry[])[] = [
  logEntries,
  procedureEntries,
  incidentEntries,
  actionEntries,
];
