// Reads response bodies up to a limit: an endless answer must not fill the memory of the engine.
import { pipeline, type Readable } from 'node:stream';
import { createBrotliDecompress, createUnzip } from 'node:zlib';

/** The beginning of a body, at most `longest` bytes; a longer one is not read to its end, and its connection is cut. */
export async function readBeginning(body: Readable, longest: number): Promise<{ text: string; cut: boolean }> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size <= longest) continue;
    body.destroy();
    return { text: Buffer.concat(chunks, size).toString('utf8', 0, longest), cut: true };
  }
  return { text: Buffer.concat(chunks, size).toString('utf8'), cut: false };
}

/** The body as it was before Content-Encoding: some servers and proxies compress unasked. */
export function decoded(body: Readable, encoding: unknown): Readable {
  const name = String(encoding ?? '')
    .trim()
    .toLowerCase();
  const decoder = /^(x-)?gzip$|^deflate$/.test(name)
    ? createUnzip()
    : name === 'br'
      ? createBrotliDecompress()
      : undefined;
  // An error, and the end before its time, come out of the decoder.
  return decoder ? pipeline(body, decoder, () => {}) : body;
}
