// Every screen there is. A new one is one line here.
import type { State } from '../store.ts';
import type { Entry, Screen } from './screen.ts';

export const screens: readonly Screen[] = [];

/** What the palette offers beside screens and keys: one function per family. */
export const entries: readonly ((state: State) => readonly Entry[])[] = [];
