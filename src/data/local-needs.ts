// What an action needs of this machine and its configuration: known without asking the platform.

import type { Settings } from '../config/settings.ts';
import type { Need } from '../core/actions/preflight.ts';
import type { Result } from './source.ts';

export type LocalNeed = Extract<Need, { kind: 'tool' | 'script' | 'pager' }>;

/** Whether the platform has no part in the answer. */
export const isLocal = (need: Need): need is LocalNeed =>
  need.kind === 'tool' || need.kind === 'script' || need.kind === 'pager';

/** Whether it is there. Runs nothing: it looks for files. */
export async function localNeed(need: LocalNeed, { channels }: Pick<Settings, 'channels'>): Promise<Result<true>> {
  if (need.kind === 'pager') {
    if (channels.pagerDuty.apiToken) return { ok: true, value: true };
    const hint = 'set channels.pagerDuty.apiToken, or do it in PagerDuty';
    return {
      ok: false,
      fault: { kind: 'forbidden', where: 'PagerDuty', what: 'PagerDuty has no API token', hint },
    };
  }
  const { toolThere } = await import('./tools/there.ts');
  const there = await toolThere(need.kind === 'tool' ? need.command : need.path, need.directory);
  if (!there.ok || need.kind !== 'tool' || !need.script) return there;
  const { packageScriptThere } = await import('./tools/package-scripts.ts');
  return packageScriptThere(need.script.name, need.script.by, need.directory);
}
