// `status` and the looks alone: one script, of which what ran is kept compiled (bin/once.cjs).
import { main } from './main.ts';

void main([]);
