// Reads response bodies up to a limit: an endless answer must not fill the memory of the engine.
import type { Readable } from 'node:stream';

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
