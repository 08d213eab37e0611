import type { Settings } from '../config/settings.ts';
import { targetsOf } from '../config/targets.ts';
import type { ActionContext } from '../core/actions/preflight.ts';

/** Where actions act, from the settings. */
export function actionContextOf(settings: Settings): ActionContext {
  const [program = 'pnpm', ...words] = settings.admin.command;
  const { directory, kubectl, environment } = settings.admin;
  return {
    environment: settings.environment.name,
    targets: targetsOf(settings),
    schema: settings.database.schema,
    admin: { command: [program, ...words], directory: directory || undefined, environment },
    kubectl,
    checkpoint: settings.platform.checkpoint,
  };
}
