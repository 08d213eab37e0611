// What a kubectl that failed leaves behind: a refusal that the server answered, or a connection that was lost with the
// answer on it. Then the outcome is unknown, and the facts are read again. Pure.

/** The connection, or the answer, was lost; client-go's and the server's words for it. */
const lost =
  /unable to connect|connection refused|connection to the server \S+ was refused|connection reset|broken pipe|\bEOF\b|deadline exceeded|timed out|(i\/o|handshake|request|client\.)\s?timeout|no route to host|network is unreachable|no such host|http2: |connection lost|Error from server \((InternalError|ServiceUnavailable|Timeout|ServerTimeout)\)/i;

/** The server answered, and it was a no. */
const refused = /^Error from server \((?!InternalError|ServiceUnavailable|Timeout|ServerTimeout)/;

/** These come before a request was sent: where nothing was done before, nothing was done at all. */
const unsent =
  /unable to connect|connection refused|connection to the server \S+ was refused|no route to host|network is unreachable|no such host/i;

/** kubectl apply, of an object that the server took. */
const taken = /^[^\s/]+\/\S+ (created|configured|serverside-applied|unchanged)$/;

/** Why its outcome is unknown; undefined: the server refused, or nothing was sent. */
export function doubtOf(lines: readonly string[], ended: { signal?: string | undefined }): string | undefined {
  const said = lines.findLast((text) => lost.test(text) && !refused.test(text));
  const some = lines.filter((text) => taken.test(text)).length;
  const before = some > 0 ? ` after ${some} applied ${some === 1 ? 'object' : 'objects'}` : '';
  if (said === undefined) return ended.signal ? `killed by ${ended.signal}${before}` : undefined;
  // A webhook is called before anything is stored.
  if (/failed calling webhook/.test(said)) return undefined;
  if (some === 0 && unsent.test(said)) return undefined;
  return `connection lost${before}: ${said.slice(0, 200)}`;
}
