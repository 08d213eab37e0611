import type { BuildOptions, OutputFile, Plugin } from 'esbuild';

export function bundled(files: readonly OutputFile[]): Plugin;
export const nodeByRequire: Plugin;
export const onlyLooks: Plugin;
export const onlyScreen: Plugin;
export function withPlugins(options: BuildOptions): BuildOptions;
