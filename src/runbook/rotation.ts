import type { Checklist } from '../core/incident/checklist.ts';
import { quote } from '../core/text/shell.ts';
import { health, primary, workload } from './evidence.ts';
import { aws, deployment, kubectl } from './manual-commands.ts';

export const apiKeyRotation: Checklist = {
  id: 'api-key-rotation',
  title: 'Rotating API keys',
  from: 'runbook',
  section: 'Security Procedures',
  about: 'A tenant gets a new key; revoke the old one when the new one is in use.',
  symptoms: [],
  steps: [
    {
      id: 'api-key-rotation/create',
      say: 'Generate new key',
      offers: [
        { action: 'rotate-api-key', title: 'rotate a key' },
        { action: 'create-api-key', title: 'create a key' },
      ],
      byHand: (t) => [
        `${t.admin} admin:apikey create --tenant-id <tenant-id> --name "Production Key (rotated)" --permissions "*"`,
      ],
      goes: { screen: 'api-keys', title: 'the API keys' },
    },
    {
      id: 'api-key-rotation/notify',
      say: 'Notify tenant of new key',
      more: ['Use a secure channel; never plain chat or email.'],
    },
    {
      id: 'api-key-rotation/wait',
      say: 'Wait for tenant to update their integration',
      more: ['The old key’s last use shows whether it is still in use.'],
      goes: { screen: 'api-keys', title: 'the API keys' },
      waits: { for: 'the tenant to update their integration', remind: 24 * 3_600_000 },
    },
    {
      id: 'api-key-rotation/revoke',
      say: 'Revoke old key',
      offers: [{ action: 'revoke-api-key', title: 'revoke a key' }],
      byHand: (t) => [`${t.admin} admin:apikey revoke --key-id <old-key-id>`],
    },
  ],
};

export const credentialRotation: Checklist = {
  id: 'credential-rotation',
  title: 'Rotating database credentials',
  from: 'runbook',
  section: 'Security Procedures',
  about: 'Change the database password, and restart everything that uses it.',
  symptoms: [],
  steps: [
    {
      id: 'credential-rotation/update',
      say: 'Update credentials in secrets manager',
      more: ['By hand: use a file that only you can read; other users can see command arguments.'],
      offers: [{ action: 'rotate-database-credentials', title: 'rotate credentials' }],
      byHand: (t) => [
        aws(
          t,
          'secrets',
          `secretsmanager update-secret --secret-id ${quote(t.secretId)} --secret-string file://<credentials.json>`,
        ),
      ],
    },
    {
      id: 'credential-rotation/restart',
      say: 'Restart API Gateway to pick up new credentials',
      evidence: (world) => [workload(world, 'gateway'), health(world)],
      offers: [
        {
          action: 'restart-deployment',
          title: 'restart gateway',
          target: (world) => ({ deployment: world.scope.deployments.gateway }),
        },
      ],
      byHand: (t) => [kubectl(t, `rollout restart ${deployment(t.deployments.gateway)}`)],
    },
    {
      id: 'credential-rotation/verify',
      ours: true,
      say: 'Check that everything else that uses the database connects with the new password',
      evidence: (world) => [
        primary(world),
        workload(world, 'gateway'),
        workload(world, 'orchestrator'),
        workload(world, 'executor'),
        health(world),
      ],
    },
  ],
};
