import type { BuildOptions } from 'esbuild';

export function commitOf(): string;
export function bundleOptions(how: {
  outdir: string;
  sourcemap?: boolean;
  packaged?: boolean;
}): BuildOptions & { metafile: true; write: false };
export function scriptsOptions(how: {
  outdir: string;
}): Record<'looks' | 'screen', BuildOptions & { metafile: true; write: false }>;
export function asScript(text: string): Buffer;
