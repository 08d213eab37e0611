import type { BuildOptions, build } from 'esbuild';

export function withQuickStart(options: BuildOptions, bundle: typeof build): BuildOptions;
export function requireBuiltins(chunk: string): string;
