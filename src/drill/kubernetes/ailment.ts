// What can be wrong with the pods of a deployment, as data: the weather of a scenario names one, a remedy ends it.
import type { Ms } from '../../core/time.ts';

export type Ailment = {
  /**
   * crash: the container exits a while after it starts · oom: killed, 137 · image: it cannot be pulled ·
   * unready: it runs, but its readiness probe fails · unschedulable: no node takes it.
   */
  kind: 'crash' | 'oom' | 'image' | 'unready' | 'unschedulable';
  /**
   * What ends it. restart: new pods (a rollout restart) are well, restarted containers are not · rollback: pods of
   * another image are well · never: only the scenario ends it.
   */
  cure: 'restart' | 'rollback' | 'never';
  /** The kubelet's or the probe's words; has a default. */
  message?: string;
  exitCode?: number;
  /** Log lines before it dies, plain text or JSON. */
  lastWords?: readonly string[];
  /** How long a container lives before it dies. */
  livesFor?: Ms;
  /** Restarts that have already happened when the drill begins. */
  restarts?: number;
};

/** An ailment and the pods it holds: those of the template or the image of the time it came. */
export type Affliction = { ailment: Ailment; hashes: readonly string[]; images: readonly string[] };

export function afflicts({ ailment, hashes, images }: Affliction, hash: string, image: string): boolean {
  if (ailment.cure === 'restart') return hashes.includes(hash);
  if (ailment.cure === 'rollback') return images.includes(image);
  return true;
}
