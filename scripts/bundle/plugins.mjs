// What the bundle loads differently from Node, because it is faster and gives the same.
import { join } from 'node:path';
import { keptOutput } from './kept-output.mjs';

/** Reading the names of `node:http` for an `import` loads undici behind its WebSocket: 40 ms; `require` reads none. */
const lazyHttp = {
  name: 'lazy-http',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(node:)?https?$/ }, ({ path, kind }) =>
      kind === 'import-statement' ? { path, namespace: 'builtin' } : null,
    );
    onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)});`,
      loader: 'js',
    }));
  },
};

const shim = join(import.meta.dirname, 'string-width.cjs');
const fastWidth = {
  name: 'fast-width',
  setup({ onResolve }) {
    onResolve({ filter: /^string-width$/ }, ({ importer }) =>
      importer === shim ? null : { path: shim },
    );
  },
};

/** zod carries its messages in 50 languages, half of its code; nobody sees them. English comes from elsewhere. */
const oneLanguage = {
  name: 'one-language',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({
      contents: 'export {};',
      loader: 'js',
    }));
  },
};

export const plugins = [lazyHttp, fastWidth, oneLanguage, keptOutput];
