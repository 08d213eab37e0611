import type { BuildOptions, Plugin } from 'esbuild';

export const onlyLooks: Plugin;
export function withPlugins(options: BuildOptions): BuildOptions;
