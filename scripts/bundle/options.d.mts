import type { BuildOptions } from 'esbuild';

export function commitOf(): string;
export function bundleOptions(how: {
  outdir: string;
  sourcemap?: boolean;
  packaged?: boolean;
}): BuildOptions & { metafile: true; write: false };
export function onceOptions(how: { outdir: string }): BuildOptions & { metafile: true; write: false };
export function onceScript(text: string): Buffer;
