// Every source the cockpit has. A new one is one line here.
import type { Settings } from '../config/settings.ts';
import type { Source } from '../data/source.ts';

/** The sources that the settings call for. Nothing is opened before they are started. */
export async function sourcesFor(_settings: Settings): Promise<readonly Source[]> {
  return [];
}
