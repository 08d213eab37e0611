// Bodies of answers, read to their end within a limit.
import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

/** Takes the text of an answer as it arrives. */
export type Reader<T> = {
  push(text: string): void;
  /** Throws a `SyntaxError` where it was not JSON. */
  end(): T;
};

/** More than this of one answer is not read (500 pods take about 5 MB). */
const longestAnswer = 128 * 1024 * 1024;

/** An answer without an end. */
export class TooLong extends Error {}

export async function readAll(body: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of bounded(body)) {
    size += chunk.length;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size).toString('utf8');
}

/** Resolves with how the text begins, for errors. */
export async function readInto(body: Readable, reader: Reader<unknown>): Promise<string> {
  const decoder = new StringDecoder('utf8');
  let beginning = '';
  for await (const chunk of bounded(body)) {
    const text = decoder.write(chunk);
    if (beginning.length < 400) beginning += text.slice(0, 400);
    reader.push(text);
  }
  reader.push(decoder.end());
  return beginning;
}

async function* bounded(body: Readable): AsyncGenerator<Buffer> {
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > longestAnswer) {
      body.destroy();
      throw new TooLong();
    }
    yield chunk;
  }
}
