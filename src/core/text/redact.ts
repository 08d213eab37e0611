// Redacts secrets anywhere: in a log line, an error, a setting, a command.
import { withoutArguments } from './secrets/commands.ts';
import { withoutNamed } from './secrets/named.ts';
import { withoutPairs } from './secrets/pairs.ts';
import { withoutRedis } from './secrets/redis.ts';
import { withoutShapes } from './secrets/shapes.ts';
import { commandArguments, logins, named, prefixes, shapes, tracesIn } from './secrets/traces.ts';
import { withoutLogins } from './secrets/urls.ts';

/**
 * Removes what looks like a secret: passwords in addresses, settings and commands, headers and tokens, keys of AWS and
 * of well-known services, private keys, addresses of webhooks. Takes no longer than the text is, whatever it holds.
 * `traces`: of this text, where they are known (`tracesIn`).
 */
export function redact(text: string, traces = tracesIn(text)): string {
  // What is put in a secret's place is a trace of nothing: those of the whole text hold for what is left of it.
  let safe = text;
  if ((traces & logins) !== 0) safe = withoutLogins(safe);
  if ((traces & (shapes | prefixes)) !== 0) safe = withoutShapes(safe, traces);
  if ((traces & (named | shapes | logins)) !== 0) safe = withoutRedis(safe);
  if ((traces & named) !== 0) safe = withoutNamed(withoutPairs(safe));
  return (traces & commandArguments) !== 0 ? withoutArguments(safe) : safe;
}
