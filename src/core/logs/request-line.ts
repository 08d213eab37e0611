// Fastify names method and URL when a request comes, and status and duration when it is answered. A row shows both.
import { sanitize } from '../text/text.ts';
import type { LogEntry, LogLine } from './log.ts';
import type { LogFields } from './log-fields.ts';
import { namedField, readLine, requestIdsOf } from './log-line.ts';

/** Lines before the answer that are searched for its request. */
const mostLooked = 400;

/** An answer with the method and the URL of its request, from the lines `before` it, the nearest first. */
export function withRequest(entry: LogEntry, before: () => Iterable<LogLine>, fields: LogFields): LogEntry {
  const { statusCode, url } = entry.fields;
  const [id] = entry.requestIds;
  if (statusCode === undefined || url !== undefined || id === undefined) return entry;
  let looked = 0;
  for (const line of before()) {
    looked += 1;
    if (looked > mostLooked) return entry;
    if (line.pod !== entry.pod || line.mark || !line.text.includes(id)) continue;
    const read = readLine(line.text);
    const asked = namedField(read, 'url', fields);
    if (typeof asked !== 'string' || !requestIdsOf(read, fields).includes(id)) continue;
    const method = namedField(read, 'method', fields);
    const named = { url: sanitize(asked, 200), method: typeof method === 'string' ? sanitize(method, 20) : undefined };
    return { ...entry, fields: { ...entry.fields, ...named } };
  }
  return entry;
}
