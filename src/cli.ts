// The composition root.
import { main } from './main.ts';

// The commands below `run` are its actions: who asks for something else does not load them.
await main(process.argv.includes('run') ? (await import('./actions/index.ts')).actions : []);
