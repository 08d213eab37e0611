// A cockpit's engine that has opened an incident and begun an action, to be killed.
import { profiles } from '../../src/config/profiles.ts';
import { settingsSchema } from '../../src/config/settings.ts';
import { createEngine } from '../../src/engine/engine.ts';
import { incidentModule } from '../../src/engine/incident/module.ts';
import { Recorder } from '../../src/engine/incident/recorder.ts';

const settings = {
  ...settingsSchema.parse({ profile: 'production', ...profiles.production }),
  journal: { directory: process.argv[2] ?? '', name: 'ops1' },
};
const recorder = new Recorder(settings);
const engine = createEngine({ settings, sources: [], modules: [incidentModule(recorder)] });
engine.subscribe(async ({ incident }) => {
  if (!incident?.steps['sev1/gateway-status'] || incident.runs.length > 0) return;
  const run = { kind: 'action', run: 'r1', action: 'restart-deployment', target: 'api-gateway' } as const;
  await recorder.record({
    ...run,
    phase: 'confirmed',
    calls: ['kubectl rollout restart deployment/api-gateway'],
  });
  await recorder.record({ ...run, phase: 'started' });
  process.stdout.write('started\n');
});
engine.send({ kind: 'incident', what: { do: 'open', severity: 1, why: '5xx' } });
engine.send({ kind: 'incident', what: { do: 'step', step: 'sev1/gateway-status', mark: 'done' } });
