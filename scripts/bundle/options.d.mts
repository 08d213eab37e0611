import type { BuildOptions, build as esbuild, Metafile } from 'esbuild';

export function commitOf(): string;
export function bundleOptions(how: {
  outdir: string;
  sourcemap?: boolean;
  packaged?: boolean;
}): BuildOptions & { metafile: true; write: false };
export const scriptsOptions: Record<'once' | 'status-thread' | 'screen', ReturnType<typeof bundleOptions>>;
export function scriptNamed(
  build: typeof esbuild,
  name: keyof typeof scriptsOptions,
): Promise<{ metafile: Metafile; contents: Buffer }>;
export function asScript(text: string): Buffer;
