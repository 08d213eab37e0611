// Tells how much of a long journal has been read: an open incident is not shown before it is.
import type { Ms } from '../../core/time.ts';
import type { EngineContext, EngineModule } from '../module.ts';
import type { Recorder } from './recorder.ts';

/** A journal that is read sooner says nothing. */
const tellEvery: Ms = 500;

export const journalReadingModule =
  (recorder: Pick<Recorder, 'read' | 'ready'>) =>
  ({ emit }: Pick<EngineContext, 'emit'>): EngineModule => {
    const telling = setInterval(() => emit({ journalRead: recorder.read }), tellEvery);
    const stop = async () => clearInterval(telling);
    void recorder.ready.then(stop, stop);
    return { stop };
  };
