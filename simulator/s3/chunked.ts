// aws-chunked: how the SDK sends streams, in signed or unsigned chunks with a trailer of checksums.

/** The content of an aws-chunked body; throws where it is cut short. */
export function unchunk(body: Buffer): Buffer {
  const chunks: Buffer[] = [];
  let at = 0;
  for (;;) {
    const lineEnd = body.indexOf('\r\n', at);
    if (lineEnd < 0) throw new Error('aws-chunked body without an end');
    const size = Number.parseInt(body.toString('latin1', at, lineEnd), 16);
    if (!Number.isInteger(size) || size < 0) throw new Error('aws-chunked body with a bad chunk size');
    at = lineEnd + 2;
    // Trailers follow the last chunk: checksums, which are not verified here.
    if (size === 0) return Buffer.concat(chunks);
    if (at + size > body.length) throw new Error('aws-chunked body is cut short');
    chunks.push(body.subarray(at, at + size));
    at += size + 2;
  }
}
