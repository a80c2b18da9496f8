import type { Plugin } from 'esbuild';

export declare const keptOutput: Plugin;
