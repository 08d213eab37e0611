import type { BuildOptions } from 'esbuild';

export function withPlugins(options: BuildOptions): BuildOptions;
