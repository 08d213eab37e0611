// Every source that PostgreSQL answers.
import type { Settings } from '../../config/settings.ts';
import type { Source } from '../source.ts';
import { serverSource } from './server.ts';
import { studiesSource } from './studies.ts';
import { surfacesSource } from './surfaces.ts';

/** `shared`: cockpits of one user on one host share each look. */
export function postgresSources(settings: Settings, { shared }: { shared: boolean }): readonly Source[] {
  const servers = [serverSource(settings, 'primary', shared), serverSource(settings, 'replica', shared)];
  const tables = [studiesSource(settings, shared), surfacesSource(settings, shared)];
  return [...servers.filter((source) => source !== undefined), ...tables];
}
