// One object of any kind as text, fetched as kubectl would, without the values of secrets.

import type { Missing } from '../../core/queries/missing.ts';
import { type ObjectKindName, type ObjectText, objectKinds } from '../../core/queries/object.ts';
import { type Ms, second } from '../../core/time.ts';
import type { Result } from '../source.ts';
import type { Connection } from './connection.ts';
import { eventsAbout } from './events.ts';
import { describeLines, yamlLines } from './object-text.ts';

const within: Ms = 5 * second;
/** Where the events of what has no namespace are. */
const eventsElsewhere = 'default';

/** Queries an object by its kind and name. */
export async function queryObject(
  connection: Connection,
  { of, name }: { of: ObjectKindName; name: string },
  signal: AbortSignal,
): Promise<Result<ObjectText>> {
  const opened = await connection.open();
  if (!opened.ok) return opened;
  const cluster = opened.value;
  const { namespace } = connection.settings.kubernetes;
  const { group, plural, namespaced } = objectKinds[of];
  const place = namespaced ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  const found = await cluster.get<Readonly<Record<string, unknown>>>({
    path: `/${group}${place}/${plural}/${encodeURIComponent(name)}`,
    timeout: within,
    signal,
    to: `get ${plural}${namespaced ? ` in ${namespace}` : ''}`,
  });
  if (!found.ok) return found;
  const about = { name, kind: of };
  const events = await eventsAbout(cluster, namespaced ? namespace : eventsElsewhere, about, signal);
  const missing: readonly Missing[] = events.ok ? [] : [{ part: 'events', why: events.fault.what }];
  const yaml = yamlLines(found.value);
  const describe = describeLines(found.value, events.ok ? events.value : []);
  return {
    ok: true,
    value: { yaml: yaml.lines, describe: describe.lines, isCut: yaml.isCut || describe.isCut, missing },
  };
}
