// Standard output that is a file, on a disk that may be full: what was not written whole is said, and is no success.
import { fstatSync, writeSync } from 'node:fs';
import { complain } from '../config/output.ts';

/** EX_IOERR of sysexits.h. */
const ioError = 74;

let failed: Error | undefined;
let isSaid = false;

/** The code to end with in place of `code`. */
export function endCode(code: number): number {
  if (!failed) return code;
  if (!isSaid) complain(`standard output: ${failed.message}; what was printed is incomplete`);
  isSaid = true;
  return code === 0 ? ioError : code;
}

/** Watches standard output until the process ends, unless it is a pipe, whose reader may have read enough, or a terminal. */
export function watchOutput(): void {
  if (!isFile()) return;
  process.stdout._write = writeWhole;
  process.on('exit', (code) => {
    process.exitCode = endCode(code);
  });
}

function isFile(): boolean {
  try {
    const found = fstatSync(1);
    return found.isFile() || (found.isCharacterDevice() && !process.stdout.isTTY);
  } catch {
    return false;
  }
}

/** Node takes a write for whole of which a full disk took a part. */
function writeWhole(chunk: Buffer, _: unknown, done: (error?: Error | null) => void): void {
  try {
    for (let at = 0; at < chunk.length; ) at += writeSync(1, chunk, at);
    done();
  } catch (error) {
    failed = error as Error;
    done(failed);
  }
}
