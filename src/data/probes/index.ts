// Everything `doctor` tries. A new probe is one line here.
import type { Settings } from '../../config/settings.ts';
import type { Ms } from '../../core/time.ts';
import { awsProbes } from './aws.ts';
import { gatewayProbe, prometheusProbes } from './gateway.ts';
import { kubernetesProbe } from './kubernetes.ts';
import { channelsProbe, journalProbe } from './places.ts';
import { databaseProbes } from './postgres.ts';
import type { Probe } from './probe.ts';
import { redisProbe } from './redis.ts';
import { toolsProbe } from './tools.ts';

/** In the order they are shown. `timeout` is for each single question. */
export function probesFor(settings: Settings, timeout: Ms): readonly Probe[] {
  return [
    gatewayProbe(settings, timeout),
    kubernetesProbe(settings, timeout),
    ...databaseProbes(settings, timeout),
    redisProbe(settings, timeout),
    ...prometheusProbes(settings),
    ...awsProbes(settings, timeout),
    toolsProbe(settings, timeout),
    journalProbe(settings),
    channelsProbe(settings),
  ];
}
