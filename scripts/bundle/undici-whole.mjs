// What `import('undici')` gives in the bundle: esbuild gives a CommonJS package that is imported on demand no names.
export { WebSocket } from 'undici';
