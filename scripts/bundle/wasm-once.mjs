// For client-h1.js of undici, in place of WebAssembly.Module (plugins.mjs).
import { setFlagsFromString } from 'node:v8';

/**
 * The parser of HTTP, which is WebAssembly. After a few answers V8 compiles it again, so that it runs faster: 50 ms of CPU,
 * and 22 MB at once, of which the allocator keeps a part for good. How much may run before that is told as a module is made;
 * here it is a hundred times as much. The flag goes back at once: under another one V8 refuses all kept code.
 * @param {BufferSource} bytes
 */
export function Module(bytes) {
  // Of another V8 the usual budget is not known.
  if (!process.versions.v8.startsWith('13.')) return new WebAssembly.Module(bytes);
  setFlagsFromString('--wasm-tiering-budget=2000000000');
  try {
    return new WebAssembly.Module(bytes);
  } finally {
    setFlagsFromString('--wasm-tiering-budget=13000000');
  }
}
