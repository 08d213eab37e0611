import type { BuildOptions, Plugin } from 'esbuild';

export const nodeByRequire: Plugin;
export const onlyLooks: Plugin;
export const onlyScreen: Plugin;
export function withPlugins(options: BuildOptions): BuildOptions;
