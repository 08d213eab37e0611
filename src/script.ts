// The entry of the scripts of `status` and the looks, and of the screen: of a script what ran is kept compiled
// (bin/kept.cjs).
import { main } from './main.ts';

await main([]);
