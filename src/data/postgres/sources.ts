// Every source that PostgreSQL answers.
import type { Settings } from '../../config/settings.ts';
import type { Source } from '../source.ts';
import { serverSource } from './server.ts';
import { studiesSource } from './studies.ts';
import { surfacesSource } from './surfaces.ts';

export function postgresSources(settings: Settings): readonly Source[] {
  const servers = [serverSource(settings, 'primary'), serverSource(settings, 'replica')];
  return [...servers.filter((source) => source !== undefined), studiesSource(settings), surfacesSource(settings)];
}
