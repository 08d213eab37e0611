// Every document that is generated. A new one is one line here; `npm run docs` writes them, a test fails when one is stale.
import { ownCommandsSchema } from '../src/config/own-commands/schema.ts';
import { fileSchema } from '../src/config/schema.ts';
import { actionsManual } from './actions-manual.ts';
import { configurationManual } from './configuration-manual.ts';
import { keysManual } from './keys-manual.ts';
import { runbookManual } from './runbook-manual.ts';
import { statusSchema } from './status-schema.ts';
import { verdictsManual } from './verdicts-manual.ts';
import { webhookSchema } from './webhook-schema.ts';

export type GeneratedDocument = { file: string; text(): string | Promise<string> };

export const documents: readonly GeneratedDocument[] = [
  { file: 'docs/configuration.md', text: configurationManual },
  { file: 'docs/actions.md', text: actionsManual },
  { file: 'docs/keys.md', text: keysManual },
  { file: 'docs/config.schema.json', text: () => `${JSON.stringify(fileSchema(), null, 2)}\n` },
  { file: 'docs/commands.schema.json', text: () => `${JSON.stringify(ownCommandsSchema(), null, 2)}\n` },
  { file: 'docs/status.schema.json', text: statusSchema },
  { file: 'docs/webhook.schema.json', text: webhookSchema },
  { file: 'docs/runbook.md', text: runbookManual },
  { file: 'docs/verdicts.md', text: verdictsManual },
];
