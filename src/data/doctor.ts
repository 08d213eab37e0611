// Everything `doctor` tries. A new probe is one line here.
import type { Settings } from '../config/settings.ts';
import type { Ms } from '../core/time.ts';
import { awsProbes } from './aws/doctor.ts';
import { channelsProbe, journalProbe } from './channels/doctor.ts';
import { webhookProbes } from './channels/webhook-doctor.ts';
import type { DoctorCheck } from './doctor-check.ts';
import { encryptionProbe } from './encryption.ts';
import { gatewayProbe, prometheusProbes } from './gateway/doctor.ts';
import { kubernetesProbe } from './kubernetes/doctor.ts';
import { pagerProbes } from './pagerduty/doctor.ts';
import { databaseProbes } from './postgres/doctor.ts';
import { redisProbe } from './redis/doctor.ts';
import { relayProbes } from './relay/doctor.ts';
import { toolsProbe } from './tools/doctor.ts';
import { terminalProbe } from './tools/terminal.ts';

/** In the order they are shown. `timeout` is for each single question; `send`: each webhook gets a test message. */
export function doctorChecks(settings: Settings, timeout: Ms, send = false): readonly DoctorCheck[] {
  return [
    gatewayProbe(settings, timeout),
    kubernetesProbe(settings, timeout),
    ...databaseProbes(settings, timeout),
    redisProbe(settings, timeout),
    ...relayProbes(settings, timeout),
    ...prometheusProbes(settings),
    ...awsProbes(settings, timeout),
    encryptionProbe(settings),
    toolsProbe(settings, timeout),
    journalProbe(settings),
    channelsProbe(settings),
    ...webhookProbes(settings, send),
    ...pagerProbes(settings),
    terminalProbe(settings, timeout),
  ];
}
